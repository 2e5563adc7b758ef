"""A Voice Live session without its I/O: a client's events in; frames, and work for others, out."""

import time
from typing import TYPE_CHECKING

from voiced.cascade.answers import Answer
from voiced.cascade.avatar import Avatar
from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import Conversation, UserTurn
from voiced.cascade.echo_model import EchoModel
from voiced.cascade.grammar import Grammar
from voiced.cascade.input_audio import InputAudio
from voiced.cascade.loudness import Loudness
from voiced.cascade.mcp.servers import without_secrets
from voiced.cascade.outputs import Close, Outbox, Output, Send
from voiced.cascade.protocol import SERVER_ERROR, Frame, ProtocolError, error_event, frame_of, new_id
from voiced.cascade.recogniser import Heard
from voiced.cascade.responses import Responses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from voiced.cascade.stages import Partial, VoiceActivity


class Session:
    """One client's session. It never raises for what a client sends: every fault is answered by an `error` frame.

    Every method returns what is to be done, in order.

    Args:
        model: of the connection; `gpt-realtime*` gets the native back-end's ways, others the cascaded one's.
        expires_at: Unix seconds shown to the client.
        echo_model: for tests, what the client's microphone hears of the replies.
        activity: makes what tells speech from other sound.
        by_meaning: whether turns may end by what was said.
        calls_first: whether a response ends after the MCP calls that it makes; before them, as the service's, if not.
        tokens_per_minute: how many may be used, as they are estimated here; None is any number.
        chats: whether there is a stage for what is not understood here.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        model: str,
        expires_at: int,
        echo_model: EchoModel | None = None,
        activity: "Callable[[], VoiceActivity]" = Loudness,
        *,
        by_meaning: bool = True,
        calls_first: bool = False,
        tokens_per_minute: int | None = None,
        chats: bool = False,
        clock: "Callable[[], float]" = time.monotonic,
    ) -> None:
        self._configuration = Configuration.new(model, expires_at)
        self._outbox = Outbox()
        self._echo_model = echo_model
        self._conversation = Conversation(self._configuration, self._outbox)
        conversation_id = new_id("conv") if self._configuration.native else ""
        self._responses = Responses(
            self._configuration,
            self._outbox,
            self._conversation,
            conversation_id,
            calls_first=calls_first,
            tokens_per_minute=tokens_per_minute,
            chats=chats,
            clock=clock,
        )
        self._input = InputAudio(
            self._configuration,
            self._outbox,
            started=self._responses.interrupt,
            committed=self._committed,
            echo_model=echo_model,
            activity=activity,
            speaking=lambda: self._responses.responding.speaking,
            by_meaning=by_meaning,
        )
        avatar = Avatar(self._configuration, self._outbox)
        self._unserved: Iterator[None] | None = None
        self._event_id: object = None
        self._events: dict[str, Callable[[Frame], Iterator[None] | None]] = {
            "session.update": self._update,
            "input_audio_buffer.append": self._input.append,
            "input_audio_buffer.commit": self._input.commit,
            "input_audio_buffer.clear": self._input.clear,
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": self._conversation.retrieve,
            "conversation.item.delete": self._conversation.delete,
            "conversation.item.truncate": self._conversation.truncate,
            "response.create": self._responses.create,
            "response.cancel": self._responses.cancel,
            "output_audio_buffer.clear": avatar.clear,
            "session.avatar.connect": avatar.connect,
        }

    @property
    def id(self) -> str:
        """The session's id, "sess_…"."""
        return self._configuration.session_id

    def open(self) -> list[Output]:
        """The connection stands."""
        self._outbox.announce("session.created", session=dict(self._configuration.shown))
        self._responses.prepare()
        return self._flushed()

    @property
    def unfinished(self) -> bool:
        """Whether the frame that came last is only begun; `go_on` does more of it."""
        return self._unserved is not None

    def go_on(self) -> list[Output]:
        """A piece of the work that a large frame is; others may do theirs in between."""
        if self._unserved is None:
            return []
        try:
            next(self._unserved)
        except StopIteration:
            self._unserved = self._event_id = None
        except ProtocolError as error:
            self._unserved = None
            return self._faulty(error, self._event_id)
        return self._flushed()

    def receive(self, text: str) -> list[Output]:
        """A text frame came from the client, all or the first piece of which is served; the one before is, wholly."""
        outputs: list[Output] = []
        while self.unfinished:
            outputs += self.go_on()
        return outputs + self._receive(text)

    def _receive(self, text: str) -> list[Output]:
        try:
            frame = frame_of(text)
        except ProtocolError as error:
            return self._faulty(error)
        kind = frame.get("type")
        serve = self._events.get(kind) if isinstance(kind, str) else None
        event_id = frame.get("event_id")
        if serve is None:
            return self._faulty(ProtocolError("invalid_value", f"Unknown event type {kind!r:.80}.", "type"), event_id)
        self._event_id = event_id
        try:
            self._unserved = serve(frame)
        except ProtocolError as error:
            return self._faulty(error, event_id)
        if self.unfinished:
            return self.go_on()
        self._event_id = None
        return self._flushed()

    def fail(self) -> list[Output]:
        """A step was not served because of a defect of this service; the session goes on as well as it can."""
        defect = ProtocolError("internal_error", "The service has a defect, and did not serve this.")
        self._outbox.send([error_event(defect, self._event_id, SERVER_ERROR)])
        return self._flushed()

    def refuse_binary(self) -> list[Output]:
        """A binary frame came from the client; only text is understood."""
        return self._faulty(ProtocolError("invalid_type", "Binary frames are not understood."))

    def expire(self, *, told: bool = True) -> list[Output]:
        """The session's time is over, of which the client may be told first."""
        if told:
            expired = ProtocolError("session_expired", "Your session hit the maximum duration.")
            self._outbox.send([error_event(expired)])
        self._outbox.ask(Close(1001, "session expired"))
        return self._flushed()

    def grammar_ready(self, grammar: Grammar) -> list[Output]:
        """A grammar was built; of several the last counts."""
        self._responses.grammar_ready(grammar)
        return self._flushed()

    def wants(self, ticket: int) -> bool:
        """Whether a recognition is still of use."""
        return self._conversation.wants(ticket) or self._input.wants(ticket)

    def recognised(self, ticket: int, heard: Heard) -> list[Output]:
        """A turn was recognised."""
        self._conversation.recognised(ticket, heard)
        self._input.recognised(ticket, heard)
        self._take_in_turns()
        return self._flushed()

    def followed(self, partial: "Partial | None") -> list[Output]:
        """The sound of a `Follow` was taken in."""
        self._input.followed(partial)
        return self._flushed()

    def synthesised(
        self, response_id: str, sound: bytes, spoken: str | None = None, *, last: bool = True
    ) -> list[Output]:
        """A reply was spoken, mono PCM16 at 24 kHz, or a part of it, and others will follow unless it is the last.

        Args:
            response_id: of the `Synthesise`.
            sound: what is spoken.
            spoken: the part of the text; None is all of it.
            last: whether the reply ends with it.
        """
        self._responses.responding.synthesised(response_id, sound, spoken, last=last)
        return self._flushed()

    def active(self, response_id: str) -> bool:
        """Whether that is the response under way: what is done for another is of no use."""
        return self._responses.responding.active(response_id)

    def asks(self, response_id: str) -> bool:
        """Whether what the stage behind the intents goes on with is still of use."""
        return self._responses.responding.asks(response_id)

    def replied(self, response_id: str, answer: Answer | None, *, last: bool = True) -> list[Output]:
        """The stage behind the intents has answered, or a part, to be told at once; None is nothing more."""
        self._responses.responding.replied(response_id, answer, last=last)
        return self._flushed()

    def speech_failed(self, response_id: str, message: str) -> list[Output]:
        """A reply could not be spoken."""
        self._responses.responding.speech_failed(response_id, message)
        return self._flushed()

    def waited(self, response_id: str) -> list[Output]:
        """The time of a `Wait` has passed."""
        self._responses.responding.waited(response_id)
        return self._flushed()

    def remote_tools_listed(self, item_id: str, tools: list[Frame], error: str | None = None) -> list[Output]:
        """An MCP server gave its tools as the protocol shows them, or an error."""
        self._responses.remote.listed(item_id, tools, error)
        return self._flushed()

    def remote_tool_called(self, item_id: str, output: str | None, error: str | None = None) -> list[Output]:
        """A call of an MCP server's tool has ended, with an output or an error."""
        self._responses.remote.called(item_id, output, error)
        return self._flushed()

    def script(self, answer: Answer) -> None:
        """For tests: what a response to come answers, whatever it is asked; several are used in order."""
        self._responses.answers.script.append(answer)

    def _update(self, frame: Frame) -> None:
        before, after = self._configuration.shown, self._configuration.updated(frame.get("session"))
        self._input.accept(after)
        self._configuration.shown = after
        self._outbox.announce("session.updated", session={**after, "tools": without_secrets(after["tools"])})
        self._warn(before, after)
        if after["tools"] != before["tools"]:
            self._responses.remote.update()
            self._responses.prepare()

    def _warn(self, before: Frame, after: Frame) -> None:
        """Say of what the client asks for, and is accepted, that it won't come."""
        for name, wanted, message in (
            ("avatar", after["avatar"], "The avatar is connected, but has no picture here."),
            ("animation", "blendshapes" in (after["animation"] or {}).get("outputs", ()), "No blendshapes are sent."),
        ):
            if wanted and after[name] != before[name]:
                warning = {"message": message, "code": "not_available_here", "param": f"session.{name}"}
                self._outbox.announce("warning", warning=warning)

    def _create_item(self, frame: Frame) -> None:
        item = frame.get("item")
        if not isinstance(item, dict) or item.get("type") != "mcp_approval_response":
            self._conversation.create(frame)
            return
        self._responses.remote.check_answer(item)
        self._conversation.create(frame)
        call = self._responses.remote.answered(item)
        if call is not None:
            self._responses.approved(call)

    def _committed(self, turn: UserTurn) -> None:
        self._conversation.commit(turn)
        self._take_in_turns()

    def _take_in_turns(self) -> None:
        self._conversation.take_in(self._responses.reply_to)
        self._responses.proceed()

    def _faulty(self, error: ProtocolError, event_id: object = None) -> list[Output]:
        self._outbox.send([error_event(error, event_id)])
        return self._flushed()

    def _flushed(self) -> list[Output]:
        outputs = self._outbox.flushed()
        if self._echo_model is not None:
            for output in outputs:
                if isinstance(output, Send):
                    self._echo_model.sent(output.frame)
        return outputs
