from typing import Annotated

from pydantic import Field

from voiced.settings import Settings


class ConversationSettings(Settings):
    """How long the speaker waits, and for what."""

    follow_up_seconds: float = Field(default=8.0, ge=0, le=60)
    """How long you may go on without the wake word after a reply has been heard. 0 ends the conversation at once."""
    max_minutes: float = Field(default=10.0, gt=0, le=60)
    """A conversation ends after this long, whatever happens."""
    connect_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long opening a session may take."""
    silence_seconds: float = Field(default=8.0, gt=0, le=60)
    """How long after the wake word the speaker waits for you to speak; if you don't, it counts as a false wake."""
    greeting_after_ms: int = Field(default=1200, ge=300, le=10_000)
    """How long you may be silent after the wake word before the speaker speaks up: with the persona's `greeting`, or
    with what waits to be announced."""
    speech_seconds: float = Field(default=60.0, gt=0, le=600)
    """The longest sentence listened to."""
    reply_seconds: float = Field(default=20.0, gt=0, le=120)
    """How long a reply may fail to begin or to go on before the speaker gives up on it."""
    remote_tool_seconds: float = Field(default=60.0, gt=0, le=600)
    """How long a tool that the service calls itself (`voice_live.mcp_servers`) may take."""
    approval_seconds: float = Field(default=15.0, gt=0, le=120)
    """How long the speaker waits for your yes or no where such a tool needs your leave; silence is a no."""
    speculative_connects_per_minute: int = Field(default=6, ge=0, le=20)
    """How often a minute a session may be opened before the wake word is certain, which saves the time of connecting;
    nothing is sent in it. 0 waits for certainty. The service allows 30 connections a minute."""
    stop_words: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = ("stop",)
    """What ends a reply, a notice or an alarm at once, and the conversation with it, said alone while it sounds. It is
    recognised on this device; English words, one or several: [stop, be quiet]. One with "snooze" in it puts off what
    rings. `[]` switches it off."""
    remember_minutes: float = Field(default=2.0, ge=0, le=60)
    """A wake word within this time goes on with the last conversation ("and the bedroom too"). 0 begins anew each time.
    What was said is kept in memory only; `voiced mute` and `voiced forget` forget it."""
    remember_tokens: int = Field(default=2000, ge=0, le=20_000)
    """How much of a conversation a new session is told, where it goes on or had to be opened anew. Tokens cost: each
    reply counts them once more. 0 tells nothing."""
    lead_ms: int = Field(default=300, ge=0, le=1500)
    """How much sound from before the wake word's detection is sent, so that no word spoken in one breath is lost."""
