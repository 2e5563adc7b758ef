"""Which response is under way: awaited, begun, interrupted, ended; never two at a time."""

import json
import time
from collections import deque
from collections.abc import Callable, Sequence

from voiced.cascade.answers import Answer, Answers
from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import Conversation, UserTurn
from voiced.cascade.grammar import Grammar
from voiced.cascade.history import Item
from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.items import checked_item
from voiced.cascade.mcp.remote_tools import RemoteCall, RemoteTools
from voiced.cascade.outputs import Ask, Outbox, PrepareGrammar, Synthesise, Wait
from voiced.cascade.parameters.response import checked_response
from voiced.cascade.protocol import Frame, ProtocolError
from voiced.cascade.replies import Asked
from voiced.cascade.response import Response
from voiced.cascade.tokens import MOST_TOKENS, TokenQuota, cut_to

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
        self.answers = Answers(configuration, conversation.history, self.remote, chats=chats)
        self._configuration = configuration
        self._outbox = outbox
        self._conversation = conversation
        self._conversation_id = conversation_id
        self._calls_first = calls_first
        self._quota = None if tokens_per_minute is None else TokenQuota(tokens_per_minute, clock)
        self._clock = clock
        self._preparing = 0
        self._active: Response | None = None
        self._pending: Response | None = None
        self._explicit = False
        self._given: list[Item] | None = None
        self._queued = False
        self._approved: deque[RemoteCall] = deque()
        self._text = ""
        self._cut_short = False
        self._paced = False
        self._playing: tuple[Item, float] | None = None

    # -- what is answered ---------------------------------------------------------------------------------------------

    def create(self, frame: Frame) -> None:
        """Serve `response.create`."""
        options = checked_response(frame.get("response"), self._configuration.model)
        history = self._conversation.history
        appended = options.get("append_input_items") or []
        for item in appended:
            checked_item(item, history)
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
        if response.item is None:
            self._outbox.send(response.message(self._text))
        response.add(self._text if spoken is None else spoken, sound, last=last)
        if not self._paced:
            self._continue(response)

    def speech_failed(self, response_id: str, message: str) -> None:
        """A reply could not be spoken."""
        response = self._still(response_id)
        if response is not None:
            error = {"type": "server_error", "code": "speech_failed", "message": message}
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
            self._outbox.ask(Ask(response.id, answer))
        else:
            self._deliver(response, answer)

    def replied(self, response_id: str, answer: Answer) -> None:
        """The stage behind the intents has answered."""
        response = self._still(response_id)
        if response is not None:
            self._deliver(response, self.answers.checked(answer, response.options))

    # -- its course ---------------------------------------------------------------------------------------------------

    def _deliver(self, response: Response, answer: Answer) -> None:
        if isinstance(answer, Plain):
            self._say(response, answer.reply)
        else:
            self._call(response, answer)

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
        self._cut_short = self._paced = False
        self._outbox.send(response.created())
        if self._quota is not None and self._quota.exhausted:
            error = {
                "type": "rate_limit_exceeded", "code": "rate_limit_exceeded",
                "message": "The session has used its tokens for this minute.",
            }  # fmt: skip
            self._finish(response, "failed", {"type": "failed", "error": error})
            return False
        return True

    def _say(self, response: Response, text: str) -> None:
        # a client's text or tool output may be of any length, and every word of it becomes a frame
        self._text = cut_to(text, MOST_TOKENS if response.limit == "inf" else response.limit)
        self._cut_short = self._text != text
        if response.audible:
            self._outbox.ask(Synthesise(response.id, self._text, response.voice))
        else:
            self.synthesised(response.id, b"")

    def _call(self, response: Response, calls: Sequence[Call | RemoteCall]) -> None:
        """Call functions, which the client does, and remote tools, which may have to be approved first."""
        names = {tool.get("name") for tool in self._configuration.shown["tools"]}
        running: list[tuple[Item, RemoteCall, int]] = []
        for call in calls:
            remote = (
                call if isinstance(call, RemoteCall) else self.remote.find(call) if call.name not in names else None
            )
            if isinstance(call, Call) and remote is None:
                self._outbox.send(response.call(call))
            elif remote is None:
                continue
            elif remote.approval_request_id is None and remote.server.asks_for(remote.name):
                self._outbox.send(response.approval_request(self.remote.ask(remote)))
            else:
                item = self.remote.item_for(remote)
                running.append((item, remote, response.outputs))
                self._outbox.send(response.remote_call(item, json.dumps(remote.arguments)))
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
        frames, seconds = response.more()
        self._outbox.send(frames)
        if seconds and response.item is not None and (self._playing is None or self._playing[0] is not response.item):
            self._playing = response.item, self._clock()
        if response.over:
            self._finish(response)
        elif seconds:
            self._paced = True
            self._outbox.ask(Wait(response.id, seconds / _FASTER_THAN_REAL))

    def _truncate(self) -> None:
        """Where it is asked for, forget of the last reply what a client that plays in real time had not played."""
        detection = self._configuration.shown["turn_detection"]
        if self._playing is None or not detection or not detection["auto_truncate"]:
            return
        item, began = self._playing
        self._playing = None
        heard_ms = round((self._clock() - began) * 1000)
        if heard_ms < item.audio_ms and not item.truncated and self._conversation.history.has(item):
            self._conversation.cut(item, heard_ms, detection.get("appended_text_after_truncation") or "")

    def _finish(self, response: Response, status: str = "completed", details: Frame | None = None) -> None:
        self._end(response, status, details)
        self._go_on()

    def _end(self, response: Response, status: str = "completed", details: Frame | None = None) -> None:
        if status == "completed" and self._cut_short:
            status, details = "incomplete", {"type": "incomplete", "reason": "max_output_tokens"}
        self._active = None
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
