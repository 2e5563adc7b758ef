"""Which response is under way: awaited, begun, interrupted, ended; never two at a time."""

from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import Conversation, UserTurn
from voiced.cascade.grammar import Call, Grammar, Plain
from voiced.cascade.outputs import Outbox, PrepareGrammar, Synthesise, Wait
from voiced.cascade.parameters.response import checked_response, pre_generated_text
from voiced.cascade.protocol import Frame, ProtocolError
from voiced.cascade.replies import reply_to
from voiced.cascade.response import Response
from voiced.cascade.spoken import spoken_words

_FASTER_THAN_REAL = 5.0
_TAIL_PIECES = 2
"""Pieces of sound still sent after an interruption, as the service does: they were queued already."""


class Responses:
    """Answers what a conversation leaves unanswered, when asked to.

    A response is announced once all that it answers is known: turns recognised, the tools' grammar built.
    """

    def __init__(
        self, configuration: Configuration, outbox: Outbox, conversation: Conversation, conversation_id: str
    ) -> None:
        self._configuration = configuration
        self._outbox = outbox
        self._conversation = conversation
        self._conversation_id = conversation_id
        self._grammar: Grammar | None = None
        self._preparing = 0
        self._active: Response | None = None
        self._pending: Response | None = None
        self._queued = False
        self._texts: dict[str, str] = {}

    # -- what is answered ---------------------------------------------------------------------------------------------

    def create(self, frame: Frame) -> None:
        """Serve `response.create`."""
        options = checked_response(frame.get("response"), self._configuration.model)
        if self._active is not None or self._pending is not None or self._conversation.reply_awaited:
            active = self._active or self._pending
            raise ProtocolError(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {active.id if active else 'awaited'}. "
                "Wait until the response is finished before creating a new one.",
            )
        self._start(options)

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
            self._start({})

    def interrupt(self) -> None:
        """The user speaks: what is being answered ends here."""
        self._pending = None
        self._queued = False
        self._conversation.forgo_replies()
        response = self._active
        if response is None:
            return
        for _ in range(_TAIL_PIECES):
            if response.unsent:
                self._outbox.send(response.more()[0])
        self._finish(response, "cancelled", {"type": "cancelled", "reason": "turn_detected"})

    # -- what it waits for --------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """The session has other tools."""
        self._preparing += 1
        tools = self._configuration.shown["tools"]
        self._outbox.ask(PrepareGrammar([tool for tool in tools if tool["type"] == "function"]))

    def grammar_ready(self, grammar: Grammar) -> None:
        """A grammar was built; of several the last counts."""
        self._preparing -= 1
        self._grammar = grammar
        self.proceed()

    def synthesised(self, response_id: str, sound: bytes) -> None:
        """A reply was spoken, mono PCM16 at 24 kHz."""
        response = self._still(response_id)
        if response is not None:
            self._configuration.spoken = self._configuration.spoken or bool(sound)
            self._begin_message(response, self._texts.pop(response_id, ""), sound)

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
            self._continue(response)

    def proceed(self) -> None:
        """Begin the awaited response once all that it answers is known."""
        if self._pending is None or self._conversation.awaiting or self._preparing:
            return
        response, self._pending = self._pending, None
        self._active = response
        self._outbox.send(response.created())
        answer = self._answer(response.options)
        if isinstance(answer, Call):
            self._outbox.send(response.call(answer))
            self._finish(response)
        elif response.audible:
            self._texts[response.id] = answer.reply
            self._outbox.ask(Synthesise(response.id, answer.reply))
        else:
            self._begin_message(response, answer.reply, b"")

    # -- its course ---------------------------------------------------------------------------------------------------

    def _start(self, options: Frame) -> None:
        self._pending = Response(
            options,
            self._configuration.shown,
            self._conversation.history,
            native=self._configuration.native,
            conversation_id=self._conversation_id,
        )
        self.proceed()

    def _answer(self, options: Frame) -> Call | Plain:
        items = [item for item in self._conversation.history.items if not item.answered]
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
        shown = self._configuration.shown
        choice = options.get("tool_choice") or shown["tool_choice"]
        tools = options["tools"] if options.get("tools") is not None else shown["tools"]
        return choice != "none" and any(tool.get("name") == name for tool in tools)

    def _begin_message(self, response: Response, text: str, sound: bytes) -> None:
        self._outbox.send(response.message(text, sound))
        self._continue(response)

    def _continue(self, response: Response) -> None:
        frames, seconds = response.more()
        self._outbox.send(frames)
        if response.unsent:
            self._outbox.ask(Wait(response.id, seconds / _FASTER_THAN_REAL))
        else:
            self._finish(response)

    def _finish(self, response: Response, status: str = "completed", details: Frame | None = None) -> None:
        self._active = None
        self._texts.pop(response.id, None)
        self._outbox.send(response.finish(status, details))
        if self._queued:
            self._queued = False
            self._start({})

    def _still(self, response_id: str) -> Response | None:
        return self._active if self._active is not None and self._active.id == response_id else None
