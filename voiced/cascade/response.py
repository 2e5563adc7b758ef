"""One response: its frames in the service's order (reference/voice-live.md §5.1 to §5.4)."""

import base64
import json
from collections.abc import Iterator

from voiced.cascade.delivery import Delivery, Piece
from voiced.cascade.history import History, Item
from voiced.cascade.intents.meanings import Call
from voiced.cascade.protocol import Frame, event, new_id
from voiced.cascade.sound_formats import OUTPUT_FORMATS
from voiced.cascade.timing import visemes_of
from voiced.cascade.tokens import usage

_ARGUMENTS_PIECE = 7


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
        self.item: Item | None = None
        self._history = history
        self._native = native
        self._aside = options.get("conversation") == "none"
        self._conversation_id = None if self._aside else conversation_id
        self._modalities = options.get("modalities") or session["modalities"]
        self._session = session
        self._output: list[Frame] = []
        self._format = options.get("output_audio_format") or session["output_audio_format"]
        self._delivery = Delivery(OUTPUT_FORMATS[self._format], audible="audio" in self._modalities)
        self._sent_ms = 0

    @property
    def audible(self) -> bool:
        """Whether it is to be spoken, not only written."""
        return "audio" in self._modalities

    @property
    def waiting(self) -> bool:
        """Whether sound is there to be sent."""
        return self._delivery.waiting

    @property
    def over(self) -> bool:
        """Whether all of its message was given and sent."""
        return self._delivery.over

    @property
    def outputs(self) -> int:
        """How many items it has so far."""
        return len(self._output)

    @property
    def limit(self) -> int | str:
        """The most tokens it may have: a number, or inf."""
        options = self.options
        asked = options.get("max_output_tokens") or options.get("max_response_output_tokens")
        limit: int | str = asked or self._session["max_response_output_tokens"]
        return limit

    @property
    def voice(self) -> Frame:
        """The voice that it is asked to speak with."""
        voice: Frame = self.options.get("voice") or self._session["voice"]
        return voice

    @property
    def tokens(self) -> int:
        """How many it has used."""
        return int(self._usage()["total_tokens"])

    def created(self) -> list[Frame]:
        """The frame that announces it."""
        return [event("response.created", response=self._shown(None))]

    def call(self, call: Call) -> list[Frame]:
        """A whole function call, arguments in pieces."""
        arguments = json.dumps(dict(call.arguments))
        call_id = new_id("call")
        item = Item(
            {
                "id": new_id("item"), "object": "realtime.item", "type": "function_call", "status": "in_progress",
                "name": call.name, "call_id": call_id, "arguments": "",
            },
            answered=True,
        )  # fmt: skip
        frames = self._added(item)
        where = {"response_id": self.id, "item_id": item.id, "output_index": len(self._output), "call_id": call_id}
        name = "response.function_call_arguments"
        frames += _in_pieces(f"{name}.delta", arguments, where)
        frames.append(event(f"{name}.done", **where, name=call.name, arguments=arguments))
        item.shown |= {"status": "completed", "arguments": arguments}
        self._history.weigh(item)
        return [*frames, self._item_done(item)]

    def remote_call(self, item: Item, arguments: str) -> list[Frame]:
        """A call of a remote server's tool, which goes on by itself; its item is done when that is over."""
        frames = self._added(item)
        where = {"response_id": self.id, "item_id": item.id, "output_index": len(self._output)}
        frames += _in_pieces("response.mcp_call_arguments.delta", arguments, where)
        frames.append(event("response.mcp_call_arguments.done", **where, arguments=arguments))
        item.shown["arguments"] = arguments
        self._output.append(item.shown)
        return frames

    def approval_request(self, item: Item) -> list[Frame]:
        """The question whether a remote tool may be called."""
        return [*self._added(item), self._item_done(item)]

    def message(self) -> list[Frame]:
        """Begin an assistant's message; `write` gives it its text, `add` its sound, `more` sends both."""
        part: Frame = {"type": "audio", "transcript": ""} if self.audible else {"type": "text", "text": ""}
        self.item = Item(
            {
                "id": new_id("item" if self._native else "msg"), "object": "realtime.item", "type": "message",
                "status": "in_progress" if self._native else "incomplete", "role": "assistant", "content": [],
            },
            answered=True,
        )  # fmt: skip
        return [*self._added(self.item), event("response.content_part.added", **self._where, part=part)]

    def write(self, text: str) -> None:
        """What the message's text goes on with."""
        self._delivery.write(text)

    def add(self, spoken: str, sound: bytes, *, last: bool) -> None:
        """A part of the message and its sound, mono PCM16 at 24 kHz."""
        self._delivery.add(spoken, sound, last=last)

    def more(self) -> tuple[list[Frame], float]:
        """The next pieces of text and one of sound, and the sound's length in seconds."""
        piece = self._delivery.next()
        name = "response.audio_transcript.delta" if self.audible else "response.text.delta"
        frames = [event(name, **self._where, delta=text) for text in piece.texts]
        if self.item is not None:
            self.item.audio_ms = self._sent_ms = self._delivery.sent_ms
        if piece.sound:
            delta = base64.b64encode(piece.sound).decode()
            frames.append(event("response.audio.delta", **self._where, delta=delta))
        return [*frames, *self._timing(piece)], piece.seconds

    def finish(self, status: str = "completed", details: Frame | None = None) -> list[Frame]:
        """Close what is open and the response itself; details are its `status_details`."""
        frames = self.close_message(complete=status == "completed")
        self.status = status
        return [*frames, event("response.done", response=self._shown(details))]

    def close_message(self, *, complete: bool = True) -> list[Frame]:
        """The message ends, where there is one; whether with all that it was to say."""
        if self.item is None:
            return []
        item, said = self.item, self._delivery.said
        if self.audible:
            part: Frame = {"type": "audio", "transcript": said}
            frames = [event("response.audio.done", **self._where)]
            frames.append(event("response.audio_transcript.done", **self._where, transcript=said))
            frames += [event(f"{name}.done", **self._where) for name, _ in self._timed()]
        else:
            part = {"type": "text", "text": said}
            frames = [event("response.text.done", **self._where, text=said)]
        frames.append(event("response.content_part.done", **self._where, part=part))
        kept = item.shown["content"] if item.truncated else [part]
        item.shown |= {"status": "completed" if complete else "incomplete", "content": kept}
        self._history.weigh(item)
        frames.append(self._item_done(item))
        self.item = None
        return frames

    def _timed(self) -> Iterator[tuple[str, str]]:
        """The events about time that are asked for, and what of."""
        if "word" in (self._session["output_audio_timestamp_types"] or ()):
            yield "response.audio_timestamp", "word"
        if "viseme_id" in (self._session["animation"] or {}).get("outputs", ()):
            yield "response.animation_viseme", "viseme"

    def _timing(self, piece: Piece) -> Iterator[Frame]:
        for name, of in self._timed():
            for word in piece.words:
                if of == "word":
                    yield event(
                        f"{name}.delta", **self._where, audio_offset_ms=word.offset_ms,
                        audio_duration_ms=word.duration_ms, text=word.text, timestamp_type="word",
                    )  # fmt: skip
                    continue
                for viseme in visemes_of(word):
                    yield event(
                        f"{name}.delta", **self._where, audio_offset_ms=viseme.offset_ms, viseme_id=viseme.viseme_id
                    )

    @property
    def _where(self) -> Frame:
        item_id = self.item.id if self.item else ""
        return {"response_id": self.id, "item_id": item_id, "output_index": len(self._output), "content_index": 0}

    def _added(self, item: Item) -> list[Frame]:
        where = {"response_id": self.id, "output_index": len(self._output)}
        added = event("response.output_item.added", **where, item=dict(item.shown))
        if self._aside:
            return [added]
        before = self._history.add(item)
        return [added, event("conversation.item.created", previous_item_id=before, item=dict(item.shown))]

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
            "output": [dict(item) for item in self._output],
            "conversation_id": self._conversation_id,
            "modalities": self._modalities,
            "voice": self.voice,
            "output_audio_format": self._format,
            "temperature": self.options.get("temperature", self._session.get("temperature")),
            "max_output_tokens": self.limit,
            "metadata": self.options.get("metadata"),
            "usage": self._usage() if finished else None,
        }

    def _usage(self) -> Frame:
        return usage((item.text for item in self._history.items), self._output, self._sent_ms / 1000)


def _in_pieces(type_: str, arguments: str, where: Frame) -> list[Frame]:
    """Arguments as a model writes them, a few characters at a time."""
    return [
        event(type_, **where, delta=arguments[start : start + _ARGUMENTS_PIECE], obfuscation="x" * (start % 5 + 1))
        for start in range(0, len(arguments), _ARGUMENTS_PIECE)
    ]
