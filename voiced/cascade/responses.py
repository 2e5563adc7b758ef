"""Which response is under way: awaited, begun, interrupted, ended; never two at a time."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from voiced.cascade.answers import Answer, Answers
from voiced.cascade.calling import Calling
from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import Conversation, UserTurn
from voiced.cascade.grammar import Grammar
from voiced.cascade.history import Item
from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.items import checked_item
from voiced.cascade.mcp.remote_tools import RemoteCall, RemoteTools
from voiced.cascade.outputs import Ask, Forgo, Outbox, PrepareGrammar, Wait
from voiced.cascade.parameters.response import checked_response
from voiced.cascade.playout import Playout
from voiced.cascade.protocol import SERVER_ERROR, Frame, ProtocolError
from voiced.cascade.replies import Asked
from voiced.cascade.response import Response
from voiced.cascade.telling import Telling
from voiced.cascade.tokens import TokenQuota

_FASTER_THAN_REAL = 5.0
_TAIL_PIECES = 2
"""Pieces of sound still sent after an interruption, as the service does: they were queued already."""


class Responses:
    """Answers what a conversation leaves unanswered, when asked to.

    A response is announced once all that it answers is known: turns recognised, the tools' grammar built.

    Args:
        configuration: what holds in the session.
        outbox: where its frames and its work go.
        conversation: what is answered.
        conversation_id: shown in every response.
        calls_first: whether a response waits for its remote calls; otherwise it ends before they do, as the service's.
        tokens_per_minute: how many the session may use; None is all it likes.
        chats: whether there is a stage for what is not understood here.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        configuration: Configuration,
        outbox: Outbox,
        conversation: Conversation,
        conversation_id: str,
        *,
        calls_first: bool = False,
        tokens_per_minute: int | None = None,
        chats: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.remote = RemoteTools(configuration, outbox, conversation.history, self.prepare)
        self._calling = Calling(configuration, outbox, self.remote)
        self.answers = Answers(configuration, conversation.history, self.remote, chats=chats)
        self._configuration = configuration
        self._outbox = outbox
        self._conversation = conversation
        self._conversation_id = conversation_id
        self._calls_first = calls_first
        self._quota = None if tokens_per_minute is None else TokenQuota(tokens_per_minute, clock)
        self._preparing = 0
        self._active: Response | None = None
        self._pending: Response | None = None
        self._explicit = False
        self._given: list[Item] | None = None
        self._queued = False
        self._approved: deque[RemoteCall] = deque()
        self._telling: Telling | None = None
        self._calls: tuple[Call, ...] = ()  # of the stage behind, made once its words were told
        self._asking = self._paced = False
        self._playout = Playout(clock)

    # -- what is answered ---------------------------------------------------------------------------------------------

    def create(self, frame: Frame) -> None:
        """Serve `response.create`."""
        options = checked_response(frame.get("response"), self._configuration.model)
        history = self._conversation.history
        appended = options.get("append_input_items") or []
        ids = [checked_item(item, history)["id"] for item in appended]
        for place, item_id in enumerate(ids):
            if item_id in ids[:place] or self._conversation.taken(item_id):
                param = "response.append_input_items"
                raise ProtocolError("item_id_already_exists", f"An item with id '{item_id}' exists already.", param)
        given = options.get("input_items")
        items = None if given is None else [Item(checked_item(item, history)) for item in given]
        if options.get("cancel_previous") and (self._active or self._pending):
            self.cancel({})
        if self._active is not None or self._pending is not None or self._conversation.reply_awaited:
            active = self._active or self._pending
            raise ProtocolError(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {active.id if active else 'awaited'}. "
                "Wait until the response is finished before creating a new one.",
            )
        for item in appended:
            self._conversation.create({"item": item})
        self._explicit = True
        self._start(options, items)

    def cancel(self, frame: Frame) -> None:
        """Serve `response.cancel`."""
        wanted, active = frame.get("response_id"), self._active or self._pending
        if active is None or (wanted is not None and wanted != active.id):
            raise ProtocolError("response_cancel_not_active", "Cancellation failed: no active response found.")
        if active is self._pending:  # it was not announced yet
            self._active, self._pending = active, None
            self._outbox.send(active.created())
        self._finish(active, "cancelled", {"type": "cancelled", "reason": "client_cancelled"})

    def reply_to(self, turn: UserTurn) -> None:
        """Answer a turn, unless it is not to be; after the present response, where there is one."""
        if not turn.reply:
            return
        if self._active is not None or self._pending is not None:
            self._queued = True
        else:
            self._explicit = False
            self._start({})

    def approved(self, call: RemoteCall) -> None:
        """The client allowed a call: it is made in a response of its own, after the present one."""
        self._approved.append(call)
        self._go_on()

    def interrupt(self) -> None:
        """The user speaks: what is being answered ends here."""
        if self._pending is not None and self._explicit:  # who asked for it is told how it ends
            self._active = self._pending
            self._outbox.send(self._active.created())
        self._pending = None
        self._queued = False
        self._conversation.forgo_replies()
        response = self._active
        for _ in range(_TAIL_PIECES):
            if response is not None and response.waiting:
                self._outbox.send(response.more()[0])
        self._truncate()
        if response is None:
            self._go_on()
        else:
            self._finish(response, "cancelled", {"type": "cancelled", "reason": "turn_detected"})

    # -- what it waits for --------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """The session has other tools."""
        self._preparing += 1
        functions, phrases = self.remote.functions()
        tools = [tool for tool in self._configuration.shown["tools"] if tool["type"] == "function"]
        self._outbox.ask(PrepareGrammar([*tools, *functions], phrases))

    def grammar_ready(self, grammar: Grammar) -> None:
        """A grammar was built; of several the last counts."""
        self._preparing -= 1
        self.answers.grammar = grammar
        self.proceed()

    def synthesised(self, response_id: str, sound: bytes, spoken: str | None = None, *, last: bool = True) -> None:
        """A reply was spoken, mono PCM16 at 24 kHz, or a part of it; None is all of it."""
        response = self._still(response_id)
        if response is None:
            return
        self._configuration.spoken = self._configuration.spoken or bool(sound)
        if self._telling is not None:
            self._telling.spoken(sound, spoken, last=last)
            self._continue(response)

    def speech_failed(self, response_id: str, message: str) -> None:
        """A reply could not be spoken."""
        response = self._still(response_id)
        if response is not None:
            error = {"type": SERVER_ERROR, "code": "speech_failed", "message": message}
            self._finish(response, "failed", {"type": "failed", "error": error})

    def waited(self, response_id: str) -> None:
        """The next piece of sound is due."""
        response = self._still(response_id)
        if response is not None:
            self._paced = False
            self._continue(response)

    def proceed(self) -> None:
        """Begin the awaited response once all that it answers is known."""
        if self._pending is None or self._conversation.awaiting or self._preparing:
            return
        response, self._pending = self._pending, None
        if not self._begin(response):
            return
        answer = self.answers.next(response.options, self._given)
        if isinstance(answer, Asked):
            self._asking = True
            self._outbox.ask(Ask(response.id, answer))
        elif isinstance(answer, Plain):
            self._say(response, answer.reply)
        else:
            self._call(response, answer)

    @property
    def speaking(self) -> bool:
        """Whether a response is under way, or still to be heard."""
        return self._active is not None or self._playout.playing

    def active(self, response_id: str) -> bool:
        """Whether that is the response under way."""
        return self._still(response_id) is not None

    def asks(self, response_id: str) -> bool:
        """Whether what the stage behind goes on with is still of use."""
        return self._asking and self.active(response_id)

    def replied(self, response_id: str, answer: Answer | None, *, last: bool = True) -> None:
        """The stage behind the intents has answered, or a part; None is nothing more. Calls end its answer."""
        response = self._still(response_id)
        if response is None or not self._asking:
            return
        self._asking = not last
        checked = Plain("") if answer is None else self.answers.checked(answer, response.options)
        if isinstance(checked, Plain):
            self._say(response, checked.reply, last=last)
            return
        self._asking = False
        if self._telling is None:
            self._call(response, checked)
        else:
            self._calls = checked
            self._say(response, "")

    # -- its course ---------------------------------------------------------------------------------------------------

    def _start(self, options: Frame, given: list[Item] | None = None) -> None:
        self._pending, self._given = self._new(options), given
        self.proceed()

    def _new(self, options: Frame) -> Response:
        return Response(
            options,
            self._configuration.shown,
            self._conversation.history,
            native=self._configuration.native,
            conversation_id=self._conversation_id,
        )

    def _begin(self, response: Response) -> bool:
        """Announce a response; False where it fails at once, because the minute's tokens are used up."""
        self._active = response
        self._telling, self._calls = None, ()
        self._asking = self._paced = False
        self._outbox.send(response.created())
        if self._quota is not None and self._quota.exhausted:
            error = {
                "type": "rate_limit_exceeded", "code": "rate_limit_exceeded",
                "message": "The session has used its tokens for this minute.",
            }  # fmt: skip
            self._finish(response, "failed", {"type": "failed", "error": error})
            return False
        return True

    def _say(self, response: Response, text: str, *, last: bool = True) -> None:
        self._telling = self._telling or Telling(response, self._outbox)
        self._telling.say(text, last=last)
        if self._asking and self._telling.complete:
            self._forgo(response)
        self._continue(response)

    def _forgo(self, response: Response) -> None:
        self._asking = False
        self._outbox.ask(Forgo(response.id))

    def _call(self, response: Response, calls: Sequence[Call | RemoteCall]) -> None:
        """Make calls; the response ends with them, or goes on until those that are made from here are over."""
        running = self._calling.announce(response, calls)
        left = len(running)

        def ended() -> None:
            nonlocal left
            left -= 1
            if self._calls_first and not left and response is self._active:
                self._finish(response)

        if not (self._calls_first and running):
            self._end(response)
        for item, remote, index in running:
            self.remote.run(item, remote, response.id, index, ended)
        self._go_on()

    def _continue(self, response: Response) -> None:
        """Send what is due, unless something just was."""
        if self._paced or response.item is None:
            return
        frames, seconds = response.more()
        self._outbox.send(frames)
        if seconds:
            self._playout.sent(response.item)
        if response.over and self._calls:
            self._outbox.send(response.close_message())
            self._call(response, self._calls)
        elif response.over:
            self._finish(response)
        elif seconds:
            self._paced = True
            self._outbox.ask(Wait(response.id, seconds / _FASTER_THAN_REAL))

    def _truncate(self) -> None:
        """Where it is asked for, forget of the last reply what a client that plays in real time had not played."""
        detection = self._configuration.shown["turn_detection"]
        playing = self._playout.stop()
        if playing is None or not detection or not detection["auto_truncate"]:
            return
        item, heard_ms = playing
        if not item.truncated and self._conversation.history.has(item):
            self._conversation.cut(item, heard_ms, detection.get("appended_text_after_truncation") or "")

    def _finish(self, response: Response, status: str = "completed", details: Frame | None = None) -> None:
        self._end(response, status, details)
        self._go_on()

    def _end(self, response: Response, status: str = "completed", details: Frame | None = None) -> None:
        if status == "completed" and self._telling is not None and self._telling.cut_short:
            status, details = "incomplete", {"type": "incomplete", "reason": "max_output_tokens"}
        if self._asking:
            self._forgo(response)
        self._active = self._telling = None
        self._outbox.send(response.finish(status, details))
        if self._quota is not None:
            self._quota.spend(response.tokens)
            self._outbox.announce("rate_limits.updated", rate_limits=self._quota.shown())

    def _go_on(self) -> None:
        """Begin what had to wait for the response before."""
        if self._active is not None or self._pending is not None:
            return
        if self._approved:
            response, call = self._new({}), self._approved.popleft()
            if self._begin(response):
                self._call(response, (call,))
        elif self._queued:
            self._queued = self._explicit = False
            self._start({})

    def _still(self, response_id: str) -> Response | None:
        return self._active if self._active is not None and self._active.id == response_id else None
