"""One response: its frames in the service's order (reference/voice-live.md §5.1 to §5.3)."""

import base64
import json
from itertools import cycle
from typing import TYPE_CHECKING

from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES, milliseconds
from voiced.cascade.grammar import Call
from voiced.cascade.history import History, Item
from voiced.cascade.protocol import Frame, event, new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNKS_MS = (60, 200, 120, 240, 100, 180)
"""Lengths of the pieces of sound, uneven as the service's."""
_WORDS_AHEAD = 4
_ARGUMENTS_PIECE = 7
_AUDIO_TOKENS_PER_SECOND = 20


class Response:
    """A response under way. Every method returns the frames to be sent, in order.

    Args:
        options: the `response` of the client's `response.create`.
        session: the effective session.
        history: where its items are stored.
        native: which of the two back-ends to look like (§5).
        conversation_id: shown in the response.
    """

    def __init__(self, options: Frame, session: Frame, history: History, *, native: bool, conversation_id: str) -> None:
        self.id = new_id("resp")
        self.options = options
        self.status = "in_progress"
        self._history = history
        self._native = native
        self._conversation_id = conversation_id
        self._modalities = options.get("modalities") or session["modalities"]
        self._limit = options.get("max_output_tokens", session["max_response_output_tokens"])
        self._session = session
        self._output: list[Frame] = []
        self._item: Item | None = None
        self._text = ""
        self._said: list[str] = []
        self._pieces: Iterator[str] = iter(())
        self._sound = b""
        self._sent = 0
        self._lengths = cycle(_CHUNKS_MS)

    @property
    def audible(self) -> bool:
        """Whether it is to be spoken, not only written."""
        return "audio" in self._modalities

    @property
    def unsent(self) -> bool:
        """Whether sound waits to be sent."""
        return self._sent < len(self._sound)

    def created(self) -> list[Frame]:
        """The frame that announces it."""
        return [event("response.created", response=self._shown(None))]

    def call(self, call: Call) -> list[Frame]:
        """A whole function call, arguments in pieces."""
        arguments = json.dumps(dict(call.arguments))
        call_id = new_id("call")
        shown: Frame = {
            "id": new_id("item"), "object": "realtime.item", "type": "function_call", "status": "in_progress",
            "name": call.name, "call_id": call_id, "arguments": "",
        }  # fmt: skip
        item = Item(shown, answered=True)
        frames = self._added(item)
        where = {"response_id": self.id, "item_id": item.id, "output_index": len(self._output), "call_id": call_id}
        frames += [
            event(
                "response.function_call_arguments.delta",
                **where, delta=arguments[start : start + _ARGUMENTS_PIECE], obfuscation="x" * (start % 5 + 1),
            )
            for start in range(0, len(arguments), _ARGUMENTS_PIECE)
        ]  # fmt: skip
        frames.append(event("response.function_call_arguments.done", **where, name=call.name, arguments=arguments))
        shown |= {"status": "completed", "arguments": arguments}
        return [*frames, self._item_done(item)]

    def message(self, text: str, sound: bytes) -> list[Frame]:
        """Begin an assistant's message; `more` gives its text and sound (PCM16 at 24 kHz)."""
        self._text, self._sound, self._sent = text, sound, 0
        words = text.split(" ")
        self._pieces = iter([word if index == 0 else f" {word}" for index, word in enumerate(words)])
        self._said = []
        part: Frame = {"type": "audio", "transcript": ""} if self.audible else {"type": "text", "text": ""}
        self._item = Item(
            {
                "id": new_id("item" if self._native else "msg"), "object": "realtime.item", "type": "message",
                "status": "in_progress" if self._native else "incomplete", "role": "assistant", "content": [],
            },
            answered=True,
        )  # fmt: skip
        return [
            *self._added(self._item),
            event("response.content_part.added", **self._where, part=part),
        ]

    def more(self) -> tuple[list[Frame], float]:
        """The next pieces of text and one of sound, and the sound's length in seconds; nothing when all is sent."""
        name = "response.audio_transcript.delta" if self.audible else "response.text.delta"
        ahead = _WORDS_AHEAD if self.unsent else len(self._text)
        frames: list[Frame] = []
        for piece in self._pieces:
            self._said.append(piece)
            frames.append(event(name, **self._where, delta=piece))
            ahead -= 1
            if not ahead:
                break
        if not self.unsent or self._item is None:
            return frames, 0.0
        length = next(self._lengths) * PLAYBACK_RATE // 1000 * SAMPLE_BYTES
        chunk = self._sound[self._sent : self._sent + length]
        self._sent += len(chunk)
        self._item.audio_ms = milliseconds(self._sent // SAMPLE_BYTES, PLAYBACK_RATE)
        frames.append(event("response.audio.delta", **self._where, delta=base64.b64encode(chunk).decode()))
        return frames, len(chunk) / SAMPLE_BYTES / PLAYBACK_RATE

    def finish(self, status: str = "completed", details: Frame | None = None) -> list[Frame]:
        """Close what is open and the response itself; details are its `status_details`."""
        frames: list[Frame] = []
        if self._item is not None:
            item = self._item
            said = self._text if status == "completed" else "".join(self._said)
            if self.audible:
                part: Frame = {"type": "audio", "transcript": said}
                frames.append(event("response.audio.done", **self._where))
                frames.append(event("response.audio_transcript.done", **self._where, transcript=said))
            else:
                part = {"type": "text", "text": said}
                frames.append(event("response.text.done", **self._where, text=said))
            frames.append(event("response.content_part.done", **self._where, part=part))
            item.shown |= {"status": "completed" if status == "completed" else "incomplete", "content": [part]}
            frames.append(self._item_done(item))
            self._item = None
        self.status = status
        return [*frames, event("response.done", response=self._shown(details))]

    @property
    def _where(self) -> Frame:
        item_id = self._item.id if self._item else ""
        return {"response_id": self.id, "item_id": item_id, "output_index": len(self._output), "content_index": 0}

    def _added(self, item: Item) -> list[Frame]:
        before = self._history.add(item)
        return [
            event(
                "response.output_item.added",
                response_id=self.id, output_index=len(self._output), item=dict(item.shown),
            ),
            event("conversation.item.created", previous_item_id=before, item=dict(item.shown)),
        ]  # fmt: skip

    def _item_done(self, item: Item) -> Frame:
        self._output.append(dict(item.shown))
        index = len(self._output) - 1
        return event("response.output_item.done", response_id=self.id, output_index=index, item=dict(item.shown))

    def _shown(self, details: Frame | None) -> Frame:
        finished = self.status != "in_progress"
        return {
            "id": self.id,
            "object": "realtime.response",
            "status": self.status,
            "status_details": details,
            "output": list(self._output),
            "conversation_id": self._conversation_id,
            "modalities": self._modalities,
            "voice": self.options.get("voice") or self._session["voice"],
            "output_audio_format": self._session["output_audio_format"],
            "temperature": self.options.get("temperature", self._session.get("temperature")),
            "max_output_tokens": self._limit,
            "metadata": self.options.get("metadata"),
            "usage": self._usage() if finished else None,
        }

    def _usage(self) -> Frame:
        audio = round(self._sent / SAMPLE_BYTES / PLAYBACK_RATE * _AUDIO_TOKENS_PER_SECOND)
        text = sum(len(json.dumps(item)) // 4 for item in self._output)
        given = sum(len(item.text) // 4 + 10 for item in self._history.items)
        return {
            "total_tokens": given + audio + text,
            "input_tokens": given,
            "output_tokens": audio + text,
            "input_token_details": {
                "cached_tokens": 0, "text_tokens": given, "audio_tokens": 0,
                "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0},
            },
            "output_token_details": {"text_tokens": text, "audio_tokens": audio},
        }  # fmt: skip
