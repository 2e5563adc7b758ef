"""Every way in which the service can't be had: the cascade hears every word instead, and the owner is told once."""

import asyncio
import base64
import contextlib
import socket

import pytest
from aiohttp import web

from voiced.assistant import events as on
from voiced.assistant.events import FailureReason
from voiced.audio.frames import CAPTURE_PERIOD, Frame
from voiced.audio.preroll import PreRoll
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.wiring.conversations import Conversations
from voiced.wiring.services import Service

PERIODS = 25
SAID = b"\1\0" * CAPTURE_PERIOD * PERIODS
"""What was said before any session could be opened: half a second."""


class House:
    """A service at an address, a cascade beside it, and half a second of speech in the pre-roll."""

    def __init__(self, url, cascade):
        self.cascade, self.events, self.tasks = cascade, [], []
        self.late, self.wanted = 0.0, 0
        self.heard = asyncio.Queue()
        cascade.script = self._listen
        loop, pre_roll = asyncio.get_running_loop(), PreRoll(5)
        for period in range(PERIODS):
            pre_roll.append(Frame(b"\1\0" * CAPTURE_PERIOD, period * CAPTURE_PERIOD, 0.0, 1))
        service, stand_in = (
            Service(name, Target(where, "gpt-realtime", "2026-07-15", 1.0), KeyCredential(lambda: "key"), lambda _: {})
            for name, where in (("azure", url), ("cascade", cascade.url))
        )
        self.talks = Conversations(
            service,
            pre_roll,
            self._take,
            fallback=stand_in,
            wanted=self._want,
            chance=lambda: 0.5,
            clock=lambda: loop.time() + self.late,
        )

    def _want(self):
        self.wanted += 1

    def _take(self, event):
        self.events.append(event)
        if isinstance(event, on.SessionOpened):
            self.talks.start_uplink(0)

    async def _listen(self, socket_):
        await self.cascade.expect(socket_, "session.update")
        await self.cascade.send(socket_, type="session.updated")
        sound = b""
        while len(sound) < len(SAID):
            sound += base64.b64decode((await self.cascade.expect(socket_, "input_audio_buffer.append"))["audio"])
        self.heard.put_nowait(sound)
        await socket_.receive()

    def wake(self, *, certain=True):
        self.tasks.append(asyncio.create_task(self.talks.live(self.talks.open("default", certain=certain))))

    async def converse(self):
        """Wake it, and give what the cascade heard; then the conversation is over."""
        self.wake()
        async with asyncio.timeout(10):
            sound = await self.heard.get()
        await self.end()
        return sound

    async def end(self):
        self.talks.close()
        async with asyncio.timeout(10):
            await asyncio.gather(*self.tasks)

    @property
    def told(self):
        return [event for event in self.events if isinstance(event, on.FallbackBegan)]


@pytest.fixture
async def cascade(voice_live):
    async with voice_live.serve(voice_live.service()) as running:
        yield running


@pytest.fixture
def house(cascade):
    return lambda url: House(url, cascade)


@contextlib.asynccontextmanager
async def black_hole(_):
    """Takes no connection and refuses none: its backlog is full."""
    with contextlib.ExitStack() as open_:
        hole = open_.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(2):
            waiting = open_.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 (the standard library's signature)
            waiting.connect_ex(hole.getsockname())
        yield f"http://127.0.0.1:{hole.getsockname()[1]}"


@contextlib.asynccontextmanager
async def no_such_name(_):
    yield "https://voiced.invalid"


@contextlib.asynccontextmanager
async def no_tls(service):
    yield service.url.replace("http:", "https:")


def answering(status, **headers):
    @contextlib.asynccontextmanager
    async def serve(service):
        async def answer(_):
            return web.Response(status=status, headers=headers)

        service.before = answer
        yield service.url

    return serve


def scripted(script):
    @contextlib.asynccontextmanager
    async def serve(service):
        async def play(socket_):
            await service.expect(socket_, "session.update")
            await script(socket_)

        service.script = play
        yield service.url

    return serve


async def say_nothing(socket_):
    await socket_.receive()


async def break_(socket_):
    await socket_.close(code=1011)


NETWORK = {FailureReason.UNREACHABLE, FailureReason.TIMED_OUT}
FAULTS = {
    "the name can't be resolved": (no_such_name, NETWORK, False),
    "nobody answers": (black_hole, {FailureReason.TIMED_OUT}, False),
    "no TLS": (no_tls, {FailureReason.UNREACHABLE}, True),
    "401": (answering(401), {FailureReason.REFUSED}, True),
    "403": (answering(403), {FailureReason.REFUSED}, True),
    "404": (answering(404), {FailureReason.NOT_FOUND}, True),
    "429": (answering(429, **{"Retry-After": "30"}), {FailureReason.BUSY}, False),
    "500": (answering(500), {FailureReason.BUSY}, False),
    "503": (answering(503), {FailureReason.BUSY}, False),
    "no session.updated": (scripted(say_nothing), {FailureReason.TIMED_OUT}, False),
    "closed before session.updated": (scripted(break_), {FailureReason.LOST}, False),
}


@pytest.mark.parametrize(("fault", "reasons", "owners"), FAULTS.values(), ids=FAULTS)
async def test_service_that_can_not_be_had_costs_no_word_and_is_told_once_an_outage(
    house, service, fault, reasons, owners, caplog
):
    async with fault(service) as url:
        home = house(url)
        for _ in range(2):
            assert (await home.converse())[: len(SAID)] == SAID
        (told,) = home.told
        assert told.reason in reasons
        assert told.owners is owners
        kinds = [type(event) for event in home.events]
        assert kinds[:3] == [on.FallbackAwaited, on.SessionOpened, on.FallbackBegan], "it listens before it tells"
        assert home.talks.needs_fallback
    assert caplog.text.count("Voice Live can't be had") == 1
    assert not [event for event in home.events if isinstance(event, on.SessionFailed)]


async def test_service_that_is_back_is_used_at_the_next_wake_word_and_another_outage_is_told_again(
    house, service, caplog
):
    caplog.set_level("INFO")
    async with answering(401)(service) as url:
        home = house(url)
        await home.converse()
        refuse, service.before, home.late = service.before, None, 60.0
        home.wake()
        await asyncio.wait_for(opened(home, 2), 10)
        await home.end()
        assert not home.talks.needs_fallback
        assert caplog.text.count("Voice Live is back") == 1
        service.before = refuse
        await home.converse()
    assert [told.reason for told in home.told] == [FailureReason.REFUSED] * 2


async def opened(home, count):
    while sum(isinstance(event, on.SessionOpened) for event in home.events) < count:
        await asyncio.sleep(0.001)


async def test_network_that_comes_back_to_a_refused_key_is_told_of_too(house, service):
    home = house(service.url)
    async with answering(500)(service):
        await home.converse()
    home.late = 60.0
    async with answering(403)(service):
        await home.converse()
    home.late = 600.0
    async with answering(500)(service):
        await home.converse()
    assert [told.reason for told in home.told] == [FailureReason.BUSY, FailureReason.REFUSED]


async def test_service_that_breaks_in_the_middle_of_a_sentence_hands_it_to_the_cascade_and_tells(house, service):
    home = house(service.url)

    async def script(socket_):
        await service.expect(socket_, "session.update")
        await service.send(socket_, type="session.updated")
        await service.expect(socket_, "input_audio_buffer.append")
        await service.send(socket_, type="input_audio_buffer.speech_started", item_id="a")
        service.before = gone
        await socket_.close(code=1011)

    async def gone(_):
        return web.Response(status=500)

    service.script = script
    assert (await home.converse())[: len(SAID)] == SAID
    assert [told.reason for told in home.told] == [FailureReason.BUSY]
    assert sum(isinstance(event, on.SessionOpened) for event in home.events) == 1, "the user noticed nothing"


async def test_wake_word_that_is_not_certain_tells_nothing_before_it_is(house, service):
    async with answering(503)(service) as url:
        home = house(url)
        home.wake(certain=False)
        await asyncio.wait_for(opened(home, 1), 10)
        assert not home.told
        assert not [event for event in home.events if isinstance(event, on.FallbackAwaited)]
        home.talks.confirm()
        assert len(home.told) == 1
        await home.end()


async def test_fallback_is_made_ready_while_the_service_is_still_waited_for(house):
    async with black_hole(None) as url:
        home = house(url)
        home.wake()
        async with asyncio.timeout(10):
            while not home.wanted:
                await asyncio.sleep(0.001)
        assert not home.cascade.received, "nobody has been connected yet"
        assert home.talks.status()["outage"] is None, "nor is it known that the service won't answer"
        await home.heard.get()
        assert home.wanted == 1
        await home.end()


async def test_service_that_answers_in_time_starts_no_fallback(house, service):
    home = house(service.url)
    home.wake()
    await asyncio.wait_for(opened(home, 1), 10)
    await asyncio.sleep(0.3)
    assert home.wanted == 0
    assert not home.talks.needs_fallback
    await home.end()


async def test_wake_word_that_becomes_certain_waits_for_a_fallback_that_has_not_started(house, service):
    async with answering(503)(service) as url:
        home = house(url)
        asked, listen = asyncio.Event(), home.cascade.script

        async def start_slowly(socket_):
            asked.set()
            await started.wait()
            await listen(socket_)

        started, home.cascade.script = asyncio.Event(), start_slowly
        home.wake(certain=False)
        await asyncio.wait_for(asked.wait(), 10)
        assert not home.events
        home.talks.confirm()
        assert [type(event) for event in home.events] == [on.FallbackAwaited]
        started.set()
        assert (await asyncio.wait_for(home.heard.get(), 10))[: len(SAID)] == SAID
        await home.end()
