"""The voices of the service: their families, and what each can be told (voice-live §4.1)."""

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, JsonValue, Tag, field_validator

from voiced.settings import Settings


class VoiceFamily(StrEnum):
    """Where a voice comes from; the value is the protocol's `voice.type`."""

    OPENAI = "openai"
    STANDARD = "azure-standard"
    CUSTOM = "azure-custom"
    PERSONAL = "azure-personal"
    REALTIME_NATIVE = "azure-realtime-native"


AZURE_SPEECH = frozenset({VoiceFamily.STANDARD, VoiceFamily.CUSTOM, VoiceFamily.PERSONAL})
"""The families that Azure's speech synthesis says aloud, whatever the model."""
OPENAI_VOICES = frozenset({"alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"})
REALTIME_NATIVE_VOICES = frozenset(
    {
        "aarti", "andrew", "ava", "denise", "diya", "elsa", "florian", "francisca", "meera", "xiaoxiao", "ximena",
        "yunxi",
    }
)  # fmt: skip
PERSONAL_MODELS = frozenset(
    {"DragonLatestNeural", "PhoenixLatestNeural", "PhoenixV2Neural", "DragonHDOmniLatestNeural", "MAI-Voice-1"}
)
STANDARD_NAME = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?-[A-Z]{2}(-[a-z]+)?-[A-Za-z0-9]+(:[A-Za-z0-9-]+)?")
"""How Azure names its voices: de-DE-KatjaNeural, en-US-Ava:DragonHDLatestNeural."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""A language, with or without a country: de, de-DE, zh-Hans-CN."""

_SLOWEST, _FASTEST = 0.5, 1.5
_RATE = re.compile(r"x-slow|slow|medium|fast|x-fast|default|[+-]\d+(\.\d+)?%")
_PITCH = re.compile(r"x-low|low|medium|high|x-high|default|[+-]\d+(\.\d+)?(%|Hz|st)|\d+(\.\d+)?Hz")
_VOLUME = re.compile(r"silent|x-soft|soft|medium|loud|x-loud|default|[+-]\d+(\.\d+)?(dB)?|100(\.0+)?|\d{1,2}(\.\d+)?")
_NUMBER = re.compile(r"\d+(\.\d+)?")


class VoiceSettings(Settings):
    """A voice, and how it speaks. What is left out is the voice's own."""

    name: str = Field(min_length=1)
    """Its full name: en-US-AvaNeural, en-US-Ava:DragonHDLatestNeural, alloy, or what you called your own."""
    type: Literal["openai", "azure-standard", "azure-custom", "azure-personal", "azure-realtime-native"] | None = None
    """Its family; told by the name where this is left out (not for a custom or a personal voice)."""
    endpoint_id: str | None = Field(default=None, min_length=1)
    """Where a custom voice is deployed (azure-custom only)."""
    model: str | None = Field(default=None, min_length=1)
    """What a personal voice is made with, as DragonLatestNeural (azure-personal only)."""
    temperature: float | None = Field(default=None, ge=0, le=1)
    """How much an HD voice varies its tone: 0 not at all, 1 the most."""
    rate: str | None = None
    """How fast: "0.5" to "1.5", "+20%", or slow, medium, fast."""
    pitch: str | None = None
    """How high: "+10%", "-2st", "200Hz", or low, medium, high."""
    volume: str | None = None
    """How loud before the speaker's own volume: "0" to "100", "-6dB", or soft, medium, loud."""
    style: str | None = Field(default=None, min_length=1)
    """How it feels, where the voice has styles: cheerful, sad, whispering."""
    locale: str | None = None
    """The one language it speaks, as en-US; text in another comes out silent. Rather set prefer_locales."""
    prefer_locales: tuple[str, ...] = ()
    """Which accents it takes, as [en-GB, es-ES]; it speaks other languages as well."""
    custom_lexicon_url: str | None = Field(default=None, pattern="^https://")
    """Where the service finds your pronunciations (an SSML lexicon)."""
    custom_text_normalization_url: str | None = Field(default=None, pattern="^https://")
    """Where the service finds how you want numbers and the like read."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """More fields of the service's `voice`, passed through untouched."""

    @field_validator("rate")
    @classmethod
    def _is_rate(cls, rate: str | None) -> str | None:
        if rate is None or _RATE.fullmatch(rate):
            return rate
        if _NUMBER.fullmatch(rate) and _SLOWEST <= float(rate) <= _FASTEST:
            return rate
        raise ValueError(f'{rate!r} is no rate: give "0.5" to "1.5", "+20%", or slow, medium, fast')

    @field_validator("pitch")
    @classmethod
    def _is_pitch(cls, pitch: str | None) -> str | None:
        if pitch is not None and not _PITCH.fullmatch(pitch):
            raise ValueError(f'{pitch!r} is no pitch: give "+10%", "-2st", "200Hz", or low, medium, high')
        return pitch

    @field_validator("volume")
    @classmethod
    def _is_volume(cls, volume: str | None) -> str | None:
        if volume is not None and not _VOLUME.fullmatch(volume):
            raise ValueError(f'{volume!r} is no volume: give "0" to "100", "-6dB", or soft, medium, loud')
        return volume

    @field_validator("locale", "prefer_locales")
    @classmethod
    def _are_languages(cls, given: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        for locale in (given,) if isinstance(given, str) else given or ():
            if not LANGUAGE.fullmatch(locale):
                raise ValueError(f"{locale!r} is no language; give one like en-US")
        return given

    @property
    def family(self) -> VoiceFamily:
        """The family, told by the name where it is not given."""
        if self.type is not None:
            return VoiceFamily(self.type)
        if self.name in OPENAI_VOICES:
            return VoiceFamily.OPENAI
        return VoiceFamily.REALTIME_NATIVE if self.name in REALTIME_NATIVE_VOICES else VoiceFamily.STANDARD

    @property
    def high_definition(self) -> bool:
        """Whether it is one of Azure's HD voices, which vary with `temperature` and exist in some regions only."""
        return "DragonHD" in self.name

    def payload(self) -> dict[str, Any]:
        """The protocol's `voice`."""
        given = self.model_dump(mode="json", exclude={"extra", "type"}, exclude_defaults=True)
        return {"type": self.family.value, **given, **self.extra}


def _kind(given: object) -> str:
    return "plain" if isinstance(given, str) else "full"


Voice = Annotated[Annotated[str, Tag("plain")] | Annotated[VoiceSettings, Tag("full")], Discriminator(_kind)]
"""A voice by its name alone, or with how it speaks; told apart first, so that a mistake is told once."""


def full(voice: str | VoiceSettings) -> VoiceSettings:
    """A voice with everything that can be said of it."""
    return VoiceSettings(name=voice) if isinstance(voice, str) else voice
