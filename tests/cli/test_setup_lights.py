from collections.abc import Iterator

import pytest
from spi_line import Line, mock_pins

from voiced.cli import setup_lights
from voiced.cli.setup_dialogue import Dialogue
from voiced.cli.setup_lights import ask_for_lights
from voiced.lights.encoding import apa102, ws2812
from voiced.lights.patterns import OFF


class Owner:
    """Answers in order; what was told is kept."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.told: list[str] = []
        self.dialogue = Dialogue(self.read, self.read, self.told.append)

    def read(self, prompt: str) -> str:
        self.told.append(prompt)
        return self.answers.pop(0)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr(setup_lights, "SECONDS", 0.05)
    with mock_pins(monkeypatch) as pins:
        yield Line(pins)


def test_enter_is_no_light() -> None:
    assert ask_for_lights(Owner("").dialogue) == {"driver": "none"}


def test_hat_of_three_leds_is_tried_and_left_dark(line: Line) -> None:
    owner = Owner("4", "", "", "")
    assert ask_for_lights(owner.dialogue) == {"driver": "apa102", "count": 3}
    assert len(set(line.transfers)) > 2
    assert line.transfers[-1] == apa102([OFF] * 3, brightness=0.6)
    assert "Every pattern, one after the other:" in owner.told


def test_ring_with_a_power_switch(line: Line) -> None:
    owner = Owner("5", "many", "2", "five", "5", "y")
    assert ask_for_lights(owner.dialogue) == {"driver": "ws2812", "count": 2, "pins": {"power": 5}}
    assert line.transfers[-1] == ws2812([OFF] * 2)
    assert "A number from 1 to 150." in owner.told
    assert "A number from 0 to 27, by Broadcom's count." in owner.told


def test_pins_that_can_not_be_are_asked_for_again(line: Line) -> None:
    owner = Owner("4", "3", "10", "3", "17", "17", "4", "4", "3", "none", "")
    assert ask_for_lights(owner.dialogue) == {"driver": "apa102", "count": 3}
    assert "SPI and power are both GPIO 10" in owner.told
    assert "red and green are both GPIO 17" in owner.told


def test_light_that_fails_while_it_is_tried_is_told(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("'SPI transfer failed'")

    monkeypatch.setattr(line, "on_start", fail)
    owner = Owner("4", "", "", "n", "1")
    assert ask_for_lights(owner.dialogue) == {"driver": "none"}
    assert any("It failed: RuntimeError: 'SPI transfer failed'" in told for told in owner.told)


def test_light_that_can_not_be_lit_here_may_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "nothing")
    monkeypatch.setattr("gpiozero.Device.pin_factory", None)
    owner = Owner("2", "", "y")
    assert ask_for_lights(owner.dialogue) == {"driver": "led", "pins": {"led": 17}}
    assert "It can't be lit here; see the line above." in owner.told
