import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web

from voiced.voicelive.session import Session, Target

REQUEST = {"modalities": ["text", "audio"], "tools": []}


class Service:
    """A Voice Live service whose every word the test decides.

    `script` is a coroutine function that gets the websocket once the handshake is done; `before` may answer or hang
    instead of upgrading.
    """

    def __init__(self):
        self.received = []
        self.headers = {}
        self.query = {}
        self.before = None
        self.script = self.accept
        self.url = ""

    async def accept(self, socket):
        """Accept the session and listen until the client goes."""
        await self.expect(socket, "session.update")
        await self.send(socket, type="session.updated", session={})
        async for _ in socket:
            pass

    async def expect(self, socket, kind):
        """Read until an event of a type comes; return it."""
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                event = json.loads(message.data)
                self.received.append(event)
                if event["type"] == kind:
                    return event
        raise AssertionError(f"the client went without a {kind}; it sent {[e['type'] for e in self.received]}")

    @staticmethod
    async def send(socket, **event):
        await socket.send_str(json.dumps(event))

    async def handle(self, request):
        self.headers, self.query = dict(request.headers), dict(request.query)
        if self.before is not None:
            return await self.before(request)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self.script(socket)
        return socket


@asynccontextmanager
async def serving(service):
    application = web.Application()
    application.router.add_get("/voice-live/realtime", service.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = "http://{}:{}".format(*runner.addresses[0][:2])
    try:
        yield service
    finally:
        await runner.cleanup()


@pytest.fixture
async def service():
    async with serving(Service()) as running:
        yield running


class Client:
    """A session and everything it emitted."""

    def __init__(self, url, connect_seconds=5.0):
        self.events = []
        target = Target(url, "key", "gpt-realtime", "2026-07-15", connect_seconds)
        self.session = Session(target, REQUEST, self._take)

    def _take(self, event):
        self.events.append(event)

    async def run(self):
        async with asyncio.timeout(10):
            await self.session.run()
        return self.events

    async def until(self, kind):
        """Wait for an event of a kind."""
        async with asyncio.timeout(10):
            while not any(isinstance(event, kind) for event in self.events):
                await asyncio.sleep(0.001)
        return next(event for event in self.events if isinstance(event, kind))


@pytest.fixture
def client_of():
    """Makes clients of any address."""
    return Client


@pytest.fixture
def client(service):
    return Client(service.url)
