"""What writes down what was said (voice-live §4.4)."""

from typing import Any

from pydantic import Field, JsonValue, field_validator

from voiced.settings import Settings
from voiced.voicelive.models import AZURE_TRANSCRIBER, NO_TRANSCRIPTION, Model
from voiced.voicelive.voices import LANGUAGE

MOST_LANGUAGES = 10
"""What azure-speech tells apart in one session."""


class TranscriptionSettings(Settings):
    """How what you said is written down: for a text model this is how it hears, for others a side product."""

    model: str | None = Field(default=None, min_length=1)
    """azure-speech or mai-transcribe for text models; gpt-4o-mini-transcribe, gpt-4o-transcribe, whisper-1 or
    mai-transcribe for gpt-realtime; `none` for no transcript. Left out: the first of these."""
    languages: tuple[str, ...] | None = Field(default=None, max_length=MOST_LANGUAGES)
    """What is spoken, the most frequent first, as [en-US, de-DE]; `[]` lets the service find out. Left out: the
    persona's language, or the speaker's."""
    phrase_list: tuple[str, ...] = Field(default=(), max_length=500)
    """Names and words to listen for (azure-speech and mai-transcribe)."""
    custom_speech: dict[str, str] = Field(default_factory=dict)
    """Your own azure-speech models: the language's locale -> the model's id."""
    prompt: str | None = Field(default=None, min_length=1)
    """A hint for OpenAI's transcribers: "Expect names of lamps and rooms."."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """More fields of the service's `input_audio_transcription`, passed through untouched."""

    @field_validator("languages")
    @classmethod
    def _are_languages(cls, languages: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for language in languages or ():
            if not LANGUAGE.fullmatch(language):
                raise ValueError(f"{language!r} is no language; give one like en-US")
        return languages

    def transcriber(self, model: Model) -> str:
        """What transcribes for a model; `NO_TRANSCRIPTION` for nothing."""
        return self.model or model.abilities.transcribers[0]

    def payload(self, model: Model, locale: str) -> dict[str, Any] | None:
        """The protocol's `input_audio_transcription`; None for none."""
        transcriber = self.transcriber(model)
        if transcriber == NO_TRANSCRIPTION:
            return None
        spoken = (locale,) if self.languages is None else self.languages
        if transcriber != AZURE_TRANSCRIBER:  # the others know languages, not countries
            spoken = tuple(language.partition("-")[0] for language in spoken)
        given = self.model_dump(mode="json", include={"phrase_list", "custom_speech", "prompt"}, exclude_defaults=True)
        return {"model": transcriber, "language": ",".join(spoken), **given, **self.extra}
