"""Which voice speaks for which model, and what each family can be told (voice-live §4.1)."""

import difflib
from collections.abc import Iterator

from voiced.voicelive.models import Kind
from voiced.voicelive.rules.asked import SERVICE, Asked, Finding, Rule, given
from voiced.voicelive.voices import (
    AZURE_SPEECH,
    OPENAI_VOICES,
    PERSONAL_MODELS,
    REALTIME_NATIVE_VOICES,
    STANDARD_NAME,
    VoiceFamily,
)

_AZURE_ONLY = (
    "temperature", "rate", "pitch", "volume", "style", "locale", "prefer_locales", "custom_lexicon_url",
    "custom_text_normalization_url",
)  # fmt: skip
_HD_REGIONS = frozenset(
    {
        "canadacentral", "centralindia", "eastus", "eastus2", "francecentral", "southeastasia", "swedencentral",
        "westeurope", "westus2",
    }
)  # fmt: skip
_FIXES = {
    Kind.NATIVE: "use one of OpenAI's or Azure's voices, as alloy or en-US-AvaNeural",
    Kind.AZURE_NATIVE: "use one of its own: " + ", ".join(sorted(REALTIME_NATIVE_VOICES)),
}


def voice_fits_model(asked: Asked) -> Iterator[Finding]:
    """A model's own voices speak for it alone; azure-realtime has no others."""
    for name, voice in asked.voices():
        if voice.family not in asked.model.abilities.voices:
            fix = _FIXES.get(asked.model.kind, "use one of Azure's voices, as en-US-AvaNeural")
            yield Finding(
                asked.voice_key(name),
                f"{asked.model.kind.value} can't speak with {voice.name} ({voice.family.value}), "
                f"the voice of persona {name}; {fix}",
            )


def known_voice_of_a_small_family(asked: Asked) -> Iterator[Finding]:
    """OpenAI's voices are these ten; the service refuses others."""
    for name, voice in asked.voices():
        if voice.family is VoiceFamily.OPENAI and voice.name not in OPENAI_VOICES:
            close = difflib.get_close_matches(voice.name, OPENAI_VOICES, 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            yield Finding(asked.voice_key(name, "name"), f"OpenAI has no voice {voice.name!r}{hint}")


def own_voice_is_complete(asked: Asked) -> Iterator[Finding]:
    """A voice of your own is found by more than its name."""
    for name, voice in asked.voices():
        if voice.family is VoiceFamily.CUSTOM and voice.endpoint_id is None:
            yield Finding(asked.voice_key(name), "a custom voice needs `endpoint_id`, where it is deployed")
        if voice.family is VoiceFamily.PERSONAL and voice.model is None:
            yield Finding(asked.voice_key(name), "a personal voice needs `model`, as DragonLatestNeural")


def family_takes_it(asked: Asked) -> Iterator[Finding]:
    """What a family doesn't take would be refused or ignored."""
    for name, voice in asked.voices():
        if voice.endpoint_id is not None and voice.family is not VoiceFamily.CUSTOM:
            yield Finding(
                asked.voice_key(name, "endpoint_id"), "only a custom voice has this; set `type: azure-custom`"
            )
        if voice.model is not None and voice.family is not VoiceFamily.PERSONAL:
            yield Finding(asked.voice_key(name, "model"), "only a personal voice has this; set `type: azure-personal`")
        if voice.family in AZURE_SPEECH:
            continue
        for field in _AZURE_ONLY:
            if given(voice, field) is not None:
                yield Finding(asked.voice_key(name, field), f"{voice.name} can't be told this; only Azure's voices can")


def temperature_needs_hd(asked: Asked) -> Iterator[Finding]:
    """Other standard voices always speak alike."""
    for name, voice in asked.voices():
        if voice.temperature is not None and voice.family is VoiceFamily.STANDARD and not voice.high_definition:
            yield Finding(
                asked.voice_key(name, "temperature"),
                f"only HD voices vary, and {voice.name} is none; take one like en-US-Ava:DragonHDLatestNeural",
            )


def timestamps_need_azure(asked: Asked) -> Iterator[Finding]:
    """Azure's synthesis knows when it says what; models don't."""
    for name, voice in asked.voices() if asked.service.word_timestamps else ():
        if voice.family not in AZURE_SPEECH:
            yield Finding(
                asked.voice_key(name),
                f"voice_live.word_timestamps needs one of Azure's voices, which {voice.name} is none of",
            )


def name_looks_known(asked: Asked) -> Iterator[Finding]:
    """Azure has hundreds of voices and gets new ones; their names look alike."""
    for name, voice in asked.voices():
        if voice.family is VoiceFamily.STANDARD and not STANDARD_NAME.fullmatch(voice.name):
            close = difflib.get_close_matches(voice.name, [*OPENAI_VOICES, *REALTIME_NATIVE_VOICES], 1)
            hint = f" (did you mean {close[0]}?)" if close else "; Azure's are called like en-US-AvaNeural"
            yield Finding(asked.voice_key(name, "name"), f"{voice.name!r} is no voice we know{hint}")
        if voice.family is VoiceFamily.REALTIME_NATIVE and voice.name not in REALTIME_NATIVE_VOICES:
            close = difflib.get_close_matches(voice.name, REALTIME_NATIVE_VOICES, 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            yield Finding(
                asked.voice_key(name, "name"), f"{voice.name!r} is no voice of azure-realtime that we know{hint}"
            )
        if voice.family is VoiceFamily.PERSONAL and voice.model is not None and voice.model not in PERSONAL_MODELS:
            close = difflib.get_close_matches(voice.model, PERSONAL_MODELS, 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            yield Finding(
                asked.voice_key(name, "model"), f"{voice.model!r} is no model of personal voices we know{hint}"
            )


def forced_language_is_spoken(asked: Asked) -> Iterator[Finding]:
    """Text in another language than the forced one comes out silent."""
    spoken = dict(asked.locales())
    for name, voice in asked.voices():
        if voice.locale is not None and voice.locale.partition("-")[0] != spoken[name].partition("-")[0]:
            yield Finding(
                asked.voice_key(name, "locale"),
                f"persona {name} is spoken to in {spoken[name]}, and answers in it will be silent; "
                "use `prefer_locales`, or set the persona's `language`",
            )


def region_has_hd(asked: Asked) -> Iterator[Finding]:
    """HD voices exist in some regions only, and come to more."""
    region = asked.service.place
    for name, voice in asked.voices() if region else ():
        if voice.high_definition and voice.family in AZURE_SPEECH and region not in _HD_REGIONS:
            given_voice = "voice" in asked.personas[name].model_fields_set
            place = (SERVICE, "endpoint" if asked.service.region is None else "region")
            yield Finding(
                asked.voice_key(name, "name") if given_voice else place,
                f"{region} had no HD voices when this was written; if {voice.name}, the voice of persona {name}, "
                "stays silent, take one like en-US-AvaNeural",
            )


PROBLEMS: tuple[Rule, ...] = (
    voice_fits_model, known_voice_of_a_small_family, own_voice_is_complete, family_takes_it, temperature_needs_hd,
    timestamps_need_azure,
)  # fmt: skip
ADVICE: tuple[Rule, ...] = (name_looks_known, forced_language_is_spoken, region_has_hd)
