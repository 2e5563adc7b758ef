"""What a rule looks at, and how it answers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel

from voiced.voicelive.answering import answering
from voiced.voicelive.models import Model
from voiced.voicelive.settings import PersonaSettings, VoiceLiveSettings
from voiced.voicelive.voices import VoiceSettings, full

Path = tuple[str | int, ...]
SERVICE = "voice_live"


@dataclass(frozen=True, slots=True)
class Asked:
    """The settings of sessions.

    Attributes:
        service: what holds for all of them.
        personas: every persona that may be talked to, by name.
        locale: the language of those that name none.
    """

    service: VoiceLiveSettings
    personas: Mapping[str, PersonaSettings]
    locale: str

    @property
    def model(self) -> Model:
        """Who answers."""
        return answering(self.service)

    @property
    def model_key(self) -> Path:
        """The key that says who answers."""
        return (SERVICE, "model" if self.service.agent is None else "agent")

    def voices(self) -> Iterator[tuple[str, VoiceSettings]]:
        """Each persona's name and voice."""
        for name, persona in self.personas.items():
            yield name, full(persona.voice)

    def voice_key(self, name: str, field: str = "") -> Path:
        """The key of a persona's voice, or of a field of it; where the voice is left out, the model is to blame."""
        persona = self.personas[name]
        if "voice" not in persona.model_fields_set:
            return self.model_key
        given = isinstance(persona.voice, VoiceSettings) and field in persona.voice.model_fields_set
        return ("personas", name, "voice", field) if given else ("personas", name, "voice")

    def locales(self) -> Iterator[tuple[str, str]]:
        """Each persona's name and the language spoken to it."""
        for name, persona in self.personas.items():
            yield name, persona.language or self.locale


class Finding(NamedTuple):
    """What a rule found."""

    path: Path
    """The key that should change, from the configuration's root."""
    message: str
    """What is wrong, with the fix."""


Rule = Callable[[Asked], Iterator[Finding]]


def given(settings: BaseModel, field: str) -> Any:  # noqa: ANN401 (whatever the field holds)
    """A field's value where it was given and says something, else None."""
    value = getattr(settings, field)
    return value if field in settings.model_fields_set and value not in (None, (), {}) else None
