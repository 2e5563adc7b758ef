"""The one connection to Home Assistant, which comes back by itself."""

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from functools import partial

import aiohttp
from pydantic import JsonValue

from voiced import cancelling
from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant import reading
from voiced.tools.home_assistant.exposure import Exposed
from voiced.tools.home_assistant.inventory import Inventory
from voiced.tools.home_assistant.line import CommandError, Line, LostError, RefusedError
from voiced.tools.home_assistant.protocol import Protocol
from voiced.tools.home_assistant.settings import HomeAssistantSettings
from voiced.tools.home_assistant.states import States
from voiced.tools.secrecy import Resolve

CONNECT_WAIT_SECONDS = 3.0
"""How long a call waits for a connection that is being made."""
LOGIN_SECONDS = 10.0
"""How long the connection and the login may take."""
FIRST_READ_SECONDS = 30.0
"""How long the answers to what is asked at the beginning may take."""
SETTLED_SECONDS = 2.0
"""How long changes of the house are collected before it is looked at again."""
REVIEW_SECONDS = 900.0
"""It is looked at this often anyway: what is exposed of entities without a unique id changes silently."""
LONGEST_BACKOFF_SECONDS = 60.0
REFUSED_SECONDS = 600.0
"""A refused token is tried again this late: Home Assistant can be set to ban an address after some refusals."""
STEADY_SECONDS = 10.0
"""A connection that lasted this long was a good one: the next loss is a new outage."""
MESSAGE_BYTES = 32 * 1024 * 1024
"""A house's states come as one message."""
REGISTRY_EVENTS = tuple(f"{registry}_registry_updated" for registry in ("area", "device", "entity", "label"))

_log = logging.getLogger(__name__)


class Connection:
    """Commands and states over one connection, while `run` runs.

    Attributes:
        states: every entity's, while connected.
        inventory: what the house is made of, as it was known last.
        exposed: what of it can be spoken of, likewise.
        version: Home Assistant's, empty until it is known.
    """

    def __init__(
        self,
        settings: HomeAssistantSettings,
        resolve: Resolve,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = lambda: random.uniform(0.5, 1.0),  # noqa: S311 (no cryptography)
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._sleep = sleep
        self._jitter = jitter
        self._listeners: list[Callable[[], None]] = []
        self._line: Line | None = None
        self._ready = asyncio.Event()
        self._changed = asyncio.Event()
        self.states = States()
        self.inventory = Inventory()
        self.exposed = Exposed()
        self.version = ""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have it told when `exposed` is another."""
        self._listeners.append(listener)

    async def ready(self, seconds: float = CONNECT_WAIT_SECONDS) -> None:
        """Wait a moment for states and inventory; raises `ActionError` where Home Assistant can't be reached."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ready.wait()
        if self._line is None or not self._ready.is_set():
            raise ActionError("Home Assistant can't be reached.", self._settings.url)

    async def command(self, type_: str, fields: dict[str, JsonValue] | None = None) -> JsonValue:
        """A command's result; raises `ActionError`, and of it `CommandError` where Home Assistant refused."""
        await self.ready()
        if self._line is None:
            raise ActionError("Home Assistant can't be reached.", self._settings.url)
        return await self._line.command(type_, fields)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        loop = asyncio.get_running_loop()
        failures, told = 0, ""
        while True:
            begun = loop.time()
            wait = min(LONGEST_BACKOFF_SECONDS, 2.0 ** min(failures, 10))
            try:
                await self.hold()
            except RefusedError as error:
                kind, wait, reason = "refused", REFUSED_SECONDS, f"{error}; see home_assistant.token"
            except LostError as error:
                kind, reason = "lost", str(error)
            except Exception as error:  # noqa: BLE001 (it is logged with its traceback)
                # what it sends may be like nothing we know: the speaker goes on, and the journal has the place
                _log.exception("what Home Assistant sent can't be used; please report this")
                kind, reason = "lost", type(error).__name__
            cancelling.pass_on()
            if kind == "lost" and self.version and loop.time() - begun >= STEADY_SECONDS:
                failures, told, wait = 0, "", 1.0
            if told != kind:
                _log.warning("Home Assistant at %s can't be used: %s; trying again", self._settings.url, reason)
                told = kind
            failures += 1
            await self._sleep(wait * self._jitter())

    async def hold(self) -> None:
        """Connect once, and stay so until the connection ends; raises `LostError`."""
        self.version = ""
        try:
            # which reads files, and frames of sound don't wait
            context, token = await asyncio.to_thread(lambda: (self._context(), self._resolve(self._settings.token)))
        except ActionError as error:
            raise LostError(error.detail or str(error)) from error
        except Exception as error:
            # where secrets are kept is not this module's business, nor are the errors of those places
            raise LostError(f"home_assistant.token can't be read: {error}") from error
        try:
            async with (
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver())) as session,
                asyncio.timeout(None) as limit,
            ):
                limit.reschedule(asyncio.get_running_loop().time() + LOGIN_SECONDS)
                async with session.ws_connect(
                    self._settings.api,
                    ssl=context,
                    max_msg_size=MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1),
                ) as socket:
                    line = Line(socket, Protocol(token))
                    self.version = await line.login()
                    limit.reschedule(None)
                    await self._live(line)
        except TimeoutError as error:
            raise LostError("it does not answer") from error
        except (aiohttp.ClientError, OSError) as error:
            raise LostError(str(error) or type(error).__name__) from error

    def _context(self) -> ssl.SSLContext | bool:
        return self._settings.tls.context() if self._settings.api.startswith("wss:") else True

    async def _live(self, line: Line) -> None:
        # a TaskGroup that is cancelled while one of its tasks fails swallows the cancellation (until Python 3.13)
        tasks = [asyncio.create_task(each) for each in (line.read(), self._follow(line), line.ping())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except ActionError as error:
            raise LostError(f"{error} {error.detail}".strip()) from error
        finally:
            self._ready.clear()
            self._line = None
            self.states.clear()
            line.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, line: Line) -> None:
        async with asyncio.timeout(FIRST_READ_SECONDS):
            told = asyncio.Event()
            await line.command("subscribe_entities", {}, partial(self._take_states, told))
            for event in REGISTRY_EVENTS:
                await self._subscribe_to(line, event)
            await told.wait()
            await self._review(line)
        self._line = line
        self._ready.set()
        _log.info("connected to Home Assistant %s at %s", self.version, self._settings.url)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REVIEW_SECONDS):
                    await self._changed.wait()
            await self._sleep(SETTLED_SECONDS)
            await self._review(line)

    async def _subscribe_to(self, line: Line, event: str) -> None:
        try:
            await line.command("subscribe_events", {"event_type": event}, lambda _: self._changed.set())
        except CommandError as error:
            _log.info("Home Assistant does not tell of %s (%s); it is looked at now and then", event, error.detail)

    def _take_states(self, told: asyncio.Event, event: JsonValue) -> None:
        if self.states.feed(event):
            self._changed.set()
        told.set()

    async def _review(self, line: Line) -> None:
        """Look at what the house is made of."""
        self._changed.clear()
        self.inventory = await reading.read_inventory(line.command)
        before = self.exposed
        if self._settings.expose is not None:
            self.exposed = await reading.read_exposed(self._settings.expose, self.inventory, self.states, line.command)
        if self.exposed != before:
            for listener in self._listeners:
                listener()
