"""gpiozero's mock pins with something on SPI that notes what it is sent."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin, MockSPIDevice


class Line(MockSPIDevice):
    """What hangs on the pins of SPI 0 and notes every transfer."""

    def __init__(self, factory: MockFactory, select: str = "GPIO8") -> None:
        self.transfers: list[bytes] = []
        super().__init__("GPIO11", "GPIO10", "GPIO9", select, pin_factory=factory)

    def on_start(self) -> None:
        super().on_start()
        self.transfers.append(b"")

    def on_bit(self) -> None:
        if len(self.rx_buf) == 8:
            self.transfers[-1] += bytes([self.rx_word()])
            self.rx_buf = []


@contextmanager
def mock_pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    """In place of the machine's: pins that can't dim, for those that can are none to gpiozero's mock of a device."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    factory = MockFactory(pin_class=MockPin)
    monkeypatch.setattr(Device, "pin_factory", factory)
    yield factory
    factory.reset()
