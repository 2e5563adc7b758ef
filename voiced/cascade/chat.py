"""A language model as the next stage of replies: any server with OpenAI's chat completions, as Ollama or llama.cpp."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import aiohttp

from voiced.cascade.completion import NO_ANSWER, ChatError, Completion
from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.replies import Asked, Reply
from voiced.cascade.settings import ChatSettings

_log = logging.getLogger(__name__)

UNREACHABLE = "Sorry, I can't reach the language model for that."
TOO_SLOW = "Sorry, the language model takes too long for that."
BROKEN_OFF = "Sorry, I lost the rest of that."
_CONNECT_SECONDS = 3.0
_REACH_SECONDS = 8.0
"""With the look-up of its name, for which resolvers try again after five."""


class Chat(Reply):
    """Asks the model that the settings name. Closed early, it leaves the server, which then may stop thinking.

    Args:
        settings: where it is.
        key: sent as a bearer token, where the server wants one.
    """

    def __init__(self, settings: ChatSettings, key: str | None = None) -> None:
        self._settings = settings
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    @property
    def name(self) -> str:
        """As in `Reply`."""
        return self._settings.url

    async def reply(self, asked: Asked) -> AsyncGenerator[tuple[Call, ...] | Plain, None]:
        """The model's sentences as they come, or its calls; at last a sentence that says what went wrong."""
        told = False
        try:
            async with aclosing(self._ask(asked)) as answers:
                async for answer in answers:
                    yield answer
                    told = True
        except (ChatError, aiohttp.ClientError, TimeoutError, ValueError) as error:
            late = isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError)
            if late:
                seconds = self._settings.timeout_seconds
                fault = f"nothing came for the {seconds:g} s of cascade.reply.chat.timeout_seconds"
            else:
                fault = f"{str(error) or type(error).__name__}; is cascade.reply.chat right?"
            _log.warning("No%s answer from %s: %s", " whole" if told else "", self.name, fault)
            yield Plain(BROKEN_OFF if told else TOO_SLOW if late else UNREACHABLE)

    async def _ask(self, asked: Asked) -> AsyncGenerator[tuple[Call, ...] | Plain, None]:
        body: dict[str, Any] = {
            "model": self._settings.model, "messages": list(asked.messages), "stream": True,
        }  # fmt: skip
        if asked.tools:
            body["tools"] = [_function(tool) for tool in asked.tools]
        # a slow model's answer may take minutes, of which the user hears sentence after sentence
        limits = aiohttp.ClientTimeout(
            connect=_REACH_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=self._settings.timeout_seconds
        )
        address = f"{self._settings.url.rstrip('/')}/chat/completions"
        async with (
            aiohttp.ClientSession(timeout=limits, headers=self._headers) as session,
            session.post(address, json=body, allow_redirects=False) as response,
        ):
            if response.status != 200:
                complaint = (await response.content.read(200)).decode(errors="replace")
                raise ChatError(f"status {response.status}: {complaint}")
            completion = Completion()
            async for line in response.content:
                for sentence in completion.take(line.decode(errors="replace")):
                    yield sentence
                if completion.over:
                    break
            for answer in completion.end():
                yield answer


def _function(tool: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {key: tool[key] for key in ("name", "description", "parameters") if key in tool},
    }


__all__ = ["BROKEN_OFF", "NO_ANSWER", "TOO_SLOW", "UNREACHABLE", "Chat", "ChatError"]
