"""The settings of what is done around conversations: other music is turned down, and up again."""

from pydantic import Field, JsonValue

from voiced.settings import Settings


class DuckingCall(Settings):
    """A tool of yours, and what it is called with."""

    call: str = Field(min_length=1)
    """The tool's name."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """What it is called with, parameter to value."""


class DuckingSettings(Settings):
    """What plays in the room, made quieter while you talk with the speaker, and by which of your tools."""

    begin: DuckingCall | None = None
    """Called when a conversation begins, or an alarm rings: `{call: duck_music}`."""
    end: DuckingCall | None = None
    """Called when it is over, and when the speaker is stopped meanwhile."""
