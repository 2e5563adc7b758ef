import errno
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero import LED, Device, GPIOPinInUse
from gpiozero.pins.mock import MockFactory, MockPin
from spi_line import Line, mock_pins

from voiced.lights import pins as module
from voiced.lights.chain import Chain
from voiced.lights.drivers import Dark, open_driver, problem
from voiced.lights.encoding import apa102, ws2812
from voiced.lights.patterns import OFF, Colour
from voiced.lights.pins import open_spi
from voiced.lights.settings import LightDriver, LightsSettings, PinSettings, SpiSettings

RING = LightsSettings(driver=LightDriver.APA102, count=3, brightness=1)
COLOURS = (Colour(1, 0, 0), Colour(0, 1, 0), Colour(0, 0.25, 1))


class Closed(MockFactory):
    """Pins of a Pi whose SPI can't be opened, which gpiozero then replaces by pins that it switches itself."""

    def _get_spi_class(self, shared: bool, hardware: bool) -> type:  # noqa: FBT001 (gpiozero's)
        if hardware:
            raise RuntimeError("'can not open SPI device'")  # as lgpio 0.2.2 words it
        return super()._get_spi_class(shared, hardware)


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    with mock_pins(monkeypatch) as factory:
        yield factory


@pytest.fixture
def line(pins: MockFactory) -> Line:
    return Line(pins)


@pytest.fixture
def closed(pins: MockFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A Pi whose SPI can't be opened; where its device would be."""
    factory = Closed(pin_class=MockPin)
    monkeypatch.setattr(Device, "pin_factory", factory)
    monkeypatch.setattr(module, "DEVICE", f"{tmp_path}/spidev0.{{}}")
    yield tmp_path / "spidev0.0"
    factory.reset()


def warning(caplog: pytest.LogCaptureFixture) -> str:
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    return record.getMessage()


def test_a_chain_of_apa102_is_sent_its_frame_and_then_darkness(line: Line) -> None:
    driver = open_driver(RING)
    assert isinstance(driver, Chain)
    assert driver.count == 3
    driver.show(COLOURS)
    assert line.transfers == [apa102(COLOURS)]
    driver.close()
    assert line.transfers[1:] == [apa102([OFF] * 3)]


def test_a_chain_of_ws2812_is_sent_its_frame_in_its_order_and_brightness(line: Line) -> None:
    settings = {"driver": "ws2812", "count": 3, "order": "rgb", "brightness": 0.5}
    driver = open_driver(LightsSettings.model_validate(settings, strict=False))
    driver.show(COLOURS)
    driver.close()
    assert line.transfers[0] == ws2812(COLOURS, order="rgb", brightness=0.5)


def test_the_other_device_selects_its_own_pin(pins: MockFactory) -> None:
    other = Line(pins, "GPIO7")
    driver = open_driver(RING.model_copy(update={"spi": SpiSettings(device=1)}))
    driver.show(COLOURS)
    driver.close()
    assert other.transfers[0] == apa102(COLOURS)


@pytest.mark.parametrize("active_high", [True, False])
def test_power_is_on_while_the_chain_is_open(line: Line, pins: MockFactory, *, active_high: bool) -> None:
    driver = open_driver(RING.model_copy(update={"pins": PinSettings(power=5), "active_high": active_high}))
    assert pins.pin(5).function == "output"
    assert pins.pin(5).state == active_high
    driver.show(COLOURS)
    assert pins.pin(5).state == active_high
    driver.close()
    assert pins.pin(5).function == "input"


def test_closing_gives_the_pins_of_spi_back(line: Line) -> None:
    open_driver(RING).close()
    with LED(10):
        pass
    assert isinstance(open_driver(RING), Chain)


def test_what_else_wants_a_pin_of_spi_does_not_get_it(line: Line) -> None:
    driver = open_driver(RING)
    with pytest.raises(GPIOPinInUse):
        LED(10)
    driver.close()


def test_a_pin_of_spi_that_is_taken_is_one_warning_and_the_power_is_given_back(
    line: Line, pins: MockFactory, caplog: pytest.LogCaptureFixture
) -> None:
    with LED(10):
        assert isinstance(open_driver(RING.model_copy(update={"pins": PinSettings(power=5)})), Dark)
    assert "GPIO10" in warning(caplog)
    assert pins.pin(5).function == "input"


def test_spi_that_is_switched_off_is_one_warning_with_the_command(
    closed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(open_driver(RING), Dark)
    text = warning(caplog)
    assert f"SPI is off: '{closed}'" in text
    assert "sudo raspi-config nonint do_spi 0" in text


def test_spi_that_may_not_be_used_names_the_group(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed.touch()
    monkeypatch.setattr(module.os, "access", lambda path, _: path != str(closed))  # root may use everything
    found = problem(RING)
    assert found is not None
    assert "usermod -a -G spi" in found[1]


def test_spi_that_fails_in_another_way_says_what_the_library_said(closed: Path) -> None:
    closed.touch()
    found = problem(RING)
    assert found is not None
    assert "can not open SPI device" in found[0]
    assert "which driver has SPI 0" in found[1]


def test_pins_are_never_switched_one_by_one_in_place_of_spi(closed: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as outside the tests
        with pytest.raises(OSError, match="SPI is off") as caught:
            open_spi(0, 1_000_000)
    assert caught.value.errno == errno.ENOENT
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LED(10).close()  # and none of them is kept


def test_looking_for_a_problem_leaves_the_chain_to_whoever_lights_it(line: Line) -> None:
    assert problem(RING) is None
    assert line.transfers == []


def test_rate_is_set_where_there_is_one(pins: MockFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    class Spi:
        rate = 500_000

    class Factory:
        def spi(self, **which: int) -> Spi:
            assert which == {"port": 0, "device": 1}
            return Spi()

    monkeypatch.setattr(Device, "pin_factory", Factory())
    assert open_spi(1, 6_400_000).rate == 6_400_000


def test_spi_that_refuses_the_rate_is_given_back(pins: MockFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    class Spi:
        def __setattr__(self, name: str, value: object) -> None:
            raise RuntimeError("'SPI ioctl failed'")

        def close(self) -> None:
            closed.append(True)

    class Factory:
        def spi(self, **_: int) -> Spi:
            return Spi()

    monkeypatch.setattr(Device, "pin_factory", Factory())
    with pytest.raises(RuntimeError, match="ioctl"):
        open_spi(0, 6_400_000)
    assert closed == [True]
