"""A Voice Live session without its I/O: a client's events in; frames, and work for others, out."""

import json
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voiced.cascade.grammar import Call, Grammar, Plain
from voiced.cascade.history import History, Item, checked_item
from voiced.cascade.intake import Intake
from voiced.cascade.outputs import Close, Output, PrepareGrammar, Recognise, Send, Synthesise, Wait
from voiced.cascade.protocol import Frame, ProtocolError, error_event, event, new_id
from voiced.cascade.recogniser import Heard
from voiced.cascade.replies import reply_to
from voiced.cascade.response import Response
from voiced.cascade.spoken import spoken_words
from voiced.cascade.turns import RATE, Edge, TurnDetector, TurnEdge, TurnRules
from voiced.cascade.validation import (
    checked_response,
    default_session,
    effective_turn_rules,
    is_native,
    pre_generated_text,
    updated_session,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

_SHORTEST_COMMIT_MS = 100
_FASTER_THAN_REAL = 5.0
_TAIL_PIECES = 2
"""Pieces of sound still sent after an interruption, as the service does: they were queued already."""


@dataclass(slots=True)
class _Turn:
    """A user's turn by voice."""

    item_id: str
    start: int
    ticket: int | None = None
    heard: Heard | None = None
    reply: bool = False


class Session:
    """One client's session. It never raises for what a client sends: every fault is answered by an `error` frame.

    Every method returns what is to be done, in order.

    Args:
        model: of the connection; `gpt-realtime*` gets the native back-end's ways, others the cascaded one's.
        expires_at: Unix seconds shown to the client.
    """

    def __init__(self, model: str, expires_at: int) -> None:
        self._model = model
        self._native = is_native(model)
        self.id = new_id("sess")
        self._conversation_id = new_id("conv") if self._native else ""
        self._session = default_session(self.id, model, expires_at)
        self._history = History()
        self._intake = Intake(self._session["input_audio_sampling_rate"])
        self._detector: TurnDetector | None = None
        self._apply_turn_detection()
        self._turn: _Turn | None = None
        self._committed: deque[_Turn] = deque()
        self._tickets = 0
        self._grammar: Grammar | None = None
        self._preparing = 0
        self._response: Response | None = None
        self._pending: Response | None = None
        self._reply_queued = False
        self._spoken = False
        self._texts: dict[str, str] = {}
        self._waiting_items: dict[str, Item] = {}
        self._out: list[Output] = []
        self._events: dict[str, Callable[[Frame], None]] = {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": self._retrieve_item,
            "conversation.item.delete": self._delete_item,
            "conversation.item.truncate": self._truncate_item,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
            "output_audio_buffer.clear": self._clear_output,
        }

    # -- what happens to a session ------------------------------------------------------------------------------------

    def open(self) -> list[Output]:
        """The connection stands."""
        self._send("session.created", session=dict(self._session))
        self._prepare()
        return self._flushed()

    def receive(self, text: str) -> list[Output]:
        """A text frame came from the client."""
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError) as error:
            return self._faulty(ProtocolError("invalid_json", f"The frame is not JSON: {error}."))
        if not isinstance(frame, dict):
            return self._faulty(ProtocolError("invalid_type", "The frame is not a JSON object."))
        kind = frame.get("type")
        serve = self._events.get(kind) if isinstance(kind, str) else None
        event_id = frame.get("event_id")
        if serve is None:
            return self._faulty(ProtocolError("invalid_value", f"Unknown event type {kind!r:.80}.", "type"), event_id)
        try:
            serve(frame)
        except ProtocolError as error:
            return self._faulty(error, event_id)
        return self._flushed()

    def refuse_binary(self) -> list[Output]:
        """A binary frame came from the client; only text is understood."""
        return self._faulty(ProtocolError("invalid_type", "Binary frames are not understood."))

    def expire(self) -> list[Output]:
        """The session's time is over."""
        expired = ProtocolError("session_expired", "Your session hit the maximum duration.")
        self._out += [Send(error_event(expired)), Close(1001, "session expired")]
        return self._flushed()

    def grammar_ready(self, grammar: Grammar) -> list[Output]:
        """A grammar was built; of several the last counts."""
        self._preparing -= 1
        self._grammar = grammar
        self._proceed()
        return self._flushed()

    def wants(self, ticket: int) -> bool:
        """Whether a recognition is still of use."""
        turns = [*self._committed, *([self._turn] if self._turn else [])]
        return any(turn.ticket == ticket for turn in turns)

    def recognised(self, ticket: int, heard: Heard) -> list[Output]:
        """A turn was recognised."""
        for turn in (*self._committed, *([self._turn] if self._turn else [])):
            if turn.ticket == ticket:
                turn.heard = heard
        self._finish_turns()
        return self._flushed()

    def synthesised(self, response_id: str, sound: bytes) -> list[Output]:
        """A reply was spoken, mono PCM16 at 24 kHz."""
        response = self._active(response_id)
        if response is not None:
            self._spoken = self._spoken or bool(sound)
            self._begin_message(response, self._texts.pop(response_id, ""), sound)
        return self._flushed()

    def speech_failed(self, response_id: str, message: str) -> list[Output]:
        """A reply could not be spoken."""
        response = self._active(response_id)
        if response is not None:
            error = {"type": "server_error", "code": "speech_failed", "message": message}
            self._finish(response, "failed", {"type": "failed", "error": error})
        return self._flushed()

    def waited(self, response_id: str) -> list[Output]:
        """The time of a `Wait` has passed."""
        response = self._active(response_id)
        if response is not None:
            self._continue(response)
        return self._flushed()

    # -- the client's events ------------------------------------------------------------------------------------------

    def _update(self, frame: Frame) -> None:
        before = self._session
        after = updated_session(before, frame.get("session"), self._model, spoken=self._spoken)
        sound_format = ("input_audio_sampling_rate", "input_audio_echo_cancellation")
        changed = [name for name in sound_format if _channels_or(after[name]) != _channels_or(before[name])]
        if changed and self._intake.end:
            raise ProtocolError(
                "invalid_value", "The format of the input can't be changed after audio was received.",
                f"session.{changed[0]}",
            )  # fmt: skip
        self._session = after
        if changed:
            echo = after["input_audio_echo_cancellation"]
            self._intake.reformat(after["input_audio_sampling_rate"], echo["channels"] if echo else 1)
        if after["turn_detection"] != before["turn_detection"]:
            self._apply_turn_detection()
            if self._detector is None:
                self._turn = None
        self._send("session.updated", session=dict(after))
        if after["tools"] != before["tools"]:
            self._prepare()

    def _append(self, frame: Frame) -> None:
        samples = self._intake.append(frame.get("audio"))
        if self._detector is None:
            return
        self._detector.masking = self._intake.masking
        for edge in self._detector.process(samples):
            self._edge(edge)
        if self._turn is None and self._detector is not None:
            rules = self._detector.rules
            kept_ms = rules.prefix_padding_ms + 2 * rules.speech_duration_ms + 1000
            self._intake.forget(self._intake.end - int(kept_ms * RATE / 1000))

    def _commit(self, _: Frame) -> None:
        listening = self._detector is None or self._turn is not None
        if not listening or self._intake.held * 1000 < _SHORTEST_COMMIT_MS * RATE:
            held = self._intake.held * 1000 / RATE if listening else 0.0
            raise ProtocolError(
                "input_audio_buffer_commit_empty",
                f"Expected at least {_SHORTEST_COMMIT_MS} ms of audio, but the buffer has {held:.2f} ms.",
            )
        turn = self._turn or _Turn(new_id("item"), self._intake.end - self._intake.held)
        self._ask(turn, self._intake.end)
        if self._detector is not None:
            self._detector.reset()
        self._close_turn(turn, reply=False)

    def _clear(self, _: Frame) -> None:
        self._intake.forget(self._intake.end)
        self._turn = None
        if self._detector is not None:
            self._detector.reset()
        self._send("input_audio_buffer.cleared")

    def _create_item(self, frame: Frame) -> None:
        after = frame.get("previous_item_id")
        if after is not None and not isinstance(after, str):
            raise ProtocolError("invalid_type", "Invalid type for 'previous_item_id'.", "previous_item_id")
        item = Item(checked_item(frame.get("item"), self._history))
        item.answered = item.shown["type"] == "function_call" or item.shown.get("role") in ("system", "assistant")
        before = self._history.add(item, after or None)
        self._item_created(item, before)

    def _retrieve_item(self, frame: Frame) -> None:
        self._send("conversation.item.retrieved", item=dict(self._history.get(frame.get("item_id")).shown))

    def _delete_item(self, frame: Frame) -> None:
        self._send("conversation.item.deleted", item_id=self._history.remove(frame.get("item_id")).id)

    def _truncate_item(self, frame: Frame) -> None:
        item = self._history.get(frame.get("item_id"))
        end, part = frame.get("audio_end_ms"), frame.get("content_index", 0)
        if item.shown.get("role") != "assistant" or not item.audio_ms:
            raise ProtocolError("invalid_value", "Only an assistant's audio can be truncated.", "item_id")
        if part != 0 or isinstance(part, bool):
            raise ProtocolError("invalid_value", "The item's audio is at content_index 0.", "content_index")
        if isinstance(end, bool) or not isinstance(end, int) or end < 0:
            raise ProtocolError("invalid_value", "Expected 'audio_end_ms' to be a whole number >= 0.", "audio_end_ms")
        if end > item.audio_ms:
            raise ProtocolError(
                "invalid_value", f"Audio content of {item.audio_ms}ms is already shorter than {end}ms.", "audio_end_ms"
            )
        item.audio_ms = end
        item.shown["content"] = [{"type": "audio", "transcript": ""}]
        self._send("conversation.item.truncated", item_id=item.id, content_index=0, audio_end_ms=end)

    def _create_response(self, frame: Frame) -> None:
        options = checked_response(frame.get("response"), self._model)
        if self._response is not None or self._pending is not None or any(turn.reply for turn in self._committed):
            active = self._response or self._pending
            raise ProtocolError(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {active.id if active else 'awaited'}. "
                "Wait until the response is finished before creating a new one.",
            )
        self._start_response(options)

    def _cancel_response(self, frame: Frame) -> None:
        wanted, active = frame.get("response_id"), self._response or self._pending
        if active is None or (wanted is not None and wanted != active.id):
            raise ProtocolError("response_cancel_not_active", "Cancellation failed: no active response found.")
        if active is self._pending:  # it was not announced yet
            self._response, self._pending = active, None
            self._out += map(Send, active.created())
        self._finish(active, "cancelled", {"type": "cancelled", "reason": "client_cancelled"})

    def _clear_output(self, _: Frame) -> None:
        raise ProtocolError("invalid_value", "output_audio_buffer.clear is for avatars only.", "type")

    # -- turns --------------------------------------------------------------------------------------------------------

    def _apply_turn_detection(self) -> None:
        turn = self._session["turn_detection"]
        if turn is None:
            self._detector = None
            return
        rules = TurnRules(**effective_turn_rules(turn))
        if self._detector is None:
            self._detector = TurnDetector(rules, at=self._intake.end)
        else:
            self._detector.rules = rules

    def _edge(self, edge: TurnEdge) -> None:
        if edge.edge is Edge.STARTED:
            self._turn = _Turn(new_id("item"), edge.at)
            self._send(
                "input_audio_buffer.speech_started", audio_start_ms=edge.at * 1000 // RATE, item_id=self._turn.item_id
            )
            if self._session["turn_detection"]["interrupt_response"]:
                self._interrupt()
            return
        turn = self._turn
        if turn is None:
            return
        if edge.edge is Edge.RESUMED:
            turn.ticket = turn.heard = None
        elif edge.edge is Edge.PAUSED:
            self._ask(turn, edge.at)
        else:
            if turn.ticket is None:
                self._ask(turn, edge.at)
            self._send("input_audio_buffer.speech_stopped", audio_end_ms=edge.at * 1000 // RATE, item_id=turn.item_id)
            self._close_turn(turn, reply=self._session["turn_detection"]["create_response"], end=edge.at)

    def _ask(self, turn: _Turn, end: int) -> None:
        self._tickets += 1
        turn.ticket, turn.heard = self._tickets, None
        self._out.append(Recognise(turn.ticket, self._intake.between(turn.start, end)))

    def _close_turn(self, turn: _Turn, *, reply: bool, end: int | None = None) -> None:
        """The turn is over: commit it, and go on when it is recognised."""
        turn.reply = reply
        self._turn = None
        self._intake.forget(self._intake.end if end is None else end)
        part: Frame = {"type": "input_audio", "transcript": None}
        item = Item(
            {
                "id": turn.item_id, "object": "realtime.item", "type": "message", "status": "completed",
                "role": "user", "content": [part],
            }
        )  # fmt: skip
        if not self._native:
            self._send(
                "input_audio_buffer.committed", previous_item_id=self._history.last_id or "", item_id=turn.item_id
            )
        else:
            before = self._history.add(item)
            self._send("input_audio_buffer.committed", previous_item_id=before, item_id=turn.item_id)
            self._item_created(item, before)
        self._committed.append(turn)
        self._waiting_items[turn.item_id] = item
        self._finish_turns()

    def _finish_turns(self) -> None:
        """Put the turns that are recognised into the conversation, in order."""
        while self._committed and self._committed[0].heard is not None:
            turn = self._committed.popleft()
            item = self._waiting_items.pop(turn.item_id)
            item.heard = turn.heard
            transcript = turn.heard.transcript if turn.heard else ""
            if self._session["input_audio_transcription"] is not None or not self._native:
                item.shown["content"] = [{"type": "input_audio", "transcript": transcript}]
            if self._native:
                self._reply_to_turn(turn)
                self._transcribed(turn, transcript)
            else:
                self._transcribed(turn, transcript)
                self._item_created(item, self._history.add(item))
                self._reply_to_turn(turn)
        self._proceed()

    def _transcribed(self, turn: _Turn, transcript: str) -> None:
        if self._session["input_audio_transcription"] is None:
            return
        name = "conversation.item.input_audio_transcription"
        if self._native and transcript:
            self._send(f"{name}.delta", item_id=turn.item_id, content_index=0, delta=transcript)
        self._send(f"{name}.completed", item_id=turn.item_id, content_index=0, transcript=transcript)

    def _reply_to_turn(self, turn: _Turn) -> None:
        if not turn.reply:
            return
        if self._response is not None or self._pending is not None:
            self._reply_queued = True
        else:
            self._start_response({})

    def _item_created(self, item: Item, before: str | None) -> None:
        previous = before if self._native else before or ""
        self._send("conversation.item.created", previous_item_id=previous, item=dict(item.shown))
        if self._native and item.shown.get("role") == "user":
            self._send("conversation.item.done", previous_item_id=previous, item=dict(item.shown))

    # -- responses ----------------------------------------------------------------------------------------------------

    def _start_response(self, options: Frame) -> None:
        self._pending = Response(
            options, self._session, self._history, native=self._native, conversation_id=self._conversation_id
        )
        self._proceed()

    def _proceed(self) -> None:
        """Begin the awaited response once all that it answers is known."""
        if self._pending is None or self._committed or self._preparing:
            return
        response, self._pending = self._pending, None
        self._response = response
        self._out += map(Send, response.created())
        answer = self._answer(response.options)
        if isinstance(answer, Call):
            self._out += map(Send, response.call(answer))
            self._finish(response)
        elif response.audible:
            self._texts[response.id] = answer.reply
            self._out.append(Synthesise(response.id, answer.reply))
        else:
            self._begin_message(response, answer.reply, b"")

    def _answer(self, options: Frame) -> Call | Plain:
        items = [item for item in self._history.items if not item.answered]
        prepared = options.get("pre_generated_assistant_message")
        if prepared is not None:
            return Plain(pre_generated_text(prepared))
        for item in items:
            item.answered = True
        outputs = [item.shown["output"] for item in items if item.shown["type"] == "function_call_output"]
        said = [item for item in items if item.shown["type"] == "message"]
        meaning: Call | Plain | None = None
        if said:
            last = said[-1]
            if last.heard is not None:
                meaning = last.heard.meaning
            elif self._grammar is not None:
                meaning = self._grammar.understand(spoken_words(last.text))
        if isinstance(meaning, Call) and not self._may_call(meaning.name, options):
            meaning = None
        return reply_to(outputs, meaning, asked=bool(said))

    def _may_call(self, name: str, options: Frame) -> bool:
        choice = options.get("tool_choice") or self._session["tool_choice"]
        tools = options["tools"] if options.get("tools") is not None else self._session["tools"]
        return choice != "none" and any(tool.get("name") == name for tool in tools)

    def _begin_message(self, response: Response, text: str, sound: bytes) -> None:
        self._out += map(Send, response.message(text, sound))
        self._continue(response)

    def _continue(self, response: Response) -> None:
        frames, seconds = response.more()
        self._out += map(Send, frames)
        if response.unsent:
            self._out.append(Wait(response.id, seconds / _FASTER_THAN_REAL))
        else:
            self._finish(response)

    def _interrupt(self) -> None:
        """The user speaks: what is being answered ends here."""
        self._pending = None
        self._reply_queued = False
        for turn in self._committed:
            turn.reply = False
        response = self._response
        if response is None:
            return
        for _ in range(_TAIL_PIECES):
            if response.unsent:
                self._out += map(Send, response.more()[0])
        self._finish(response, "cancelled", {"type": "cancelled", "reason": "turn_detected"})

    def _finish(self, response: Response, status: str = "completed", details: Frame | None = None) -> None:
        self._response = None
        self._texts.pop(response.id, None)
        self._out += map(Send, response.finish(status, details))
        if self._reply_queued:
            self._reply_queued = False
            self._start_response({})

    def _active(self, response_id: str) -> Response | None:
        return self._response if self._response is not None and self._response.id == response_id else None

    # -- the rest -----------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._preparing += 1
        self._out.append(PrepareGrammar([tool for tool in self._session["tools"] if tool["type"] == "function"]))

    def _send(self, type_: str, **fields: Any) -> None:  # noqa: ANN401 (JSON values)
        self._out.append(Send(event(type_, **fields)))

    def _faulty(self, error: ProtocolError, event_id: object = None) -> list[Output]:
        self._out.append(Send(error_event(error, event_id)))
        return self._flushed()

    def _flushed(self) -> list[Output]:
        out, self._out = self._out, []
        return out


def _channels_or(value: object) -> object:
    """Of an echo setting the channels, None meaning one; of other values themselves."""
    if value is None:
        return 1
    return value["channels"] if isinstance(value, dict) else value
