"""The sound card's driver on a virtual card: formats it must convert, and cables that are pulled."""

import json
import signal
import subprocess
import sys
import threading
import time
import wave
from contextlib import contextmanager

import numpy as np
import pytest
from demonstration.soundcard import MICROPHONE, SPEAKER, SPEAKER_RATE, SoundCard

pytestmark = pytest.mark.system

OWNER = """
import json, sys, threading, time
from voiced.audio.devices import DeviceError
from voiced.audio.portaudio import PortAudioDriver

driver = PortAudioDriver()
telling = threading.Lock()
stopping = threading.Event()

def tell(direction, **event):
    line = json.dumps({"direction": direction, "at": time.monotonic(), **event})
    with telling:  # whole lines
        print(line, flush=True)

def own(direction, open_stream):
    while not stopping.is_set():
        opened = time.monotonic()
        last = [opened]
        try:
            stream = open_stream(last)
        except DeviceError as error:
            tell(direction, event="refused", text=str(error))
            time.sleep(0.1)
            continue
        told = False
        while stream.active and not stopping.is_set():
            if not told and last[0] > opened + 0.1:  # beyond the buffer's first filling
                told = True
                tell(direction, event="works")
            time.sleep(0.01)
        tell(direction, event="gone", active=stream.active)
        begun = time.monotonic()
        stream.close()
        stream.close()
        tell(direction, event="closed", seconds=time.monotonic() - begun)

def capture(last):
    def take(data):
        last[0] = time.monotonic()
    return driver.open_capture("voiced_mic", 1, 320, take)

def playback(last):
    def give(frames):
        last[0] = time.monotonic()
        return bytes(2 * frames)
    return driver.open_playback("voiced_speaker", 240, give)

owners = [threading.Thread(target=own, args=each) for each in (("input", capture), ("output", playback))]
for owner in owners:
    owner.start()
sys.stdin.read()
stopping.set()
"""

FORCED = """
import dataclasses, sys, time
import numpy as np
from voiced.audio import alsa
from voiced.audio.portaudio import PortAudioDriver
LATENCY = 0.3  # formats are the matter here, whatever else this machine does
direction, rate, channels, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
probe = alsa.probe
alsa.probe = lambda *asked: dataclasses.replace(probe(*asked), channels=channels, rates=(rate,))
if direction == "input":
    with open(path, "wb") as out:
        stream = PortAudioDriver(LATENCY).open_capture("voiced_mic", 1, 320, out.write)
        print("ready", stream.health.rate, stream.health.channels, flush=True)
        sys.stdin.read()
        stream.close()
else:
    sound = np.fromfile(path, np.int16)
    position = 0
    def give(frames):
        global position
        data = sound[position : position + frames]
        position += frames
        return data.tobytes().ljust(2 * frames, b"\\0")
    stream = PortAudioDriver(LATENCY).open_playback("voiced_speaker", 240, give)
    print("ready", stream.health.rate, stream.health.channels, flush=True)
    while position < len(sound):
        time.sleep(0.05)
    time.sleep(0.5)
    stream.close()
"""


class Owner:
    """A child that keeps both devices open as the daemon does, and tells what becomes of them."""

    def __init__(self, process):
        self._events = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, lines):
        for line in lines:
            with self._changed:
                self._events.append(json.loads(line))
                self._changed.notify_all()

    def until(self, direction, event, since, seconds=15):
        """The first such event after a time."""

        def found():
            return [
                known
                for known in self._events
                if known["direction"] == direction and known["event"] == event and known["at"] >= since
            ]

        with self._changed:
            assert self._changed.wait_for(found, seconds), f"no {direction} {event}; {self._events[-6:]}"
            return found()[0]

    def events(self, direction, since):
        with self._changed:
            return [event for event in self._events if event["direction"] == direction and event["at"] >= since]


@pytest.fixture
def card():
    with SoundCard() as own:
        yield own


@contextmanager
def child(card, program, *arguments):
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=card.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
            process.stdin.close()
            assert process.wait(10) == 0
        finally:
            process.kill()


@pytest.fixture
def owner(card):
    with child(card, OWNER) as process:
        running = Owner(process)
        for direction in ("input", "output"):
            running.until(direction, "works", 0)
        yield running


def test_an_unplugged_microphone_is_told_at_once_comes_back_and_leaves_the_speaker_alone(card, owner):
    unplugged = time.monotonic()
    with card.unplugged(MICROPHONE):
        assert owner.until("input", "gone", unplugged)["active"] is False
        assert owner.until("input", "refused", unplugged)
    plugged = time.monotonic()
    assert owner.until("input", "works", plugged)["at"] < plugged + 2
    assert owner.events("output", unplugged) == []


def test_an_unplugged_speaker_comes_back_and_leaves_the_microphone_alone(card, owner):
    unplugged = time.monotonic()
    with card.unplugged(SPEAKER):
        assert owner.until("output", "gone", unplugged)["active"] is False
        assert owner.until("output", "refused", unplugged)
    plugged = time.monotonic()
    assert owner.until("output", "works", plugged)["at"] < plugged + 2
    assert owner.events("input", unplugged) == []


def test_a_sound_server_that_crashes_is_told_closed_and_found_again(card, owner):
    killed = time.monotonic()
    with card.crashed():
        for direction in ("input", "output"):
            assert owner.until(direction, "gone", killed)["active"] is False
            assert owner.until(direction, "closed", killed)["seconds"] < 2
            assert "is a sound server that does not run" in owner.until(direction, "refused", killed)["text"]
    started = time.monotonic()
    for direction in ("input", "output"):
        assert owner.until(direction, "works", killed)["at"] < started + 2


def test_closing_a_device_that_hangs_returns(card, owner):
    frozen = time.monotonic()
    with card.frozen():
        for direction in ("input", "output"):
            assert owner.until(direction, "closed", frozen)["seconds"] < 2
    thawed = time.monotonic()
    for direction in ("input", "output"):
        owner.until(direction, "works", thawed)


def tone(hertz, rate, seconds):
    return np.round(10_000 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.int16)


def residue(samples, hertz, rate):
    """What is left when the best-fitting sine is taken away, in dB below it."""
    moments = np.arange(len(samples)) / rate
    basis = np.column_stack([np.sin(2 * np.pi * hertz * moments), np.cos(2 * np.pi * hertz * moments)])
    fit, *_ = np.linalg.lstsq(basis, samples.astype(float), rcond=None)
    return 10 * np.log10(np.mean((samples - basis @ fit) ** 2) / np.mean((basis @ fit) ** 2))


def middle(samples, seconds, rate):
    """That many seconds from the middle of what isn't silence."""
    loud = np.flatnonzero(np.abs(samples) > 100)
    assert loud.size, "only silence arrived"
    centre = (loud[0] + loud[-1]) // 2
    return samples[centre - round(seconds * rate / 2) : centre + round(seconds * rate / 2)]


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (44_100, 1)])
def test_a_card_with_other_formats_is_captured_whole(rate, channels, card, tmp_path):
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(tone(440, 16_000, 4).tobytes())
    with child(card, FORCED, "input", rate, channels, tmp_path / "heard.raw") as process:
        assert process.stdout.readline() == f"ready {rate} {channels}\n"
        card.play(tmp_path / "tone.wav")
    heard = middle(np.fromfile(tmp_path / "heard.raw", np.int16), 3.5, 16_000)
    assert len(heard) == 3.5 * 16_000
    assert residue(heard, 440, 16_000) < -40
    assert np.abs(heard).max() == pytest.approx(10_000, rel=0.03)


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (44_100, 1)])
def test_a_card_with_other_formats_is_played_to_whole(rate, channels, card, tmp_path):
    tone(440, 24_000, 4).tofile(tmp_path / "tone.raw")
    with (
        card.record(tmp_path / "heard.wav"),
        child(card, FORCED, "output", rate, channels, tmp_path / "tone.raw") as process,
    ):
        assert process.stdout.readline() == f"ready {rate} {channels}\n"
        process.stdout.read()
    with wave.open(str(tmp_path / "heard.wav")) as file:
        heard = middle(np.frombuffer(file.readframes(file.getnframes()), np.int16), 3.5, SPEAKER_RATE)
    assert residue(heard, 440, SPEAKER_RATE) < -40
    assert np.abs(heard).max() == pytest.approx(10_000, rel=0.03)


def voiced(card, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "voiced", *map(str, arguments)],
        env=card.environment(),
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "voiced.yaml"
    path.write_text(json.dumps({"audio": {"input": {"device": MICROPHONE}, "output": {"device": SPEAKER}}}))
    return path


@contextmanager
def speaking(card, tmp_path):
    """Somebody speaks (a tone of -10.3 dBFS, 6 s)."""
    with wave.open(str(tmp_path / "speech.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(tone(440, 16_000, 6).tobytes())
    speaker = threading.Thread(target=card.play, args=(tmp_path / "speech.wav",))
    speaker.start()
    yield
    speaker.join()


def test_devices_are_listed_by_their_alsa_names(card):
    done = voiced(card, "devices")
    assert (done.returncode, done.stderr) == (0, "")
    assert f'input: {{device: "{MICROPHONE}"}}  # 32 channels, 16000 Hz' in done.stdout.splitlines()
    assert f'output: {{device: "{SPEAKER}"}}  # 32 channels, 24000 Hz' in done.stdout.splitlines()


def test_a_device_that_does_not_exist_is_explained(card, config):
    config.write_text("audio: {input: {device: voiced_mik}}\n")
    done = voiced(card, "devices", "--meter", "--config", config)
    assert done.returncode == 69
    assert done.stderr.startswith(
        "voiced: input device 'voiced_mik' does not exist; did you mean 'voiced_mic'? is it plugged in?"
    )
    assert done.stderr.count("\n") == 1  # neither ALSA nor PortAudio adds to it


def test_the_meter_shows_what_is_heard_until_it_is_interrupted(card, config, tmp_path):
    command = [sys.executable, "-m", "voiced", "devices", "--meter", "--config", str(config)]
    # a run in the background of a shell ignores SIGINT, and its children would, too
    interruptible = ["env", "--default-signal=INT", *command]
    with (
        speaking(card, tmp_path),
        subprocess.Popen(interruptible, env=card.environment(), stdout=subprocess.PIPE, text=True) as process,
    ):
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
    assert "-13.3 dBFS, peak  -10.3" in lines[-1]


def test_the_doctor_finds_a_good_card_good(card, config, tmp_path):
    with speaking(card, tmp_path):
        done = voiced(card, "doctor", "--json", "--config", config)
    report = json.loads(done.stdout)
    found = {finding["check"]: finding for finding in report["findings"]}
    for check in ("portaudio_is_there", "cards_are_there", "microphone_hears", "loudspeaker_plays"):
        assert found[check]["verdict"] == "ok", found[check]
    assert "16000 Hz, 1 channel(s), latency" in found["microphone_hears"]["what"]
    assert "peak -10" in found["microphone_level_is_right"]["what"]


def test_the_doctor_tells_a_muted_microphone_and_a_missing_speaker(card, config):
    config.write_text(f"audio: {{input: {{device: {MICROPHONE}}}, output: {{device: absent}}}}\n")
    done = voiced(card, "doctor", "--config", config)
    assert done.returncode == 69
    assert "all zeros\n     -> unmute the microphone" in done.stdout
    assert "FAIL loudspeaker: output device 'absent' does not exist" in done.stdout


def test_the_cards_own_control_sets_the_volume(card):
    program = """
import asyncio
from voiced.audio.mixer import Mixer
from voiced.audio.settings import OutputSettings
print(asyncio.run(Mixer(OutputSettings(mixer="Master")).set_volume(40)))
"""
    with child(card, program) as process:
        assert process.stdout.readline() == "True\n"
    shown = subprocess.run(
        ["amixer", "-M", "sget", "Master"], env=card.environment(), capture_output=True, text=True, check=True
    )
    assert "[40%]" in shown.stdout


SERVED = """
from voiced.audio import alsa
from voiced.audio.cards import Direction
print([alsa.probe(pcm, Direction.INPUT, 1).served for pcm in ("voiced_mic", "default", "silence")])
"""


def test_which_devices_belong_to_a_sound_server_is_known(card, tmp_path):
    own = tmp_path / "asound.conf"
    own.write_text(f"<{card.environment()['ALSA_CONFIG_PATH']}>\npcm.silence {{ type null }}\n")
    done = subprocess.run(
        [sys.executable, "-c", SERVED],
        env=card.environment() | {"ALSA_CONFIG_PATH": str(own)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.lower()) == [True, True, False]
