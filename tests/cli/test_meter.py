import io
import wave

import numpy as np
import pytest

from voiced.audio.level import Level
from voiced.audio.settings import InputSettings
from voiced.cli.meter import HOLD_SECONDS, Peak, bar, line, show


def test_the_bar_shows_level_noise_floor_and_held_peak():
    assert bar(-36, -18, -54, 9) == "##:##-|--"
    assert bar(-96, -96, -96, 9) == "|--------"
    assert bar(0, 0, -54, 9) == "##:#####|"


def test_a_peak_is_held_until_its_time_is_over_or_a_higher_comes():
    peak = Peak()
    assert peak.update(-20, 0) == -20
    assert peak.update(-40, HOLD_SECONDS - 0.1) == -20
    assert peak.update(-10, HOLD_SECONDS - 0.05) == -10
    assert peak.update(-40, HOLD_SECONDS + 0.1) == -10
    assert peak.update(-40, 3 * HOLD_SECONDS) == -40


def test_a_line_fits_the_terminal_and_marks_clipping():
    level = Level()
    level.feed(np.full(1_600, 32_767, np.int16))
    text = line(level, level.peak, 79)
    assert len(text) == 79
    assert text.endswith("CLIP")
    assert "CLIP" not in line(level, -3.0, 79)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def microphone(tmp_path):
    """A stereo microphone with a tone at half scale on the right."""
    right = np.round(16_384 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)).astype(np.int16)
    with wave.open(str(tmp_path / "mic.wav"), "wb") as file:
        file.setparams((2, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.column_stack([np.zeros_like(right), right]).tobytes())
    return InputSettings(device=f"file:{tmp_path}/mic.wav", channels=2, channel=1)


def test_a_file_gets_plain_lines(microphone):
    out = io.StringIO()
    show(microphone, out, 1.3)
    assert "\x1b" not in out.getvalue()
    (text,) = out.getvalue().splitlines()
    assert "-9.0 dBFS, peak   -6.0" in text


def test_a_terminal_gets_one_line_drawn_again(microphone):
    out = Terminal()
    show(microphone, out, 0.5)
    assert out.getvalue().count("\r") >= 2
    assert out.getvalue().count("\n") == 1


def test_the_configured_channel_is_the_one_that_is_shown(microphone):
    out = io.StringIO()
    show(microphone.model_copy(update={"channel": 0}), out, 1.3)
    assert "-96.0 dBFS" in out.getvalue()
