"""The `mqtt` action's part of a tool's settings."""

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from voiced.tools import templates
from voiced.tools.actions.picking import Picked
from voiced.tools.actions.settings import ActionSettings
from voiced.tools.parameters import ParameterSettings

_LONGEST_TOPIC = 65_535


class MqttAction(ActionSettings):
    """A message to the broker of `mqtt:`, or what a device said there last. Strings are Jinja2 templates."""

    topic: str | None = Field(default=None, min_length=1)
    """Where a message is sent. A value adds one level at most: it can't hold /, + or #."""
    payload: str | None = None
    """The message as text; empty where neither this nor json is given."""
    body: JsonValue = Field(default=None, alias="json")
    """The message as JSON. A string that is only `{{ level }}` keeps the parameter's type."""
    qos: Literal[0, 1, 2] = 1
    """0 at most once, 1 at least once, 2 exactly once."""
    retain: bool = False
    """Whether the broker keeps the message for who subscribes later."""
    response_topic: str | None = Field(default=None, min_length=1)
    """Where the device answers: the next message there is the result. Calls that are answered on one topic take turns;
    with a parameter in it (`answers/{{ lamp }}`) those of others go on beside them."""
    state_topic: str | None = Field(default=None, min_length=1)
    """In place of topic: where the device keeps its state; the last message there is the result."""
    result: Picked = None
    """What of the answer, where that is JSON, is the result: a JMESPath expression like `temperature`."""

    @model_validator(mode="after")
    def _one_purpose(self) -> Self:
        if (self.topic is None) == (self.state_topic is None):
            raise ValueError("give topic, to send a message, or state_topic, to read a state")
        if self.payload is not None and self.body is not None:
            raise ValueError("give payload or json, not both")
        for name in ("payload", "body", "response_topic"):
            if self.topic is None and getattr(self, name) is not None:
                raise ValueError(f"{'json' if name == 'body' else name} needs a topic")
        if self.result is not None and self.response_topic is None and self.state_topic is None:
            raise ValueError("a message that is only sent has no result; give response_topic")
        return self

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key that holds it."""
        for name in ("topic", "payload", "response_topic", "state_topic"):
            source = getattr(self, name)
            if source is not None:
                yield name, source
        yield from templates.strings_in(self.body, "json")

    def problems(self, parameters: Mapping[str, ParameterSettings]) -> list[str]:
        """What is wrong with this message in a tool with these parameters, each with its key."""
        found = super().problems(parameters)
        for name in ("topic", "response_topic", "state_topic"):
            source = getattr(self, name)
            if source is not None and not found:
                own = templates.literal(source)
                if {"+", "#", "\0"} & set(own):
                    found.append(f"{name}: one topic is expected, without + and #")
                elif len(source) > _LONGEST_TOPIC:
                    found.append(f"{name}: a topic has at most {_LONGEST_TOPIC} characters")
        return found
