"""The `home_assistant` action's part of a tool's settings."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, JsonValue, field_validator, model_validator

from voiced.settings import Settings
from voiced.tools import templates
from voiced.tools.actions.picking import Picked
from voiced.tools.actions.settings import ActionSettings
from voiced.tools.home_assistant.settings import ENTITY_ID
from voiced.tools.parameters import ParameterSettings
from voiced.tools.templates import SURROUNDINGS


def _service(name: str) -> str:
    if not ENTITY_ID.fullmatch(name):
        raise ValueError(f"'{name}' is no service; one is written like light.turn_on")
    return name


Ids = tuple[Annotated[str, Field(min_length=1)], ...]


class TargetSettings(Settings):
    """What a service acts on: one id or several, of any of the kinds. Templates, over parameters with an enum."""

    entity_id: Ids = ()
    """light.kitchen"""
    area_id: Ids = ()
    """living_room: the id, as its settings page in Home Assistant shows it."""
    device_id: Ids = ()
    """As the address of the device's page ends."""
    label_id: Ids = ()
    """The id of a label."""

    @field_validator("*", mode="before")
    @classmethod
    def _several(cls, given: Any) -> Any:  # noqa: ANN401 (whatever YAML holds)
        if isinstance(given, str):
            return (given,)
        return tuple(given) if isinstance(given, list) else given

    def given(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each kind that has ids."""
        for kind in type(self).model_fields:
            ids: tuple[str, ...] = getattr(self, kind)
            if ids:
                yield kind, ids


class HomeAssistantAction(ActionSettings):
    """A service of the Home Assistant of `home_assistant:` is called, or a state there is read."""

    service: Annotated[str, AfterValidator(_service)] | None = None
    """light.turn_on, climate.set_temperature, …"""
    target: TargetSettings = TargetSettings()
    """What it acts on."""
    data: dict[str, JsonValue] = Field(default_factory=dict)
    """What else it is told. A string that is only `{{ level }}` keeps the parameter's type."""
    state: str | None = Field(default=None, min_length=1)
    """In place of a service: the entity whose state is the result, like sensor.outdoor_temperature."""
    attribute: str | None = Field(default=None, min_length=1)
    """With state: the attribute that is the result in its place."""
    result: Picked = None
    """With a service: ask for its response, and what of it is the result as a JMESPath expression; @ is all of it."""

    @model_validator(mode="after")
    def _one_purpose(self) -> Self:
        if (self.service is None) == (self.state is None):
            raise ValueError("give service, to have something done, or state, to read one")
        if self.state is not None:
            for name in ("target", "data", "result"):
                if name in self.model_fields_set:
                    raise ValueError(f"{name} needs a service; state stands alone, or with attribute")
        elif self.attribute is not None:
            raise ValueError("attribute needs a state")
        return self

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key that holds it."""
        yield from self._choosing()
        yield from templates.strings_in(dict(self.data), "data")

    def problems(self, parameters: Mapping[str, ParameterSettings]) -> list[str]:
        """What is wrong with this action in a tool with these parameters, each with its key."""
        found = super().problems(parameters)
        if found:
            return found
        for key, source in self._choosing():
            names = templates.variables(source)
            # otherwise what the model says would choose what in the house is controlled or read, "all" included
            found += [
                f"{key}: '{name}' chooses what is meant, so it needs an enum"
                for name in sorted(names - frozenset(SURROUNDINGS))
                if parameters[name].enum is None
            ]
            if not names and key.startswith(("target.entity_id", "state")) and not ENTITY_ID.fullmatch(source):
                found.append(f"{key}: '{source}' is no entity; one is written like light.kitchen")
        return found

    def _choosing(self) -> Iterator[tuple[str, str]]:
        for kind, ids in self.target.given():
            yield from ((f"target.{kind}", each) for each in ids)
        if self.state is not None:
            yield "state", self.state
