import subprocess
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from demonstration.soundcard import MICROPHONE, MICROPHONE_RATE, SPEAKER, SPEAKER_RATE, SoundCard, SoundCardError
from numpy.typing import NDArray

pytestmark = pytest.mark.system

TONE_HERTZ = 440
AMPLITUDE = 10_000

LISTEN = """
import sys, sounddevice
device, rate, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(path, "wb") as out, sounddevice.RawInputStream(
    samplerate=rate, blocksize=rate // 50, device=device, channels=1, dtype="int16",
    callback=lambda data, frames, time, status: (out.write(data), status and print(status, file=sys.stderr)),
):
    print("listening", flush=True)
    sys.stdin.read()
"""

SPEAK = """
import sys, threading, sounddevice
device, rate, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sound, ended = open(path, "rb"), threading.Event()
def fill(out, frames, time, status):
    if status:
        print(status, file=sys.stderr)
    data = sound.read(2 * frames)
    out[:] = data.ljust(2 * frames, b"\\0")
    if not data:
        raise sounddevice.CallbackStop
with sounddevice.RawOutputStream(
    samplerate=rate, blocksize=rate // 50, device=device, channels=1, dtype="int16",
    callback=fill, finished_callback=ended.set,
):
    ended.wait(20)
"""


def _tone(rate: int) -> NDArray[np.int16]:
    """One second; starts and ends at full swing, so that its edges are found exactly."""
    seconds = np.arange(rate) / rate
    return np.round(AMPLITUDE * np.cos(2 * np.pi * TONE_HERTZ * seconds)).astype(np.int16)


def _write(path: Path, rate: int, samples: NDArray[np.int16]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def _heard(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """The stretch from the first to the last sample that isn't silence."""
    loud = np.flatnonzero(samples)
    assert loud.size, "only silence arrived"
    return samples[loud[0] : loud[-1] + 1]


@contextmanager
def _child(card: SoundCard, program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process with the sound card; at the end its input is closed and it must exit without a complaint."""
    child = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=card.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        try:
            yield child
            _, errors = child.communicate(timeout=30)
        finally:
            child.kill()
    assert (child.returncode, errors) == (0, "")


def test_portaudio_lists_the_two_devices_and_the_default_only(sound_card: SoundCard) -> None:
    with _child(sound_card, "import sounddevice; print(*(d['name'] for d in sounddevice.query_devices()))") as child:
        listed = child.stdout.readline().split() if child.stdout else []
    assert sorted(listed) == ["default", MICROPHONE, SPEAKER]


def test_tone_played_into_the_microphone_is_captured_sample_for_sample(sound_card: SoundCard, tmp_path: Path) -> None:
    tone = _tone(MICROPHONE_RATE)
    with _child(sound_card, LISTEN, MICROPHONE, MICROPHONE_RATE, tmp_path / "heard.raw") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "listening\n"
        sound_card.play(_write(tmp_path / "tone.wav", MICROPHONE_RATE, tone))
    np.testing.assert_array_equal(_heard(np.fromfile(tmp_path / "heard.raw", np.int16)), tone)


def test_tone_played_by_a_child_is_recorded_sample_for_sample(sound_card: SoundCard, tmp_path: Path) -> None:
    tone = _tone(SPEAKER_RATE)
    silence = np.zeros(SPEAKER_RATE // 2, np.int16)  # PortAudio drops the last periods before a stop
    np.concatenate([tone, silence]).tofile(tmp_path / "tone.raw")
    arguments = (SPEAKER, SPEAKER_RATE, tmp_path / "tone.raw")
    with sound_card.record(tmp_path / "heard.wav"), _child(sound_card, SPEAK, *arguments):
        pass
    with wave.open(str(tmp_path / "heard.wav")) as file:
        assert file.getparams()[:3] == (1, 2, SPEAKER_RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    np.testing.assert_array_equal(_heard(samples), tone)


def test_two_sound_cards_hear_nothing_of_each_other(sound_card: SoundCard, tmp_path: Path) -> None:
    tone = _write(tmp_path / "tone.wav", MICROPHONE_RATE, _tone(MICROPHONE_RATE))
    with (
        SoundCard() as other,
        _child(sound_card, LISTEN, MICROPHONE, MICROPHONE_RATE, tmp_path / "heard.raw") as child,
    ):
        assert child.stdout is not None
        assert child.stdout.readline() == "listening\n"
        other.play(tone)
    heard = np.fromfile(tmp_path / "heard.raw", np.int16)
    assert heard.size
    assert not heard.any()


def test_playing_a_file_that_is_missing_says_so(sound_card: SoundCard, tmp_path: Path) -> None:
    with pytest.raises(SoundCardError, match="absent"):
        sound_card.play(tmp_path / "absent.wav")


def test_failure_within_the_context_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    card = SoundCard()

    def fail() -> None:
        with card, card.record(tmp_path / "heard.wav"):
            assert _processes_with(card.environment()["PULSE_RUNTIME_PATH"])
            assert _processes_with(str(tmp_path))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    environment = card.environment()
    assert not Path(environment["PULSE_RUNTIME_PATH"]).exists()
    assert not _processes_with(environment["PULSE_RUNTIME_PATH"])
    assert not _processes_with(str(tmp_path))


def _processes_with(argument: str) -> list[str]:
    """Command lines that contain it; from /proc, because a bare Debian has no `ps`."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            lines.append(path.read_text(errors="replace").replace("\0", " "))
    return [line for line in lines if argument in line]
