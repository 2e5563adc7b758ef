"""What actions share: connections that outlive a call, and the way to secrets."""

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

import aiohttp

from voiced.settings import SecretReference
from voiced.tools.actions.action import ActionError
from voiced.tools.broker_settings import BrokerSettings
from voiced.tools.home_assistant.settings import HomeAssistantSettings
from voiced.tools.pins import Pins
from voiced.tools.secrecy import Resolve, noting

if TYPE_CHECKING:
    from voiced.tools.broker import Broker
    from voiced.tools.home_assistant.connection import Connection

__all__ = ["Resolve", "Wires", "secret_at"]


class Wires:
    """Made without a network, open within its context. `mqtt` and `home_assistant` are None where there is none.

    Attributes:
        resolve: gives a secret.
        pins: the header's pins.
    """

    def __init__(
        self,
        resolve: Resolve,
        mqtt: BrokerSettings | None = None,
        home_assistant: HomeAssistantSettings | None = None,
    ) -> None:
        self.resolve = noting(resolve)
        self.pins = Pins()
        self._mqtt = mqtt
        self._watched: frozenset[str] = frozenset()
        self._broker: Broker | None = None
        self._home = None if home_assistant is None else _connection(home_assistant, self.resolve)
        self._home_used = False
        self._session: aiohttp.ClientSession | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._open = AsyncExitStack()

    @property
    def session(self) -> aiohttp.ClientSession:
        """For HTTP; raises `RuntimeError` outside the context."""
        if self._session is None:
            raise RuntimeError("the wires are not open")
        return self._session

    @property
    def broker(self) -> "Broker":
        """For MQTT, connected to from its first use on; raises `ActionError` where none is configured."""
        if self._mqtt is None:
            raise ActionError("No MQTT broker is set up.", "give `mqtt: {host: …}` in voiced.yaml, and restart")
        return self._broker or self._connect(self._mqtt)

    @property
    def home(self) -> "Connection":
        """For Home Assistant, connected to from its first use on; raises `ActionError` where none is configured."""
        if self._home is None:
            raise ActionError(
                "No Home Assistant is set up.", "give `home_assistant: {url: …}` in voiced.yaml, and restart"
            )
        if not self._home_used:
            self._home_used = True
            self._hold(self._home)
        return self._home

    def watch(self, topic: str) -> None:
        """Keep the last MQTT message of a topic. May be called on another thread, and before the wires are open."""
        self._watched |= {topic}
        if self._broker is not None:
            self._broker.watch(topic)

    def _hold(self, home: "Connection") -> None:
        if self._tasks is not None:  # else it is done once they are open
            self._open.callback(self._tasks.create_task(home.run(), name="Home Assistant").cancel)

    def _connect(self, settings: BrokerSettings) -> "Broker":
        from voiced.tools.broker import Broker  # noqa: PLC0415 (only for who has a broker)

        if self._tasks is None:
            raise RuntimeError("the wires are not open")
        self._broker = broker = Broker(settings, self.resolve)
        for topic in self._watched:
            broker.watch(topic)
        self._open.callback(self._tasks.create_task(broker.run(), name="MQTT broker").cancel)
        return broker

    async def __aenter__(self) -> Self:
        self._session = await self._open.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    # small devices drop idle connections, and a POST on a dropped one is lost
                    force_close=True,
                    # the system's resolver knows .local names, aiodns doesn't
                    resolver=aiohttp.ThreadedResolver(),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the timeout is the tool's
            )
        )
        self._open.callback(self.pins.close)
        self._tasks = await self._open.enter_async_context(asyncio.TaskGroup())
        if self._watched and self._mqtt is not None:
            self._connect(self._mqtt)
        if self._home is not None and self._home_used:
            self._hold(self._home)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._session = self._broker = self._tasks = None
        await self._open.aclose()


def _connection(settings: HomeAssistantSettings, resolve: Resolve) -> "Connection":
    from voiced.tools.home_assistant.connection import Connection  # noqa: PLC0415 (only for who has one)

    return Connection(settings, resolve)


def secret_at(reference: SecretReference, wires: Wires) -> str:
    """The secret; raises `ActionError` that names where it should be."""
    try:
        return wires.resolve(reference)
    except Exception as error:
        # where secrets are kept is not this module's business, nor are the errors of those places
        place = reference.credential or reference.file or reference.env
        raise ActionError(f"The secret {place} can't be read.", str(error)) from error
