import asyncio
import contextlib
import socket
import ssl

import pytest
import trustme

from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.session import Session

REQUEST = {"modalities": ["text", "audio"], "tools": []}


class Tunnel:
    """A TCP relay to a service, or a proxy to any (CONNECT), that can fall silent without closing anything."""

    def __init__(self):
        self.silent = asyncio.Event()
        self.connected_to = []
        self.status = 200
        self.port = 0
        self.target = None
        self._writers = []

    async def accept(self, reader, writer):
        self._writers.append(writer)
        host, port = self.target or await self._asked(reader, writer)
        if host is None:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(host, port)
        self._writers.append(far_writer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._carry(reader, far_writer))
            tasks.create_task(self._carry(far_reader, writer))

    async def _asked(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        method, address, _ = head.decode().split(" ", 2)
        assert method == "CONNECT"
        self.connected_to.append(address)
        writer.write(f"HTTP/1.1 {self.status} x\r\n\r\n".encode())
        if self.status != 200:
            return None, 0
        host, _, port = address.partition(":")
        return host.replace("voice.test", "localhost"), int(port)

    async def _carry(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if self.silent.is_set():
                    await asyncio.Event().wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    def close(self):
        for writer in self._writers:
            writer.transport.abort()


@pytest.fixture
async def tunnel():
    made = Tunnel()
    connections = set()

    def accept(reader, writer):
        task = asyncio.ensure_future(made.accept(reader, writer))
        connections.add(task)

    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # soon full
    server = await asyncio.start_server(accept, sock=listening, limit=4096)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    for task in connections:
        task.cancel()
    await asyncio.gather(*connections, return_exceptions=True)
    made.close()
    server.close()


@pytest.fixture(scope="session")
def authority():
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def trust(authority):
    """Whom TLS believes: that authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def secure(authority):
    """Makes a server's TLS from a name and, if it matters, its certificate's first and last day."""

    def make(name="localhost", **days):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name, **days).configure_cert(context)
        return context

    return make


@pytest.fixture
def service_behind(voice_live):
    """Serves a service behind TLS while the context lasts."""
    return lambda tls: voice_live.serve(voice_live.service(), tls)


class Client:
    """A session and everything it emitted."""

    def __init__(self, url, connect_seconds=5.0, credential=None, seed=(), **target):
        self.events = []
        where = Target(url, "gpt-realtime", "2026-07-15", connect_seconds, **target)
        self.session = Session(where, credential or KeyCredential(lambda: "key"), REQUEST, self._take, seed)
        self.failure = None

    def _take(self, event):
        self.events.append(event)

    async def run(self):
        async with asyncio.timeout(10):
            self.failure = await self.session.run()
        return self.events

    async def until(self, kind):
        """Wait for an event of a kind."""
        async with asyncio.timeout(10):
            while not any(isinstance(event, kind) for event in self.events):
                await asyncio.sleep(0.001)
        return next(event for event in self.events if isinstance(event, kind))


@pytest.fixture(scope="session")
def voice_live(voice_live):
    """A service, its serving and its client, for tests that make many."""
    voice_live.client = Client
    return voice_live


@pytest.fixture
def client_of():
    """Makes clients of any address."""
    return Client


@pytest.fixture
def client(service):
    return Client(service.url)


@pytest.fixture(scope="session")
def fields_of():
    """The names of the fields that a model of the SDK has."""

    def names(model):
        bases = [base for base in model.__mro__ if base.__module__.endswith("models._models")]
        return {name for base in bases for name in base.__annotations__ if not name.startswith("_")}

    return names
