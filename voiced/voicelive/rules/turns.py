"""Which way of detecting turns takes what, and with which model (voice-live §4.2)."""

from collections.abc import Iterator

from voiced.voicelive import turn_detection
from voiced.voicelive.models import Kind
from voiced.voicelive.rules.asked import SERVICE, Asked, Finding, Rule, given

_AT = (SERVICE, "turn_detection")


def _kinds(asked: Asked) -> set[turn_detection.Kind]:
    """How turns are detected: by the persona's language where the owner didn't choose."""
    return {asked.service.turn_detection.kind(locale) for _, locale in asked.locales()}


def openai_detection_fits_model(asked: Asked) -> Iterator[Finding]:
    """`semantic_vad` is OpenAI's model's own."""
    if asked.service.turn_detection.type == "semantic_vad" and not asked.model.abilities.openai_hearing:
        yield Finding(
            (*_AT, "type"),
            f"semantic_vad works with the gpt-realtime family only, not with {asked.model.kind.value}; "
            "use azure_semantic_vad",
        )


def detection_takes_it(asked: Asked) -> Iterator[Finding]:
    """A field of another way of detecting would be refused or do nothing."""
    settings = asked.service.turn_detection
    fields = frozenset().union(*turn_detection.FIELDS.values())
    for field in sorted(fields):
        value = given(settings, field)
        if value is None or value is False:
            continue
        taking = [kind for kind, taken in turn_detection.FIELDS.items() if field in taken]
        for kind in sorted(_kinds(asked).difference(taking)):
            yield Finding((*_AT, field), f"{kind} does not take this; remove it, or use {' or '.join(taking)}")


def appended_text_needs_truncation(asked: Asked) -> Iterator[Finding]:
    """The service appends it to what it truncated itself."""
    settings = asked.service.turn_detection
    if settings.appended_text_after_truncation is not None and not settings.auto_truncate:
        yield Finding(
            (*_AT, "appended_text_after_truncation"),
            "the service appends this only to what it truncates itself; set `auto_truncate: true` or remove this",
        )


def filler_languages_are_known(asked: Asked) -> Iterator[Finding]:
    """The service ignores the others silently."""
    settings = asked.service.turn_detection
    for kind in sorted(_kinds(asked)):
        known = turn_detection.LANGUAGES.get(kind)
        for index, language in enumerate(settings.languages if known else ()):
            if known and language.partition("-")[0] not in known:
                fix = (
                    "use azure_semantic_vad_multilingual, or remove it" if kind == "azure_semantic_vad" else "remove it"
                )
                yield Finding((*_AT, "languages", index), f"{kind} ignores {language}; {fix}")


def end_of_utterance_needs_words(asked: Asked) -> Iterator[Finding]:
    """Microsoft's own tests combine it with text models only."""
    if asked.service.turn_detection.end_of_utterance_detection is not None and asked.model.kind in (
        Kind.NATIVE,
        Kind.AZURE_NATIVE,
    ):
        yield Finding(
            (*_AT, "end_of_utterance_detection"),
            f"this judges the transcript, which {asked.service.model} does not wait for; "
            "if it does nothing, take a text model like gpt-4.1",
        )


def english_only(asked: Asked) -> Iterator[Finding]:
    """What was chosen for English hears other languages worse."""
    settings = asked.service.turn_detection
    foreign = sorted({locale for _, locale in asked.locales() if locale.partition("-")[0] != "en"})
    if not foreign:
        return
    if settings.type in ("azure_semantic_vad", "azure_semantic_vad_en"):
        yield Finding(
            (*_AT, "type"),
            f"{settings.type} is made for English, and {foreign[0]} is spoken; use azure_semantic_vad_multilingual",
        )
    words = settings.end_of_utterance_detection
    if words is not None and words.model == "semantic_detection_v1_en":
        yield Finding(
            (*_AT, "end_of_utterance_detection", "model"),
            f"{words.model} understands English, and {foreign[0]} is spoken; use semantic_detection_v1_multilingual",
        )


PROBLEMS: tuple[Rule, ...] = (
    openai_detection_fits_model, detection_takes_it, appended_text_needs_truncation, filler_languages_are_known,
)  # fmt: skip
ADVICE: tuple[Rule, ...] = (end_of_utterance_needs_words, english_only)
