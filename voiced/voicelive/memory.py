"""What was said and done lately, so that another session can go on with it. It is never written anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from voiced.assistant import events as on
from voiced.assistant.conversation import END_CONVERSATION
from voiced.assistant.events import Event
from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES, milliseconds

_BYTES_PER_TOKEN = 3
"""Of UTF-8: few for English, about right where a character is three bytes."""
_TOKENS_PER_ITEM = 8


@dataclass(slots=True)
class _Said:
    """A message; `key` is the user's item, or the response."""

    role: str
    key: str
    text: str = ""

    @property
    def tokens(self) -> int:
        return _tokens(self.text)

    def items(self) -> list[dict[str, Any]]:
        if not self.text:
            return []
        kind = "input_text" if self.role == "user" else "text"
        return [{"type": "message", "role": self.role, "content": [{"type": kind, "text": self.text}]}]


@dataclass(slots=True)
class _Called:
    """A function call and what came of it; nothing while that is open."""

    call_id: str
    name: str
    arguments: str
    output: str | None = None

    @property
    def tokens(self) -> int:
        return _tokens(self.name + self.arguments) + _tokens(self.output or "")

    def items(self) -> list[dict[str, Any]]:
        if self.output is None:
            return []
        return [
            {"type": "function_call", "call_id": self.call_id, "name": self.name, "arguments": self.arguments},
            {"type": "function_call_output", "call_id": self.call_id, "output": self.output},
        ]


class Memory:
    """Follows the events of conversations; gives conversation items, as `conversation.item.create` takes them.

    Of more than `tokens`, by a rough count that is rather too high, the oldest turns are forgotten; of a conversation
    that ended, all is after `seconds`. Times are seconds of the caller's clock.
    """

    def __init__(self, tokens: int, seconds: float) -> None:
        self._limit = tokens
        self._seconds = seconds
        self._entries: list[_Said | _Called] = []
        self._persona = ""
        self._latest = 0.0
        self._sounding = ("", "", 0)  # response, item and bytes of the latest sound
        self._heard = ("", 1.0)  # the latest response that was cut short, and the share of it that was heard
        self._audible = False

    def begin(self, persona: str, now: float) -> Sequence[dict[str, Any]]:
        """A conversation begins; what it goes on with: nothing where the last was another persona's, or long ago."""
        if persona != self._persona or not self._seconds or now - self._latest > self._seconds:
            self.forget()
        self._persona = persona
        return self.items()

    def items(self) -> Sequence[dict[str, Any]]:
        """What the conversation under way was; a turn that nobody answered yet is no part of it."""
        told = [entry for entry in self._entries if entry.items()]
        while told and isinstance(told[-1], _Said) and told[-1].role == "user":
            told.pop()
        return [item for entry in told for item in entry.items()]

    def forget(self) -> None:
        """Know nothing any more."""
        self._entries.clear()

    def feed(self, event: Event, now: float) -> None:  # noqa: C901 (a flat table of events reads best whole)
        """Take an event at `now`."""
        match event:
            case on.MuteChanged(muted=True) | on.ForgetRequested():
                self.forget()
            case on.SpeechStopped():
                self._entries.append(_Said("user", event.item_id))  # its transcript may come after the reply's
            case on.UserTranscribed():
                self._say("user", event.item_id, event.text.strip())
            case on.ReplyAudioReceived():
                response, _, received = self._sounding
                received = received if response == event.response_id else 0
                self._sounding = (event.response_id, event.item_id, received + len(event.data))
                self._audible = True
                return
            case on.PlaybackFinished() if self._audible:
                self._audible = False
            case on.ReplyTranscribed():
                text = event.text.strip()
                response, share = self._heard
                text = _beginning(text, share) if event.response_id == response else text
                self._entries.append(_Said("assistant", event.response_id, text))
            case on.PlaybackFlushed():
                self._cut(event)
            case on.FunctionCalled():
                self._called(event)
            case on.ToolFinished():
                for called in self._entries:
                    if isinstance(called, _Called) and called.call_id == event.call_id:
                        called.output = event.output
            case _:
                return
        self._latest = now
        self._forget_oldest()

    def _say(self, role: str, key: str, text: str) -> None:
        for entry in reversed(self._entries):
            if isinstance(entry, _Said) and (entry.role, entry.key) == (role, key):
                entry.text = text
                return
        self._entries.append(_Said(role, key, text))

    def _called(self, event: on.FunctionCalled) -> None:
        known = any(isinstance(entry, _Called) and entry.call_id == event.call_id for entry in self._entries)
        if not known and event.name != END_CONVERSATION:
            self._entries.append(_Called(event.call_id, event.name, event.arguments))

    def _cut(self, flushed: on.PlaybackFlushed) -> None:
        """Keep of a reply the share that was heard; its text and its sound are taken to run evenly."""
        response, item, received = self._sounding
        if not flushed.item_id or flushed.item_id != item:
            return
        share = flushed.played_ms / max(1, milliseconds(received // SAMPLE_BYTES, PLAYBACK_RATE))
        self._heard = (response, share)
        for entry in reversed(self._entries):
            if isinstance(entry, _Said) and (entry.role, entry.key) == ("assistant", response):
                entry.text = _beginning(entry.text, share)
                return

    def _forget_oldest(self) -> None:
        """Whole turns: what remains begins with the user."""
        while self._entries and sum(entry.tokens for entry in self._entries) > self._limit:
            del self._entries[0]
            while self._entries and not (isinstance(self._entries[0], _Said) and self._entries[0].role == "user"):
                del self._entries[0]


def _beginning(text: str, share: float) -> str:
    words = text.split()
    heard = words[: int(len(words) * share)]
    if len(heard) == len(words):
        return text
    return " ".join([*heard, "…"]) if heard else ""


def _tokens(text: str) -> int:
    return _TOKENS_PER_ITEM + len(text.encode(errors="replace")) // _BYTES_PER_TOKEN
