"""Which response is to begin: asked for, awaited, queued; never two at a time."""

import time
from collections import deque
from collections.abc import Callable

from voiced.cascade.answers import Answers
from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import Conversation, UserTurn
from voiced.cascade.grammar import Grammar
from voiced.cascade.history import Item
from voiced.cascade.items import checked_item
from voiced.cascade.mcp.remote_tools import RemoteCall, RemoteTools
from voiced.cascade.outputs import Outbox, PrepareGrammar
from voiced.cascade.parameters.response import checked_response
from voiced.cascade.protocol import Frame, ProtocolError
from voiced.cascade.responding import Responding
from voiced.cascade.response import Response


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
        self.responding = Responding(
            configuration,
            outbox,
            conversation,
            self.remote,
            self.answers.checked,
            self._go_on,
            calls_first=calls_first,
            tokens_per_minute=tokens_per_minute,
            clock=clock,
        )
        self._configuration = configuration
        self._outbox = outbox
        self._conversation = conversation
        self._conversation_id = conversation_id
        self._preparing = 0
        self._pending: Response | None = None
        self._explicit = False
        self._given: list[Item] | None = None
        self._queued = False
        self._approved: deque[RemoteCall] = deque()

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
        if options.get("cancel_previous") and self._awaited:
            self.cancel({})
        if self._awaited is not None or self._conversation.reply_awaited:
            active = self._awaited
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
        wanted, active = frame.get("response_id"), self._awaited
        if active is None or (wanted is not None and wanted != active.id):
            raise ProtocolError("response_cancel_not_active", "Cancellation failed: no active response found.")
        if active is self._pending:
            self._pending = None
        self.responding.cancel(active)

    def reply_to(self, turn: UserTurn) -> None:
        """Answer a turn, unless it is not to be; after the present response, where there is one."""
        if not turn.reply:
            return
        if self._awaited is not None:
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
        awaited = self._pending if self._explicit else None  # who asked for it is told how it ends
        self._pending = None
        self._queued = False
        self._conversation.forgo_replies()
        self.responding.interrupt(awaited)

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

    def proceed(self) -> None:
        """Begin the awaited response once all that it answers is known."""
        if self._pending is None or self._conversation.awaiting or self._preparing:
            return
        response, self._pending = self._pending, None
        if self.responding.begin(response):
            self.responding.answer(response, self.answers.next(response.options, self._given))

    @property
    def _awaited(self) -> Response | None:
        """The response under way, or else the one that will be."""
        return self.responding.response or self._pending

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

    def _go_on(self) -> None:
        """Begin what had to wait for the response before."""
        if self._awaited is not None:
            return
        if self._approved:
            response, call = self._new({}), self._approved.popleft()
            if self.responding.begin(response):
                self.responding.call(response, (call,))
        elif self._queued:
            self._queued = self._explicit = False
            self._start({})
