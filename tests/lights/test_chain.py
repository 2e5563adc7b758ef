import pytest

from voiced.lights.chain import Chain
from voiced.lights.patterns import OFF, Colour, Colours

RED, BLUE = Colour(1, 0, 0), Colour(0, 0, 0.5)


class Wire:
    """Keeps what was sent; from `fails_at` on it is broken."""

    def __init__(self, fails_at: int = 1000) -> None:
        self.sent: list[bytes] = []
        self.closed = 0
        self.fails_at = fails_at

    def write(self, data: bytes) -> int:
        if len(self.sent) == self.fails_at:
            raise OSError("SPI transfer error")
        self.sent.append(data)
        return len(data)

    def close(self) -> None:
        self.closed += 1


def encode(colours: Colours) -> bytes:
    return bytes(round(255 * colour.intensity) for colour in colours)


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_every_led_is_sent_its_colour(wire: Wire) -> None:
    chain = Chain(wire, encode, 3, brightness=1)
    assert chain.count == 3
    assert wire.sent == []
    chain.show((RED, OFF, BLUE))
    assert wire.sent == [bytes((255, 0, 128))]


def test_what_is_shown_is_the_brightest_as_bright_as_it_may_be(wire: Wire) -> None:
    chain = Chain(wire, encode, 3, brightness=0.5)
    assert chain.shown() == OFF
    chain.show((OFF, BLUE, RED))
    assert chain.shown() == Colour(0.5, 0, 0)


def test_closing_goes_dark_and_gives_everything_back_once(wire: Wire) -> None:
    supply = Wire()
    chain = Chain(wire, encode, 2, brightness=1, supply=supply)
    chain.show((RED, RED))
    chain.close()
    chain.close()
    assert wire.sent[-1] == bytes(2)
    assert (len(wire.sent), wire.closed, supply.closed) == (2, 1, 1)
    assert chain.shown() == OFF


def test_chain_that_was_never_lit_is_left_to_whoever_lights_it(wire: Wire) -> None:
    Chain(wire, encode, 2, brightness=1).close()
    assert (wire.sent, wire.closed) == ([], 1)


def test_chain_that_is_told_darkness_goes_dark(wire: Wire) -> None:
    chain = Chain(wire, encode, 2, brightness=1)
    chain.show((OFF, OFF))
    chain.close()
    assert wire.sent == [bytes(2)]


def test_wire_that_breaks_is_given_back_all_the_same() -> None:
    wire, supply = Wire(fails_at=1), Wire()
    chain = Chain(wire, encode, 2, brightness=1, supply=supply)
    chain.show((RED, RED))
    chain.close()
    assert (wire.closed, supply.closed) == (1, 1)
