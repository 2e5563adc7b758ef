"""What MQTT messages are waited for, and what the last one of each topic said; no network here."""

import asyncio
from collections import OrderedDict

PAYLOAD_BYTES = 65_536
"""A larger message is none of a device that is spoken of; it counts as unreadable."""
PASSING_TOPICS = 64
"""How many topics that only calls name are kept; the one longest unused goes."""


class Topics:
    """Topics that are subscribed to, with their last messages."""

    def __init__(self) -> None:
        self._fixed: set[str] = set()
        self._passing: OrderedDict[str, None] = OrderedDict()
        self._last: dict[str, bytes] = {}
        self._waiting: dict[str, list[asyncio.Future[bytes]]] = {}
        self._news: asyncio.Future[None] | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        """Everything to subscribe to."""
        return tuple(dict.fromkeys([*sorted(self._fixed), *self._passing]))

    def watch(self, topic: str) -> None:
        """Keep the last message of a topic, always. May be called on another thread."""
        self._fixed = {*self._fixed, topic}

    def want(self, topic: str) -> tuple[bool, str | None]:
        """Whether the topic is new to us, and which other gives way to it."""
        if topic in self._passing:
            self._passing.move_to_end(topic)
            return False, None
        self._passing[topic] = None
        if len(self._passing) <= PASSING_TOPICS:
            return True, None
        eldest = next((each for each in self._passing if each not in self._waiting), topic)
        del self._passing[eldest]
        if eldest in self._fixed:
            return True, None
        self._last.pop(eldest, None)
        return True, eldest

    async def known(self, topic: str) -> bytes:
        """What its last message said; waits for the first one since the connection began."""
        while topic not in self._last:
            news = self._news = self._news or asyncio.get_running_loop().create_future()
            await asyncio.shield(news)
        return self._last[topic]

    def next(self, topic: str) -> "asyncio.Future[bytes]":
        """Its next message that is no retained one; withdraw it with `forget`."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(topic, []).append(future)
        return future

    def forget(self, topic: str, future: "asyncio.Future[bytes]") -> None:
        """Nobody waits any longer."""
        waiting = self._waiting.get(topic, [])
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            self._waiting.pop(topic, None)
        if not future.cancel() and not future.cancelled():
            future.exception()  # looked at, or asyncio complains that nobody did

    def deliver(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """A message has come."""
        payload = payload[: PAYLOAD_BYTES + 1]
        self._last[topic] = payload
        if self._news is not None:
            self._news.set_result(None)
            self._news = None
        if retained:
            return
        for future in self._waiting.get(topic, ()):
            if not future.done():
                future.set_result(payload)

    def lost(self, error: Exception) -> None:
        """The connection is gone: what was known may be out of date, and no answer will come."""
        self._last.clear()
        for waiting in self._waiting.values():
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
