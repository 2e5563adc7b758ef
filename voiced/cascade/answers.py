"""What a response says or calls: it answers all that the conversation leaves unanswered."""

import json
import logging
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from voiced.cascade.chat_messages import messages
from voiced.cascade.configuration import Configuration
from voiced.cascade.fillers import without_hesitations
from voiced.cascade.history import History, Item
from voiced.cascade.intents.meanings import Call, Change, Meaning, Plain, Several
from voiced.cascade.intents.sentences import UNDERSTOOD
from voiced.cascade.mcp.remote_tools import RemoteTools
from voiced.cascade.parameters.response import pre_generated_text
from voiced.cascade.protocol import Frame
from voiced.cascade.replies import NOT_UNDERSTOOD, Asked, reply_to
from voiced.cascade.spoken import spoken_words

if TYPE_CHECKING:
    from voiced.cascade.grammar import Grammar

_log = logging.getLogger(__name__)

Answer = tuple[Call, ...] | Plain
"""Calls, all of one response, or a sentence."""
STILL_WORKING = "I am still working on that."
NOT_ALL = "The rest is not possible here."
_MOST_UNTOLD = 8
"""Tools' newest outputs that wait for others to be called before they are told."""
_TAKES_BACK = frozenset(
    {
        "never mind", "forget it", "cancel", "cancel it", "cancel that", "stop", "stop it", "stop that", "wait",
        "hold on", "don't", "don't do it", "don't do that", "do not do it", "do not do that",
    }
)  # fmt: skip
"""What makes nothing of the commands before it that were not carried out yet."""
_BESIDE = frozenset({"no", "please", "thanks", "thank", "you", "oh", "actually"})
"""Words that may stand beside that and change nothing. Of these alone, a "no" takes back as well."""
_ITEMS_TOLD = 40
"""The newest items of a conversation, as far as the stage behind is told of it."""
_DENIED = json.dumps({"ok": False, "error": "you did not allow that."})


class Answers:
    """Decides by the session's grammar, and by its script where it has one.

    Args:
        configuration: what holds in the session.
        history: its conversation.
        remote: its MCP servers.
        chats: whether there is a stage behind this one, for what is not understood here.
    """

    def __init__(
        self, configuration: Configuration, history: History, remote: RemoteTools, *, chats: bool = False
    ) -> None:
        self.grammar: Grammar | None = None
        self.script: deque[Answer] = deque()
        self._configuration = configuration
        self._history = history
        self._remote = remote
        self._postponed: deque[Call] = deque()
        self._last: Call | None = None
        self._chats = chats
        self._chatting = False
        self._left_out = False
        self._untold: list[str] = []

    def next(self, options: Frame, given: Sequence[Item] | None) -> Answer | Asked:
        """The answer to what is unanswered, which it no longer is.

        Args:
            options: the `response` of a `response.create`.
            given: items to be answered in the conversation's place.
        """
        prepared = options.get("pre_generated_assistant_message")
        if prepared is not None:
            return Plain(pre_generated_text(prepared))
        items = [item for item in self._history.items if not item.answered] if given is None else given
        for item in items:
            item.answered = True
        if self.script:
            return self.script.popleft()
        outputs = [output for output in map(_output, items) if output is not None]
        if given is None:
            outputs, self._untold = [*self._untold, *outputs], []
        said = [item for item in items if item.shown["type"] == "message"]
        if said:
            self._chatting = self._left_out = False
        elif self._postponed and given is None:
            self._untold = outputs[-_MOST_UNTOLD:]
            return (self._postponed.popleft(),)
        elif not outputs and self._remote.busy:
            return Plain(STILL_WORKING)
        elif not outputs and self._chatting and given is None:  # its answer broke off, and is asked for anew
            return self._asked(options)
        postponed: tuple[Call, ...] = ()
        if given is None:
            postponed = tuple(self._postponed)
            self._postponed.clear()
        return self._answer(outputs, said, options, postponed)

    def _answer(
        self, outputs: Sequence[str], unanswered: Sequence[Item], options: Frame, postponed: tuple[Call, ...]
    ) -> Answer | Asked:
        """To what tools gave back, and to what the user said: to all commands, and of the rest to the last.

        Commands of before that wait for others to be done come first, unless they are taken back.
        """
        said = unanswered[-1] if unanswered else None
        meaning: Meaning | None = None
        batches: list[tuple[Call, ...]] = [(call,) for call in postponed]  # of calls that are made at the same time
        for item in unanswered:
            # of writing only the last: what was said before another session is told in it, and was done in its time
            if item is not said and item.heard is None:
                continue
            meaning = self._meaning(item)
            if isinstance(meaning, Change):
                meaning = meaning.of(batches[-1][-1] if batches else self._last)
            if batches and _takes_back(item, meaning):
                names = ", ".join(call.name for batch in batches for call in batch)
                _log.info("Taken back before it was done: %s", names)
                batches, meaning = [], meaning or Plain(UNDERSTOOD)
            if isinstance(meaning, Several | Call):
                batches = _after(batches, meaning.calls if isinstance(meaning, Several) else (meaning,))
        calls = [call for batch in batches for call in batch]
        batches = [may for batch in batches if (may := tuple(call for call in batch if self._may_call(call, options)))]
        allowed = tuple(call for batch in batches for call in batch)
        if allowed and said is not None and allowed == postponed and not isinstance(meaning, Several | Call):
            outputs = [*outputs, *self._owed(said, meaning)]
        if allowed:
            # each was asked for by itself, so one does no harm without the others; what is left out is told afterwards
            self._last, self._left_out = allowed[-1], len(allowed) < len(calls)
            self._untold = list(outputs[-_MOST_UNTOLD:])
            return self._together(batches[0], allowed[len(batches[0]) :])
        sentence = meaning if isinstance(meaning, Plain) else None
        if self._chats and sentence is None and (outputs and self._chatting if said is None else _words_of(said)):
            self._chatting = True
            return self._asked(options)
        answer = reply_to(outputs, sentence, asked=said is not None)
        if not isinstance(answer, Plain):
            return (answer,)
        left_out, self._left_out = self._left_out, False
        return Plain(f"{answer.reply} {NOT_ALL}") if left_out else answer

    def _owed(self, said: Item, meaning: Meaning | None) -> list[str]:
        """What is told once the commands of before are done: the answer to what was said meanwhile, as an output."""
        if self._chats and not isinstance(meaning, Plain) and _words_of(said):
            self._chatting = True  # which is told all
            return []
        answer = reply_to((), meaning if isinstance(meaning, Plain) else None, asked=True)
        return [json.dumps({"ok": True, "reply": answer.reply})] if isinstance(answer, Plain) else []

    def checked(self, answer: Answer, options: Frame) -> Answer:
        """What the stage behind answered, without calls that are not allowed."""
        if isinstance(answer, Plain):
            return answer
        allowed = tuple(call for call in answer if self._may_call(call, options))
        return self._together(allowed) if allowed else Plain(NOT_UNDERSTOOD)

    def _asked(self, options: Frame) -> Asked:
        shown = self._configuration.shown
        items = self._history.items[-_ITEMS_TOLD:]
        heard = {item.id: item.heard.transcript for item in items if item.heard is not None}
        instructions = str(options.get("instructions") or shown["instructions"] or "")
        choice = options.get("tool_choice") or shown["tool_choice"]
        tools = options["tools"] if options.get("tools") is not None else shown["tools"]
        functions = [tool for tool in tools if tool.get("type") == "function"] + self._remote.functions()[0]
        if choice == "none":
            functions = []
        return Asked(messages(instructions, [item.shown for item in items], heard), functions)

    def _meaning(self, item: Item) -> Meaning | None:
        if item.heard is not None:
            return item.heard.meaning
        if (call := self._remote.written(item.text)) is not None:
            return call
        return None if self.grammar is None else self.grammar.understand(spoken_words(item.text))

    def _together(self, calls: tuple[Call, ...], later: tuple[Call, ...] = ()) -> tuple[Call, ...]:
        """All of them, or one at a time where the session wants that; a tool's output brings up the next."""
        count = len(calls) if self._configuration.shown["parallel_tool_calls"] else 1
        self._postponed.extend((*calls[count:], *later))
        return calls[:count]

    def _may_call(self, call: Call, options: Frame) -> bool:
        shown = self._configuration.shown
        choice = options.get("tool_choice") or shown["tool_choice"]
        tools = options["tools"] if options.get("tools") is not None else shown["tools"]
        remote = self._remote.find(call)
        if choice == "none":
            return False
        if any(tool.get("name") == call.name for tool in tools):
            return not isinstance(choice, dict) or choice.get("name") in (None, call.name)
        if remote is None:
            return False
        served = any(tool.get("server_label") == remote.server.label for tool in tools)
        return served and (not isinstance(choice, dict) or choice.get("name") in (None, remote.name))


def _words_of(item: Item) -> str:
    """What the user wrote, or was heard to say whatever it means."""
    return item.text if item.heard is None else item.heard.transcript


def _after(batches: Sequence[tuple[Call, ...]], wanted: tuple[Call, ...]) -> list[tuple[Call, ...]]:
    """With the calls of a further turn. Of one tool, what is said later is done later: it may be the contrary.

    Who waits for a sign says it again, which is one call, at its last place.
    """
    kept = [left for batch in batches if (left := tuple(call for call in batch if call not in wanted))]
    if kept and not {call.name for call in kept[-1]} & {call.name for call in wanted}:
        return [*kept[:-1], (*kept[-1], *wanted)]
    return [*kept, wanted]


def _takes_back(item: Item, meaning: Meaning | None) -> bool:
    """Whether the user wants nothing of what was said before; a "no" that has a meaning answers a question."""
    said = without_hesitations(spoken_words(_words_of(item)))
    rest = " ".join(word for word in said if word not in _BESIDE)
    return rest in _TAKES_BACK or (not rest and "no" in said and meaning is None)


def _output(item: Item) -> str | None:
    """What came of a call, as `reply_to` reads it; None where the item is something else."""
    shown = item.shown
    match shown["type"]:
        case "function_call_output":
            return str(shown["output"])
        case "mcp_call":
            if shown["error"] is not None:
                return json.dumps({"ok": False, "error": shown["error"]["message"]})
            output = shown["output"] or ""
            return output if output.startswith(("{", "[")) else json.dumps({"ok": True, "reply": output})
        case "mcp_approval_response" if not shown["approve"]:
            return _DENIED
    return None
