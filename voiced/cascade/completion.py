"""A chat completion as it comes from the server, line by line: sentences, and calls. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.speech import whole_sentences

NO_ANSWER = "Sorry, I have no answer to that."
LONGEST_ANSWER = 8000
"""Characters; some minutes of speech."""
_LONGEST_BODY = 1_000_000
"""Characters of an answer that comes whole."""
_MOST_CALLS = 16
_THOUGHTS, _THOUGHT = "<think>", "</think>"
"""What stands around a reasoning model's thoughts where its server leaves them in the answer, at its beginning."""


class ChatError(Exception):
    """The model gave no answer; the message says why."""


@dataclass(slots=True)
class _Called:
    """A function that is called, as far as it has come."""

    call_id: str | None
    name: str = ""
    arguments: str = ""


class Completion:
    """What a server answers: server-sent events where it streams, one JSON object where it does not."""

    def __init__(self) -> None:
        self.over = False
        """Whether the server has said that nothing follows."""
        self._text = ""
        self._length = 0
        self._told = False
        self._thinks: bool | None = None  # not known before the first word
        self._calls: list[_Called] = []
        self._by_index: dict[int, _Called] = {}
        self._whole: list[str] | None = None

    def take(self, line: str) -> Iterator[Plain]:
        """A line of the body; the sentences that are known to be whole by it.

        Raises:
            ChatError: it tells of a fault, or is of another kind.
        """
        line = line.strip()
        if self._whole is None and line.startswith("{") and not self._length:
            self._whole = []
        if self._whole is not None:
            self._whole.append(line)
            self._grow(len(line), _LONGEST_BODY)
            return
        name, _, data = line.partition(":")
        if name != "data":
            return
        if data.strip() == "[DONE]":
            self.over = True
            return
        self._add(_json(data), "delta")
        if self._calls or self._thinks is not False:
            return
        sentences, self._text = whole_sentences(self._text)
        for sentence in sentences:
            self._told = True
            yield Plain(sentence)

    def end(self) -> Iterator[tuple[Call, ...] | Plain]:
        """What is left when the body ends: calls, which count for more than words not told yet, or sentences."""
        if self._whole is not None:
            self._length = 0
            self._add(_json("\n".join(self._whole)), "message")
        calls = tuple(_call(called) for called in self._calls)
        if self._thinks:
            self._text = ""
        if calls:
            yield calls
        elif self._text.strip() or not self._told:
            yield Plain(self._text.strip() or NO_ANSWER)

    def _add(self, chunk: object, part: str) -> None:
        if not isinstance(chunk, dict) or "error" in chunk:
            raise ChatError(f"the server answered {chunk!r:.200}")
        try:
            for choice in chunk.get("choices") or ():
                message = choice.get(part) or {}
                self._add_text(message.get("content") or "")
                for place, call in enumerate(message.get("tool_calls") or ()):
                    self._add_call(call, place)
        except (AttributeError, TypeError, ValueError) as error:
            raise ChatError(f"the server gives no chat completion: {chunk!r:.200}") from error

    def _add_text(self, content: str) -> None:
        self._text += content
        if self._thinks is None:
            beginning = self._text.lstrip()
            if len(beginning) < len(_THOUGHTS) and _THOUGHTS.startswith(beginning):
                return
            self._thinks = beginning.startswith(_THOUGHTS)
        if not self._thinks:
            self._grow(len(content), LONGEST_ANSWER)
            return
        _, over, rest = self._text.partition(_THOUGHT)
        self._thinks = not over
        self._text = rest.lstrip() if over else self._text[-len(_THOUGHT) :]  # of which a part may have come

    def _add_call(self, call: dict[str, Any], place: int) -> None:
        """Goes on with the call of the same index, unless it has another id, as with servers that count none."""
        index, call_id, function = call.get("index"), call.get("id"), call.get("function") or {}
        index = place if index is None else int(index)
        called = self._by_index.get(index)
        if called is None or (call_id and called.call_id and call_id != called.call_id):
            called = self._by_index[index] = _Called(call_id)
            self._calls.append(called)
            if len(self._calls) > _MOST_CALLS:
                raise ChatError("the answer calls too many functions")
        given = function.get("arguments") or ""
        arguments = given if isinstance(given, str) else json.dumps(given)
        name = function.get("name") or ""
        called.name += name
        called.arguments += arguments
        self._grow(len(name) + len(arguments), LONGEST_ANSWER)

    def _grow(self, by: int, most: int) -> None:
        self._length += by
        if self._length > most:
            raise ChatError("the answer is too long")


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ChatError(f"the server answered {text!r:.200}, which is no JSON") from error


def _call(called: _Called) -> Call:
    try:
        arguments = json.loads(called.arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise ChatError(f"arguments of {called.name} that are no JSON") from error
    if not isinstance(arguments, dict):
        raise ChatError(f"arguments of {called.name} that are no object")
    return Call(called.name, arguments)
