import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

import hypothesis
import pytest
from aiohttp import WSMsgType, web

# a busy machine takes its time, and no test is about how long
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


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
async def serving(service, tls=None):
    application = web.Application()
    application.router.add_get("/voice-live/realtime", service.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    service.url = f"{'http' if tls is None else 'https'}://localhost:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()


@pytest.fixture
def pins(monkeypatch):
    """gpiozero's own mock pins in place of the machine's: a `MockFactory`."""
    from gpiozero import Device  # noqa: PLC0415 (only for who asks for pins)
    from gpiozero.pins.mock import MockFactory, MockPWMPin  # noqa: PLC0415 (likewise)

    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    monkeypatch.setenv("GPIOZERO_MOCK_PIN_CLASS", "mockpwmpin")
    factory = MockFactory(pin_class=MockPWMPin)
    monkeypatch.setattr(Device, "pin_factory", factory)
    yield factory
    factory.reset()


@pytest.fixture
async def service():
    async with serving(Service()) as running:
        yield running


@pytest.fixture(scope="session")
def voice_live():
    """A service and its serving, for tests that make several."""
    return SimpleNamespace(service=Service, serve=serving)
