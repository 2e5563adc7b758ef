import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.lights.encoding import WS2812_HERTZ, apa102, ws2812
from voiced.lights.patterns import OFF, Colour
from voiced.lights.settings import MOST_LEDS, ColourOrder

COLOUR = st.builds(Colour, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
COLOURS = st.lists(COLOUR, min_size=1, max_size=MOST_LEDS)
PI_HERTZ = 6_250_000
"""What 6.4 MHz become on every Pi: an even part of 250, 400 or 500 MHz, the core's clock, or of 200 MHz on a Pi 5."""
MICROSECONDS = 1e6 / PI_HERTZ
RED = Colour(1, 0, 0)


def apa102_chain(sent: bytes, count: int) -> list[tuple[int, ...]]:
    """What such LEDs take from the line: current, then the three bytes, each."""
    assert sent[:4] == bytes(4)
    words = [tuple(sent[at : at + 4]) for at in range(4, 4 + 4 * count, 4)]
    assert all(word[0] >> 5 == 0b111 for word in words)
    return [(word[0] & 31, *word[1:]) for word in words]


def ws2812_chain(sent: bytes, most: int = MOST_LEDS) -> list[tuple[int, int, int]]:
    """What such LEDs take from the line, by the length of its pulses, as their datasheets have them."""
    line = "".join(f"{byte:08b}" for byte in sent)
    pulses = [len(high) for high in line.split("0") if high]
    bits = []
    for length in pulses:
        high = length * MICROSECONDS
        short, long = 0.22 <= high <= 0.38, 0.65 <= high <= 0.95
        assert short or long
        bits.append("1" if long else "0")
    values = [int("".join(bits[at : at + 8]), 2) for at in range(0, len(bits), 8)]
    assert len(bits) % 24 == 0
    return list(zip(values[::3], values[1::3], values[2::3], strict=True))[:most]


@given(COLOURS)
def test_each_apa102_takes_its_colour_blue_first(colours: list[Colour]) -> None:
    words = apa102_chain(apa102(colours), len(colours))
    assert words == [(31, round(c.blue * 255), round(c.green * 255), round(c.red * 255)) for c in colours]


@given(COLOURS)
def test_last_apa102_is_given_the_clocks_that_the_others_have_kept(colours: list[Colour]) -> None:
    rest = apa102(colours)[4 + 4 * len(colours) :]
    assert set(rest) == {0}  # ones would light an LED that is not counted
    latch = 32
    assert latch + len(colours) / 2 <= 8 * len(rest) < latch + len(colours) / 2 + 8


@given(COLOUR, st.floats(0, 1))
def test_apa102_is_as_bright_as_it_was_told(colour: Colour, brightness: float) -> None:
    ((current, blue, green, red),) = apa102_chain(apa102([colour], brightness=brightness), 1)
    step = current / 31 / 255
    for value, part in ((blue, colour.blue), (green, colour.green), (red, colour.red)):
        assert value * step == pytest.approx(part * brightness, abs=step / 2 + 1e-9)


def test_dim_apa102_keeps_its_steps() -> None:
    levels = {apa102([Colour(level / 100, 0, 0)], brightness=1 / 31) for level in range(101)}
    assert len(levels) == 101


@given(COLOURS)
def test_each_ws2812_takes_its_colour_green_first(colours: list[Colour]) -> None:
    taken = ws2812_chain(ws2812(colours))
    assert taken == [(round(c.green * 255), round(c.red * 255), round(c.blue * 255)) for c in colours]


@given(COLOUR, st.floats(0, 1))
def test_ws2812_is_as_bright_as_it_was_told(colour: Colour, brightness: float) -> None:
    ((green, red, blue),) = ws2812_chain(ws2812([colour], brightness=brightness))
    for value, part in ((green, colour.green), (red, colour.red), (blue, colour.blue)):
        assert value / 255 == pytest.approx(part * brightness, abs=0.5 / 255 + 1e-9)


@given(COLOURS)
def test_line_of_a_ws2812_is_low_before_and_after_for_as_long_as_the_latest_kind_asks(colours: list[Colour]) -> None:
    line = "".join(f"{byte:08b}" for byte in ws2812(colours))
    for rest in (len(line) - len(line.lstrip("0")), len(line) - len(line.rstrip("0"))):
        assert rest * MICROSECONDS >= 280
        assert rest * 1e6 / WS2812_HERTZ >= 280


@given(COLOURS)
def test_bytes_of_a_ws2812_end_low_so_that_a_pause_between_them_is_no_longer_pulse(colours: list[Colour]) -> None:
    assert all(byte & 1 == 0 for byte in ws2812(colours))


def test_longest_chain_fits_one_transfer_of_the_kernel() -> None:
    assert len(ws2812([RED] * MOST_LEDS)) <= 4096
    assert len(apa102([RED] * MOST_LEDS)) <= 4096


@pytest.mark.parametrize("order", ColourOrder)
def test_colours_go_in_the_order_of_the_chain(order: ColourOrder) -> None:
    (word,) = apa102_chain(apa102([RED], order=order), 1)
    assert word[1:].index(255) == order.index("r")
    (taken,) = ws2812_chain(ws2812([RED], order=order))
    assert taken.index(255) == order.index("r")


@pytest.mark.parametrize("brightness", [0, 0.6, 1])
def test_darkness_is_dark(brightness: float) -> None:
    assert [word[1:] for word in apa102_chain(apa102([OFF] * 3, brightness=brightness), 3)] == [(0, 0, 0)] * 3
    assert ws2812_chain(ws2812([OFF] * 3, brightness=brightness)) == [(0, 0, 0)] * 3
    assert {word[1:] for word in apa102_chain(apa102([RED], brightness=0), 1)} == {(0, 0, 0)}
