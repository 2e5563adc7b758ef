"""What can write down what a model hears, and what it can be told (voice-live §4.4)."""

from collections.abc import Iterator

from voiced.voicelive.models import AZURE_TRANSCRIBER, NO_TRANSCRIPTION, OPENAI_TRANSCRIBERS, TRANSCRIBERS
from voiced.voicelive.rules.asked import SERVICE, Asked, Finding, Rule, given
from voiced.voicelive.transcription import MOST_LANGUAGES

_AT = (SERVICE, "transcription")


def transcriber_fits_model(asked: Asked) -> Iterator[Finding]:
    """OpenAI's transcribe for OpenAI's realtime models, Azure's for the others."""
    transcriber, abilities = asked.service.transcription.model, asked.model.abilities
    if transcriber in TRANSCRIBERS and transcriber not in abilities.transcribers:
        yield Finding(
            (*_AT, "model"),
            f"{transcriber} does not work with {asked.model.kind.value}; "
            f"use one of {', '.join(dict.fromkeys(abilities.transcribers))}",
        )


def text_models_need_a_transcript(asked: Asked) -> Iterator[Finding]:
    """They read it."""
    if asked.service.transcription.model == NO_TRANSCRIPTION and not asked.model.abilities.transcription_optional:
        yield Finding(
            (*_AT, "model"), f"{asked.model.kind.value} reads what you said; it can't do without a transcript"
        )


def nothing_is_told_to_no_transcriber(asked: Asked) -> Iterator[Finding]:
    """With `none` the rest does nothing."""
    settings = asked.service.transcription
    if settings.model != NO_TRANSCRIPTION:
        return
    for field in ("languages", "phrase_list", "custom_speech", "prompt", "extra"):
        if given(settings, field) is not None:
            yield Finding((*_AT, field), "with `model: none` there is no transcript; remove this")


def one_language_for_most(asked: Asked) -> Iterator[Finding]:
    """Only azure-speech tells languages apart."""
    settings = asked.service.transcription
    transcriber = settings.transcriber(asked.model)
    if transcriber in TRANSCRIBERS - {AZURE_TRANSCRIBER} and len(settings.languages or ()) > 1:
        yield Finding(
            (*_AT, "languages"),
            f"{transcriber} takes one language; give one, or `[]` to let it find out"
            + (f", or use {AZURE_TRANSCRIBER}" if AZURE_TRANSCRIBER in asked.model.abilities.transcribers else ""),
        )


def languages_are_few(asked: Asked) -> Iterator[Finding]:
    """Your own models count, too."""
    settings = asked.service.transcription
    spoken = {*(settings.languages or ()), *settings.custom_speech}
    if len(spoken) > MOST_LANGUAGES:
        yield Finding(
            (*_AT, "languages"),
            f"{len(spoken)} languages with those of custom_speech; {AZURE_TRANSCRIBER} takes {MOST_LANGUAGES}",
        )


def phrases_need_azure(asked: Asked) -> Iterator[Finding]:
    """OpenAI's transcribers take a prompt instead."""
    settings = asked.service.transcription
    if settings.phrase_list and settings.transcriber(asked.model) in OPENAI_TRANSCRIBERS:
        yield Finding(
            (*_AT, "phrase_list"),
            f"{settings.transcriber(asked.model)} has no phrase list; put the words into `prompt`",
        )


def custom_speech_needs_azure(asked: Asked) -> Iterator[Finding]:
    """They are azure-speech models."""
    settings = asked.service.transcription
    transcriber = settings.transcriber(asked.model)
    if settings.custom_speech and transcriber in TRANSCRIBERS - {AZURE_TRANSCRIBER}:
        yield Finding(
            (*_AT, "custom_speech"), f"{transcriber} has no models of your own; they need {AZURE_TRANSCRIBER}"
        )


def prompt_needs_openai(asked: Asked) -> Iterator[Finding]:
    """Azure's transcribers take a phrase list instead."""
    settings = asked.service.transcription
    transcriber = settings.transcriber(asked.model)
    if settings.prompt is not None and transcriber in TRANSCRIBERS - OPENAI_TRANSCRIBERS:
        yield Finding((*_AT, "prompt"), f"{transcriber} takes no prompt; put the words into `phrase_list`")


PROBLEMS: tuple[Rule, ...] = (
    transcriber_fits_model, text_models_need_a_transcript, nothing_is_told_to_no_transcriber, one_language_for_most,
    languages_are_few, phrases_need_azure, custom_speech_needs_azure, prompt_needs_openai,
)  # fmt: skip
