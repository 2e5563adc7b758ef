"""The one connection to the MQTT broker, which comes back by itself."""

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Callable, Iterator
from weakref import WeakValueDictionary

import aiomqtt

from voiced import cancelling
from voiced.tools.actions.action import ActionError
from voiced.tools.broker_settings import BrokerSettings
from voiced.tools.secrecy import Resolve
from voiced.tools.tls_settings import TlsSettings
from voiced.tools.topics import Topics

CONNECT_WAIT_SECONDS = 3.0
"""How long a call waits for a connection that is being made."""
STATE_WAIT_SECONDS = 2.0
"""How long a retained message may take to come after its topic was subscribed to."""
LONGEST_BACKOFF_SECONDS = 60.0
STEADY_SECONDS = 10.0
"""A connection that lasted this long was a good one: the next loss is a new outage."""
QUEUED_MESSAGES = 256
"""Messages that wait to be looked at; aiomqtt drops further ones, with a warning."""

_log = logging.getLogger(__name__)


class Broker:
    """Publishes and reads over one connection, while `run` runs."""

    def __init__(
        self,
        settings: BrokerSettings,
        resolve: Resolve,
        jitter: Callable[[], float] = lambda: random.uniform(0.5, 1.0),  # noqa: S311 (no cryptography)
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._jitter = jitter
        self._topics = Topics()
        self._connected = asyncio.Event()
        self._client: aiomqtt.Client | None = None
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._host, self._port = settings.address

    def watch(self, topic: str) -> None:
        """Keep what a topic says last, from the next connection on. May be called on another thread."""
        self._topics.watch(topic)

    async def publish(self, topic: str, payload: str, *, qos: int, retain: bool) -> None:
        """Send one message; with a QoS above 0 the broker has it. Raises `ActionError`."""
        client = await self._current()
        with self._speaking():
            await client.publish(topic, payload, qos=qos, retain=retain)

    async def request(self, topic: str, payload: str, *, qos: int, retain: bool, response_topic: str) -> bytes:
        """Send one message and give the next one that comes on another topic. Raises `ActionError`.

        Most devices say nowhere in an answer what it answers, so requests that are answered on one topic take turns.
        """
        async with self._turns.setdefault(response_topic, asyncio.Lock()):
            client = await self._current()
            answer = self._topics.next(response_topic)
            try:
                with self._speaking():
                    await self._subscribe(client, response_topic)
                    await client.publish(topic, payload, qos=qos, retain=retain)
                    return await answer
            finally:
                self._topics.forget(response_topic, answer)

    async def state(self, topic: str) -> bytes:
        """What the topic said last. Raises `ActionError` where nothing did."""
        client = await self._current()
        with self._speaking():
            await self._subscribe(client, topic)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STATE_WAIT_SECONDS):
                    return await self._topics.known(topic)
        raise ActionError("Nothing is known of its state.", f"no retained message on {topic}")

    async def run(self) -> None:
        """Stay connected until cancelled."""
        loop = asyncio.get_running_loop()
        failures, told = 0, False
        while True:
            begun = None
            try:
                # which reads files, and frames of sound don't wait
                password, context = await asyncio.to_thread(lambda: (self._password(), self._context()))
                async with self._new_client(password, context) as client:
                    for topic in self._topics.wanted:
                        await client.subscribe(topic, qos=1)
                    begun = loop.time()
                    _log.log(
                        logging.INFO if told else logging.DEBUG, "connected to the MQTT broker %s:%d", *self._where
                    )
                    self._client = client
                    self._connected.set()
                    async for message in client.messages:
                        if isinstance(message.payload, bytes):
                            self._topics.deliver(str(message.topic), message.payload, retained=message.retain)
            except aiomqtt.MqttError as error:
                reason = str(error) if begun is None else "it broke off the connection"
            except ActionError as error:  # of the TLS settings
                reason = error.detail
            except Exception as error:  # noqa: BLE001 (a secret's place may raise anything; it is told, and tried again)
                reason = str(error) or type(error).__name__
            finally:
                self._client = None
                self._connected.clear()
                self._topics.lost(aiomqtt.MqttError("the connection is lost"))
            cancelling.pass_on()
            if begun is not None and loop.time() - begun >= STEADY_SECONDS:
                failures, told = 0, False
            if not told:
                _log.warning("the MQTT broker %s:%d can't be reached: %s; trying again", *self._where, reason)
                told = True
            await asyncio.sleep(min(LONGEST_BACKOFF_SECONDS, 2.0 ** min(failures, 10)) * self._jitter())
            failures += 1

    @property
    def _where(self) -> tuple[str, int]:
        return self._host, self._port

    def _password(self) -> str | None:
        return None if self._settings.password is None else self._resolve(self._settings.password)

    def _context(self) -> ssl.SSLContext | None:
        tls = self._settings.tls
        if not tls:
            return None
        return (tls if isinstance(tls, TlsSettings) else TlsSettings()).context()

    def _new_client(self, password: str | None, context: ssl.SSLContext | None) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._host,
            self._port,
            username=self._settings.username,
            password=password,
            identifier=self._settings.client_id,
            tls_context=context,
            max_queued_incoming_messages=QUEUED_MESSAGES,
        )

    async def _current(self) -> aiomqtt.Client:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_WAIT_SECONDS):
                await self._connected.wait()
        if self._client is None:
            raise ActionError("The MQTT broker can't be reached.", f"{self._host}:{self._port}")
        return self._client

    async def _subscribe(self, client: aiomqtt.Client, topic: str) -> None:
        new, given_way = self._topics.want(topic)
        if given_way is not None:
            await client.unsubscribe(given_way)
        if new:
            await client.subscribe(topic, qos=1)

    @staticmethod
    @contextlib.contextmanager
    def _speaking() -> Iterator[None]:
        try:
            yield
        except aiomqtt.MqttError as error:
            raise ActionError("The MQTT broker broke off the connection.", str(error)) from error
        except ValueError as error:  # of a topic or payload that can't be sent
            raise ActionError("The MQTT message can't be sent.", str(error)) from error
