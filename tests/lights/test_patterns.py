import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant.phases import Phase
from voiced.lights.patterns import FADE_SECONDS, OFF, Colour, cross_fade, pattern_for

FRAMES = 30
"""A second; the patterns are looked at as often as they are drawn."""
MOMENTS = [frame / FRAMES for frame in range(12 * FRAMES)]
SECONDS = st.floats(0, 1e6)
COLOURS = st.builds(Colour, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))


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
def test_a_cross_fade_begins_with_the_one_and_ends_with_the_other(before: Colour, after: Colour) -> None:
    assert cross_fade(before, after, 0) == before
    faded = cross_fade(before, after, FADE_SECONDS)
    assert (faded.red, faded.green, faded.blue) == pytest.approx((after.red, after.green, after.blue))
    assert cross_fade(before, after, 1e9) == faded


@given(COLOURS, COLOURS, st.floats(0, FADE_SECONDS), st.floats(0, 1 / FRAMES))
def test_a_cross_fade_never_jumps_and_stays_between(
    before: Colour, after: Colour, seconds: float, later: float
) -> None:
    now, then = cross_fade(before, after, seconds), cross_fade(before, after, seconds + later)
    assert abs(then.red - now.red) <= 1.5 / FADE_SECONDS * later + 1e-6
    assert min(before.red, after.red) - 1e-9 <= now.red <= max(before.red, after.red) + 1e-9


def test_intensity_is_the_brightest_part() -> None:
    assert Colour(0.2, 0.7, 0.1).intensity == 0.7
    assert OFF.intensity == 0
    assert Colour(1, 0.5, 0).scaled(0.5) == Colour(0.5, 0.25, 0)
