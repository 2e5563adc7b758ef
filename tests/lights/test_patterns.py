import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant.phases import Phase
from voiced.lights.patterns import FADE_SECONDS, OFF, Colour, Colours, cross_fade, pattern_for

FRAMES = 30
"""A second; the patterns are looked at as often as they are drawn."""
MOMENTS = [frame / FRAMES for frame in range(12 * FRAMES)]
SECONDS = st.floats(0, 1e6)
COLOUR = st.builds(Colour, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
COLOURS = st.tuples(COLOUR, COLOUR)
"""Of two LEDs."""
RINGS = (3, 12)


def perceived(phase: Phase) -> list[float]:
    """What an eye sees on a single LED, twelve seconds long."""
    return [math.sqrt(pattern_for(phase).colour_at(moment).intensity) for moment in MOMENTS]


def peaks(levels: list[float]) -> list[int]:
    return [i for i in range(1, len(levels) - 1) if levels[i - 1] < levels[i] >= levels[i + 1]]


@given(st.sampled_from(Phase), SECONDS)
def test_every_phase_has_a_colour_at_every_moment(phase: Phase, seconds: float) -> None:
    colour = pattern_for(phase).colour_at(seconds)
    assert all(0 <= part <= 1 for part in (colour.red, colour.green, colour.blue))


@given(st.sampled_from(Phase), st.floats(0, 1e4), st.floats(0, 1 / FRAMES))
def test_a_pattern_never_jumps(phase: Phase, seconds: float, later: float) -> None:
    before, after = pattern_for(phase).colour_at(seconds), pattern_for(phase).colour_at(seconds + later)
    # at most from dark to bright in a tenth of a second, which no eye takes for a jump
    assert abs(after.intensity - before.intensity) <= 10.5 * later + 1e-6


@pytest.mark.parametrize("phase", Phase)
def test_only_a_pattern_that_is_still_says_so(phase: Phase) -> None:
    assert pattern_for(phase).still == (len(set(perceived(phase))) == 1)


def test_idle_is_dark_and_the_others_are_not() -> None:
    assert {phase for phase in Phase if max(perceived(phase)) == 0} == {Phase.IDLE}
    assert pattern_for(Phase.IDLE).still


@pytest.mark.parametrize(("one", "other"), list(combinations(Phase, 2)))
def test_a_single_led_tells_any_two_phases_apart(one: Phase, other: Phase) -> None:
    first, second = perceived(one), perceived(other)
    brightness = max(abs(min(first) - min(second)), abs(max(first) - max(second)))
    slow, fast = sorted((len(peaks(first)), len(peaks(second))))
    assert brightness >= 0.15 or fast >= 1.5 * slow > 0


@pytest.mark.parametrize("phase", Phase)
def test_no_pattern_flashes_more_than_three_times_a_second(phase: Phase) -> None:
    found = peaks(perceived(phase))
    assert all(sum(start <= peak < start + FRAMES for peak in found) <= 3 for start in found)


@given(COLOURS, COLOURS)
def test_a_cross_fade_begins_with_the_one_and_ends_with_the_other(before: Colours, after: Colours) -> None:
    assert cross_fade(before, after, 0) == before
    assert cross_fade(before, after, FADE_SECONDS) == after
    assert cross_fade(before, after, 1e9) == after


@given(COLOURS, COLOURS, st.floats(0, FADE_SECONDS), st.floats(0, 1 / FRAMES))
def test_a_cross_fade_never_jumps_and_stays_between(
    before: Colours, after: Colours, seconds: float, later: float
) -> None:
    now, then = cross_fade(before, after, seconds), cross_fade(before, after, seconds + later)
    for old, new, one, other in zip(before, after, now, then, strict=True):
        assert abs(other.red - one.red) <= 1.5 / FADE_SECONDS * later + 1e-6
        assert min(old.red, new.red) - 1e-9 <= one.red <= max(old.red, new.red) + 1e-9


def on_a_ring(phase: Phase, count: int, place: int) -> list[float]:
    """What an eye sees of one LED of a ring, twelve seconds long."""
    return [math.sqrt(pattern_for(phase).colours_at(moment, count)[place].intensity) for moment in MOMENTS]


@given(st.sampled_from(Phase), SECONDS, st.integers(1, 150))
def test_every_led_of_a_ring_has_a_colour_at_every_moment(phase: Phase, seconds: float, count: int) -> None:
    colours = pattern_for(phase).colours_at(seconds, count)
    assert len(colours) == count
    assert all(0 <= part <= 1 for colour in colours for part in (colour.red, colour.green, colour.blue))


@given(st.sampled_from(Phase), st.floats(0, 1e4), st.floats(0, 1 / FRAMES))
def test_a_pattern_never_jumps_on_a_ring(phase: Phase, seconds: float, later: float) -> None:
    before, after = pattern_for(phase).colours_at(seconds, 12), pattern_for(phase).colours_at(seconds + later, 12)
    assert all(abs(b.intensity - a.intensity) <= 10.5 * later + 1e-6 for a, b in zip(before, after, strict=True))


@given(st.sampled_from(Phase), SECONDS)
def test_one_led_shows_what_a_single_led_does(phase: Phase, seconds: float) -> None:
    assert pattern_for(phase).colours_at(seconds, 1) == (pattern_for(phase).colour_at(seconds),)


def test_light_goes_round_while_the_speaker_connects_and_thinks() -> None:
    turning = {phase for phase in Phase if on_a_ring(phase, 12, 0) != on_a_ring(phase, 12, 6)}
    assert turning == {Phase.CONNECTING, Phase.THINKING}
    brightest = [
        max(range(12), key=lambda place: pattern_for(Phase.THINKING).colours_at(moment, 12)[place].intensity)
        for moment in MOMENTS[:42]  # one turn
    ]
    assert list(dict.fromkeys(brightest)) == list(range(12))


@pytest.mark.parametrize("count", RINGS)
@pytest.mark.parametrize("phase", Phase)
def test_no_led_of_a_ring_flashes_more_than_three_times_a_second(phase: Phase, count: int) -> None:
    for place in range(count):
        found = peaks(on_a_ring(phase, count, place))
        assert all(sum(start <= peak < start + FRAMES for peak in found) <= 3 for start in found)


@pytest.mark.parametrize("phase", Phase)
def test_a_pattern_that_is_still_is_so_on_a_ring(phase: Phase) -> None:
    shown = {pattern_for(phase).colours_at(moment, 12) for moment in MOMENTS}
    assert (len(shown) == 1) == pattern_for(phase).still


def test_intensity_is_the_brightest_part() -> None:
    assert Colour(0.2, 0.7, 0.1).intensity == 0.7
    assert OFF.intensity == 0
    assert Colour(1, 0.5, 0).scaled(0.5) == Colour(0.5, 0.25, 0)
