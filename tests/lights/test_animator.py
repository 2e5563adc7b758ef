import asyncio
import contextlib
import logging
import pickle
from collections.abc import AsyncIterator

import pytest
from gpiozero.pins.mock import MockFactory

from voiced.assistant.phases import Phase
from voiced.lights.animator import FRAME_SECONDS, Lights
from voiced.lights.chain import Chain
from voiced.lights.drivers import Dark, Driver, open_driver
from voiced.lights.patterns import FADE_SECONDS, OFF, Colour, Colours, pattern_for
from voiced.lights.settings import LightDriver, LightsSettings, PinSettings

SETTINGS = LightsSettings(driver=LightDriver.RGB, pins=PinSettings(red=17, green=27, blue=22), brightness=1)


class Time:
    """A clock that stands still until it is told to go on, and the sleep that goes with it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self.slept = 0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now + seconds, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        end = self.now + seconds
        await settle()
        while self.sleepers and self.sleepers[0][0] <= end + 1e-9:
            self.now, woken = self.sleepers.pop(0)
            woken.set_result(None)
            await settle()
        self.now = end


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Stage:
    """Lights that run over a driver, on a clock of the test's own."""

    def __init__(self, driver: Driver) -> None:
        self.time = Time()
        self.seen: list[Colour] = []
        self.lights = Lights(driver, clock=self.time.clock, sleep=self.time.sleep, observe=self.seen.append)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.lights.run())
        await settle()
        yield task
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Wire:
    """The SPI of a chain; `encode` keeps the colours as they are."""

    def __init__(self) -> None:
        self.sent: list[Colours] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(pickle.loads(data))  # noqa: S301 (of our own making)

    def close(self) -> None:
        self.closed = True


def ring(wire: Wire) -> Chain:
    return Chain(wire, pickle.dumps, 12, brightness=0.5)


class Breaking:
    """A driver whose wire falls off at the third frame."""

    count = 2

    def __init__(self) -> None:
        self.frames = 0
        self.closed = 0

    def show(self, colours: Colours) -> None:
        self.frames += 1
        if self.frames == 3:
            raise RuntimeError("bad GPIO write")

    def shown(self) -> Colour:
        return Colour(self.frames / 10, 0, 0)

    def close(self) -> None:
        self.closed += 1
        raise RuntimeError("not even this")


async def test_a_moving_pattern_is_drawn_on_the_pins_frame_by_frame(pins: MockFactory) -> None:
    stage = Stage(open_driver(SETTINGS))
    async with stage.running():
        await stage.time.advance(FADE_SECONDS + 2)
        expected = pattern_for(Phase.STARTING).colour_at(stage.time.now - 1000)
        assert pins.pin(17).state == pytest.approx(expected.red, abs=0.05)
        assert pins.pin(22).state == pytest.approx(expected.blue, abs=0.05)
        assert stage.time.slept == pytest.approx((FADE_SECONDS + 2) / FRAME_SECONDS, abs=2)
        assert len(pins.pin(17).states) > 50


async def test_nothing_runs_while_a_pattern_is_still(pins: MockFactory) -> None:
    stage = Stage(open_driver(SETTINGS))
    async with stage.running():
        stage.lights.show(Phase.LISTENING)
        await stage.time.advance(FADE_SECONDS + 0.1)
        frames = stage.time.slept
        await stage.time.advance(3600)
        assert stage.time.slept == frames
        assert stage.time.sleepers == []
        hue = pattern_for(Phase.LISTENING).colour_at(0)
        assert (pins.pin(17).state, pins.pin(27).state, pins.pin(22).state) == (hue.red, hue.green, hue.blue)


async def test_idle_goes_dark_and_another_phase_wakes_it(pins: MockFactory) -> None:
    stage = Stage(open_driver(SETTINGS))
    async with stage.running():
        stage.lights.show(Phase.IDLE)
        await stage.time.advance(10)
        assert stage.seen == [] or stage.seen[-1] == OFF
        assert pins.pin(22).state == 0
        assert stage.time.sleepers == []
        stage.lights.show(Phase.CONNECTING)
        await stage.time.advance(0.3)
        assert pins.pin(22).state > 0.1


async def test_a_new_phase_fades_in_from_what_is_lit(pins: MockFactory) -> None:
    stage = Stage(open_driver(SETTINGS))
    async with stage.running():
        phases = [Phase.LISTENING, Phase.THINKING, Phase.SPEAKING, Phase.ALERTING, Phase.MUTED, Phase.IDLE]
        for phase in phases:
            stage.lights.show(phase)
            await stage.time.advance(0.07)  # in the middle of a fade
        await stage.time.advance(1)
    steps = [abs(b.intensity - a.intensity) for a, b in zip([OFF, *stage.seen], stage.seen, strict=False)]
    assert len(stage.seen) > 10
    assert max(steps) < 0.45
    assert stage.seen[-1] == OFF


async def test_a_bright_light_does_not_go_dark_on_its_way_to_another(pins: MockFactory) -> None:
    stage = Stage(open_driver(SETTINGS))
    async with stage.running():
        stage.lights.show(Phase.LISTENING)
        await stage.time.advance(1)
        stage.lights.show(Phase.CONNECTING)
        await stage.time.advance(FRAME_SECONDS)
        assert pins.pin(22).state > 0.8


async def test_the_same_phase_again_goes_on_undisturbed(pins: MockFactory) -> None:
    stage = Stage(open_driver(SETTINGS))
    async with stage.running():
        stage.lights.show(Phase.THINKING)
        await stage.time.advance(0.7)  # half a breath: brightest
        stage.lights.show(Phase.THINKING)
        await stage.time.advance(0.7)  # the other half: dimmest
        assert pins.pin(22).state < 0.1


async def test_what_is_observed_is_what_the_pins_do(pins: MockFactory) -> None:
    stage = Stage(open_driver(SETTINGS.model_copy(update={"brightness": 0.25})))
    async with stage.running():
        stage.lights.show(Phase.SPEAKING)
        await stage.time.advance(3)
    driven = [state.state for state in pins.pin(27).states]
    assert [colour.green for colour in stage.seen] == driven[-len(stage.seen) :]
    assert max(colour.intensity for colour in stage.seen) <= 0.25
    assert all(a != b for a, b in zip(stage.seen, stage.seen[1:], strict=False))


async def test_cancelling_goes_dark_and_gives_the_pins_back(pins: MockFactory) -> None:
    stage = Stage(open_driver(SETTINGS))
    async with stage.running() as task:
        stage.lights.show(Phase.LISTENING)
        await stage.time.advance(1)
        assert pins.pin(22).state == 1
    assert task.cancelled()
    assert [pins.pin(number).state for number in (17, 27, 22)] == [0, 0, 0]
    assert pins.pin(22).function == "input"
    assert stage.seen[-1] == OFF


async def test_a_driver_that_fails_is_one_warning_and_dark_from_then_on(caplog: pytest.LogCaptureFixture) -> None:
    driver = Breaking()
    stage = Stage(driver)
    async with stage.running() as task:
        await stage.time.advance(1)
        stage.lights.show(Phase.ALERTING)
        await stage.time.advance(1)
        assert not task.done()
        assert stage.time.sleepers == []
    assert (driver.frames, driver.closed) == (3, 1)
    assert stage.seen == [Colour(0.1, 0, 0), Colour(0.2, 0, 0), OFF]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "bad GPIO write" in record.getMessage()


async def test_light_goes_round_a_ring_and_is_observed_as_its_brightest_led() -> None:
    wire = Wire()
    stage = Stage(ring(wire))
    async with stage.running():
        stage.lights.show(Phase.THINKING)
        await stage.time.advance(FADE_SECONDS + 2)
    after = int(FADE_SECONDS / FRAME_SECONDS) + 2
    brightest = [max(range(12), key=lambda led: sent[led].intensity) for sent in wire.sent[after:-1]]
    assert set(brightest) == set(range(12))
    assert stage.seen[-2].intensity == pytest.approx(0.5 * max(colour.intensity for colour in wire.sent[-2]))


async def test_phases_fade_into_each_other_on_every_led_of_a_ring() -> None:
    wire = Wire()
    stage = Stage(ring(wire))
    async with stage.running():
        for phase in (Phase.CONNECTING, Phase.LISTENING, Phase.THINKING, Phase.SPEAKING, Phase.IDLE):
            stage.lights.show(phase)
            await stage.time.advance(0.11)  # in the middle of a fade
        await stage.time.advance(1)
    steps = [
        abs(new.intensity - old.intensity)
        for before, after in zip(wire.sent, wire.sent[1:], strict=False)
        for old, new in zip(before, after, strict=True)
    ]
    assert max(steps) < 0.45
    assert wire.sent[-1] == (OFF,) * 12


async def test_nothing_is_sent_to_a_ring_while_a_pattern_is_still() -> None:
    wire = Wire()
    stage = Stage(ring(wire))
    async with stage.running():
        stage.lights.show(Phase.LISTENING)
        await stage.time.advance(FADE_SECONDS + 0.1)
        sent = len(wire.sent)
        await stage.time.advance(3600)
        assert len(wire.sent) == sent
        assert len(set(wire.sent[-1])) == 1
    assert wire.sent[-1] == (OFF,) * 12
    assert wire.closed


async def test_without_a_light_nothing_runs() -> None:
    stage = Stage(Dark())
    async with stage.running():
        stage.lights.show(Phase.THINKING)
        await stage.time.advance(10)
        assert stage.time.slept == 0
    assert stage.seen == []


async def test_an_observer_that_fails_does_not_keep_the_pins(pins: MockFactory) -> None:
    def observe(colour: Colour) -> None:
        raise LookupError

    time = Time()
    lights = Lights(open_driver(SETTINGS), clock=time.clock, sleep=time.sleep, observe=observe)
    task = asyncio.create_task(lights.run())
    await time.advance(1)
    with pytest.raises(LookupError):
        await task
    assert pins.pin(22).function == "input"
