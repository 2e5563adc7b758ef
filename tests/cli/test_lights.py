import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory
from spi_line import Line, mock_pins

from voiced.assistant.phases import Phase
from voiced.cli import main
from voiced.cli.lights import demonstrate
from voiced.lights.drivers import open_driver
from voiced.lights.encoding import apa102
from voiced.lights.patterns import OFF
from voiced.lights.settings import LightDriver, LightsSettings, PinSettings

LAMP = LightsSettings(driver=LightDriver.LED, pins=PinSettings(led=18), brightness=1)


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    with mock_pins(monkeypatch) as factory:
        yield Line(factory)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "voiced.yaml"
    path.write_text(json.dumps({"lights": {"driver": "led", "pins": {"led": 18}}}))
    return path


def test_light_left_on_by_a_dead_daemon_is_put_out(pins: MockFactory, config: Path) -> None:
    pin = pins.pin(18)
    pin.function = "output"
    pin.state = 1
    assert main(["lights", "off", "--config", str(config)]) == 0
    assert pin.state == 0


def test_chain_left_on_by_a_dead_daemon_is_put_out(chain: Line, tmp_path: Path) -> None:
    path = tmp_path / "voiced.yaml"
    path.write_text(json.dumps({"lights": {"driver": "apa102", "count": 3, "brightness": 1}}))
    assert main(["lights", "off", "--config", str(path)]) == 0
    assert chain.transfers == [apa102([OFF] * 3)]


def test_demo_shows_every_phase_on_a_chain(chain: Line, tmp_path: Path) -> None:
    path = tmp_path / "voiced.yaml"
    path.write_text(json.dumps({"lights": {"driver": "apa102", "count": 3, "brightness": 1}}))
    assert main(["lights", "demo", "--seconds", "0.05", "--config", str(path)]) == 0
    assert len(set(chain.transfers)) > len(Phase) / 2
    assert chain.transfers[-1] == apa102([OFF] * 3)


def test_chain_that_fails_is_one_line_with_what_helps(
    chain: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("'SPI transfer failed'")

    monkeypatch.setattr(chain, "on_start", fail)
    path = tmp_path / "voiced.yaml"
    path.write_text(json.dumps({"lights": {"driver": "apa102", "count": 3}}))
    assert main(["lights", "off", "--config", str(path)]) == 69
    (line,) = capsys.readouterr().err.splitlines()
    assert "the light failed: RuntimeError: 'SPI transfer failed'. Check the wiring" in line


def test_off_without_a_light_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "voiced.yaml"
    path.write_text("{}")
    assert main(["lights", "off", "--config", str(path)]) == 0


def test_demo_without_a_light_names_the_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "voiced.yaml"
    path.write_text("{}")
    assert main(["lights", "demo", "--config", str(path)]) == 69
    assert "lights: {driver: rgb" in capsys.readouterr().err


def test_demo_shows_every_phase_by_its_name(pins: MockFactory, capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    shown = []
    driver = open_driver(LAMP)

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        shown.append(driver.shown())

    demonstrate(driver, 1.0, clock=lambda: now, sleep=sleep)
    assert capsys.readouterr().out.splitlines() == [phase.value.replace("_", " ") for phase in Phase]
    assert max(colour.intensity for colour in shown) > 0.9
    assert len(set(shown)) > 100  # they move
    driver.close()
