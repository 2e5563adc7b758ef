"""What the speaker is doing, in one word, and which words may follow which."""

from enum import StrEnum


class Phase(StrEnum):
    """What the speaker is doing. Owners see these words in the journal, in `voiced status` and as light patterns."""

    STARTING = "starting"
    """Models load, devices open."""
    IDLE = "idle"
    """Listening for the wake word; nothing leaves the house."""
    CONNECTING = "connecting"
    """The wake word was heard, a session is being opened, the pre-roll fills."""
    LISTENING = "listening"
    """The user's turn."""
    THINKING = "thinking"
    """The user's turn has ended; a reply or a tool is awaited."""
    SPEAKING = "speaking"
    """A reply is heard."""
    FOLLOWING_UP = "following_up"
    """The reply has ended; the user may go on without the wake word."""
    ALERTING = "alerting"
    """A spoken notice, an alarm or a timer sounds outside a conversation."""
    MUTED = "muted"
    """The microphone is off."""
    FAULTED = "faulted"
    """The speaker can't listen: no microphone, a deaf wake model."""


_CONVERSATION = frozenset({Phase.CONNECTING, Phase.LISTENING, Phase.THINKING, Phase.SPEAKING, Phase.FOLLOWING_UP})
_ALWAYS = frozenset({Phase.IDLE, Phase.ALERTING, Phase.MUTED, Phase.FAULTED})

TRANSITIONS: dict[Phase, frozenset[Phase]] = {
    Phase.STARTING: frozenset({Phase.IDLE, Phase.FAULTED, Phase.MUTED}),
    Phase.IDLE: frozenset({Phase.CONNECTING, Phase.ALERTING, Phase.MUTED, Phase.FAULTED}),
    Phase.CONNECTING: frozenset({Phase.LISTENING}) | _ALWAYS,
    Phase.LISTENING: frozenset({Phase.THINKING, Phase.SPEAKING}) | _ALWAYS,
    Phase.THINKING: frozenset({Phase.LISTENING, Phase.SPEAKING, Phase.FOLLOWING_UP}) | _ALWAYS,
    Phase.SPEAKING: frozenset({Phase.LISTENING, Phase.THINKING, Phase.FOLLOWING_UP}) | _ALWAYS,
    Phase.FOLLOWING_UP: frozenset({Phase.LISTENING, Phase.THINKING, Phase.SPEAKING}) | _ALWAYS,
    Phase.ALERTING: frozenset({Phase.IDLE, Phase.CONNECTING, Phase.MUTED, Phase.FAULTED}),
    Phase.MUTED: frozenset({Phase.IDLE, Phase.FAULTED}),
    Phase.FAULTED: frozenset({Phase.IDLE, Phase.ALERTING, Phase.MUTED}),
}
"""Each phase and those that may follow it; the `Assistant` refuses any other step."""

CONVERSATION = _CONVERSATION
"""Phases in which a session is open or being opened."""
