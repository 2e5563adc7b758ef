"""A language model as the next stage of replies: any server with OpenAI's chat completions, as Ollama or llama.cpp."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.replies import Asked, Reply
from voiced.cascade.settings import ChatSettings

_log = logging.getLogger(__name__)

UNREACHABLE = "Sorry, I can't reach the language model for that."
NO_ANSWER = "Sorry, I have no answer to that."
_CONNECT_SECONDS = 3.0
_LONGEST_ANSWER = 8000
"""Characters; some minutes of speech."""
_MOST_CALLS = 16


class ChatError(Exception):
    """The model gave no answer; the message says why."""


@dataclass(slots=True)
class _Streamed:
    """What has come of an answer: its text, and by index the functions it calls."""

    text: str = ""
    names: dict[int, str] = field(default_factory=dict)
    arguments: dict[int, str] = field(default_factory=dict)

    def add(self, chunk: object) -> None:
        """One event's JSON; `ChatError` where it tells of a fault or is of another kind."""
        if not isinstance(chunk, dict) or "error" in chunk:
            raise ChatError(f"the server answered {chunk!r:.200}")
        try:
            for choice in chunk.get("choices") or ():
                delta = choice.get("delta") or {}
                self.text += delta.get("content") or ""
                for call in delta.get("tool_calls") or ():
                    index, function = int(call.get("index", 0)), call.get("function") or {}
                    self.names[index] = self.names.get(index, "") + (function.get("name") or "")
                    self.arguments[index] = self.arguments.get(index, "") + (function.get("arguments") or "")
        except (AttributeError, TypeError, ValueError) as error:
            raise ChatError(f"the server streams no chat completion: {chunk!r:.200}") from error
        if len(self.text) + sum(map(len, self.arguments.values())) > _LONGEST_ANSWER or len(self.names) > _MOST_CALLS:
            raise ChatError("the answer is too long")

    def answer(self) -> tuple[Call, ...] | Plain:
        """The whole of it; calls count for more than the words around them."""
        calls = []
        for index in sorted(self.names):
            try:
                arguments = json.loads(self.arguments[index] or "{}")
            except ValueError as error:
                raise ChatError(f"arguments of {self.names[index]} that are no JSON") from error
            if not isinstance(arguments, dict):
                raise ChatError(f"arguments of {self.names[index]} that are no object")
            calls.append(Call(self.names[index], arguments))
        return tuple(calls) or Plain(self.text.strip() or NO_ANSWER)


class Chat(Reply):
    """Asks the model that the settings name.

    Args:
        settings: where it is.
        key: sent as a bearer token, where the server wants one.
    """

    def __init__(self, settings: ChatSettings, key: str | None = None) -> None:
        self._settings = settings
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    async def reply(self, asked: Asked) -> tuple[Call, ...] | Plain:
        """The model's answer, or a sentence that says there is none."""
        try:
            return await self._ask(asked)
        except (ChatError, aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("No answer from %s: %s; is cascade.reply.chat right?", self._settings.url, reason)
            return Plain(UNREACHABLE)

    async def _ask(self, asked: Asked) -> tuple[Call, ...] | Plain:
        body: dict[str, Any] = {
            "model": self._settings.model, "messages": list(asked.messages), "stream": True,
        }  # fmt: skip
        if asked.tools:
            body["tools"] = [_function(tool) for tool in asked.tools]
        limits = aiohttp.ClientTimeout(total=self._settings.timeout_seconds, sock_connect=_CONNECT_SECONDS)
        address = f"{self._settings.url.rstrip('/')}/chat/completions"
        async with (
            aiohttp.ClientSession(timeout=limits, headers=self._headers) as session,
            session.post(address, json=body, allow_redirects=False) as response,
        ):
            if response.status != 200:
                complaint = (await response.content.read(200)).decode(errors="replace")
                raise ChatError(f"status {response.status}: {complaint}")
            streamed = _Streamed()
            async for line in response.content:
                name, _, data = line.decode(errors="replace").strip().partition(":")
                if name != "data":
                    continue
                if data.strip() == "[DONE]":
                    break
                streamed.add(json.loads(data))
            return streamed.answer()


def _function(tool: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {key: tool[key] for key in ("name", "description", "parameters") if key in tool},
    }


__all__ = ["NO_ANSWER", "UNREACHABLE", "Chat", "ChatError"]
