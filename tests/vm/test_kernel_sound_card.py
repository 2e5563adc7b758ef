"""What a sound server can't show: a kernel sound card that refuses rates and second openers, and is unplugged."""

import time
import wave

import numpy as np
import pytest
from demonstration import voice
from demonstration.hearing import plain, understood
from demonstration.stage import lamp_tool
from speaker import DAEMON, INSIDE, LOOK_SECONDS, ROOM, lamps, now, plug_in, share_state, speaker, unplug

from voiced.audio.frames import PLAYBACK_RATE

pytestmark = pytest.mark.vm

REFUSING_RATE = 48_000
"""The only rate that the daemon's end of a cable offers while the room's end runs at it, in stereo."""
WAKE = [(1.5, "hey jarvis")]
ONE_TURN = ["connecting", "listening", "thinking", "speaking", "following_up", "idle"]
REPLIES = [f"The {room} light is {state}." for room in ("kitchen", "bedroom") for state in ("on", "off")]
BACK_SECONDS = 2.0
"""In which a device that is back has to be used again."""
FAULT_SECONDS = 10.0
ATTEMPTS = 4
HEARING_SECONDS = 4.0
PAUSE = 60
"""Frames without a sound that make a pause: speech has none so silent."""


@pytest.fixture(scope="module", autouse=True)
def state(machine):
    share_state(machine)


@pytest.fixture(autouse=True)
def card(machine):
    """The card is there before each test, whatever the one before did to it."""
    plug_in(machine)


def configuration(input_device=f"plughw:{DAEMON}", output_device=f"plughw:{DAEMON}", **more):
    return {
        "audio": {
            "input": {"device": input_device},
            "output": {"device": output_device, "volume": 100},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "conversation": {"follow_up_seconds": 1, "connect_seconds": 60, "reply_seconds": 120},  # emulation is slow
        "lights": {"driver": "rgb", "pins": {"red": 17, "green": 27, "blue": 22}},
        **more,
    }


def stereo(path, rate):
    """The same sound in stereo at a multiple of its rate, by repeating samples."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        times = rate // file.getframerate()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(samples, 2 * times).tobytes())


def without_pauses(path):
    """Take the pauses out of a recording: an emulated machine is late with a period now and then, but loses none."""
    with wave.open(str(path)) as file:
        rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), np.int16)
    sounding = np.flatnonzero(samples)
    assert len(sounding), "not a sound was made"
    first = np.flatnonzero(np.diff(sounding, prepend=-PAUSE - 1) > PAUSE)
    pieces = [samples[piece[0] : piece[-1] + 1] for piece in np.split(sounding, first[1:])]
    margin = np.zeros(rate // 4, np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.concatenate([margin, *pieces, margin]).tobytes())
    return path


def say_wake_word(running, play, what):
    """Say it, and again where the emulated machine lost some of it."""
    before = len(running.told("WakeWordDetected"))
    for _ in range(ATTEMPTS):
        play()
        deadline = time.monotonic() + HEARING_SECONDS
        while time.monotonic() < deadline:
            if len(running.told("WakeWordDetected")) > before:
                return
            time.sleep(LOOK_SECONDS)
    pytest.fail(f"the wake word was not heard {ATTEMPTS} times {what}; {running.events}\n{running.log}")


def red(colour):
    return colour["red"] > 0.1 and colour["green"] < 0.1 and colour["blue"] < 0.1


def test_spoken_command_on_a_kernel_card_switches_the_lamp_and_is_answered(machine, figures):
    voice.record(machine.share / "said.wav", [*WAKE, (0.3, "turn on the kitchen light")])
    with (
        lamps(machine) as kitchen,
        speaker(machine, configuration(tools=[lamp_tool(kitchen.url)])) as running,
    ):
        for attempt in range(ATTEMPTS):  # the emulated machine may lose so much that a command isn't understood
            begin, replied = len(running.phases), len(running.told("ReplyTranscribed"))
            with running.recorded(f"heard{attempt}.wav", PLAYBACK_RATE) as heard:
                say_wake_word(running, lambda: running.say("said.wav"), "on a kernel card")
                running.until(lambda: running.phases[begin:][-1:] == ["idle"], "the end of the conversation")  # noqa: B023 (called here)
            if kitchen.requests:
                break
        figures.append(f"a spoken command was carried out at attempt {attempt + 1}")
        assert kitchen.requests == [("kitchen", "on")], running.log
        assert running.phases[begin:] == ONE_TURN, running.log
        assert [event["text"] for event in running.told("ReplyTranscribed")[replied:]] == ["The kitchen light is on."]
        assert understood(without_pauses(heard), REPLIES) == plain("The kitchen light is on.")


def test_raw_device_that_refuses_the_rate_and_mono_is_captured_at_what_it_offers(machine):
    voice.record(machine.share / "said.wav", WAKE)
    stereo(machine.share / "said.wav", REFUSING_RATE)
    hold = f"exec aplay -q -D hw:{ROOM} -f S16_LE -r {REFUSING_RATE} -c 2 /dev/zero"
    with machine.running(hold) as holder:
        machine.run("until grep -q RUNNING /proc/asound/Loopback/pcm0p/sub*/status; do sleep 0.1; done")
        refused = machine.start(f"arecord -q -D hw:{DAEMON} -f S16_LE -r 16000 -c 1 -d 1 /dev/null").wait()
        assert refused.status, "the card would have to be a refusing one"
        with speaker(machine, configuration(input_device=f"hw:{DAEMON}")) as running:
            holder.stop()
            play = f"aplay -q -D hw:{ROOM} {INSIDE}/said.wav"
            say_wake_word(running, lambda: machine.run(play), "at 48 kHz in stereo")
            assert not running.told("MicrophoneLost")


def test_busy_microphone_is_taken_when_its_named_owner_lets_go(machine, figures):
    hold = f"echo $$ >{INSIDE}/owner; exec arecord -q -D hw:{DAEMON} -f S16_LE -r 16000 -c 1 /dev/null"
    with machine.running(hold) as holder:
        faulted = lambda running: running.warnings("microphone")  # noqa: E731 (a word for the line below)
        with speaker(machine, configuration(), until=faulted) as running:
            pid = (machine.share / "owner").read_text().strip()
            (warning,) = running.warnings("microphone")
            assert "arecord" in warning
            assert pid in warning
            running.until(lambda: running.phases[-1:] == ["faulted"], "the fault's phase")
            holder.stop()
            free = now(machine)
            running.until(lambda: running.phases[-1:] == ["idle"], "the microphone", FAULT_SECONDS)
            assert [line for line in running.warnings("microphone")[1:] if "is back" in line], running.log
            recovered = running.told("MicrophoneRecovered")[-1]["at"]
            figures.append(f"a busy microphone was captured {recovered - free:.2f} s after its owner had let it go")


def test_unplugged_card_is_told_once_and_used_again_when_it_is_back(machine, figures):
    voice.record(machine.share / "said.wav", WAKE)
    with speaker(machine, configuration()) as running:
        before = len(running.warnings("microphone"))  # a loopback without a player is silent, which is told too
        began = now(machine)
        unplugged = unplug(machine)
        running.until(lambda: running.phases[-1:] == ["faulted"], "the fault's phase", FAULT_SECONDS)
        lost = running.told("MicrophoneLost")[-1]["at"]
        running.until(lambda: red(running.told("light")[-1]), "the fault's light")
        assert len(running.warnings("microphone")) == before + 1, running.log
        assert len(running.warnings("loudspeaker")) <= 1
        running.until(lambda: unplugged.ended, "it to close the devices that have gone")
        assert unplugged.wait().status == 0
        back = plug_in(machine)
        running.until(lambda: running.phases[-1:] == ["idle"], "the microphone", FAULT_SECONDS)
        recovered = running.told("MicrophoneRecovered")[-1]["at"]
        figures.append(f"an unplugged microphone was missed after {lost - began:.2f} s")
        figures.append(f"it was captured again {recovered - back:.2f} s after its return")
        assert recovered - back < BACK_SECONDS
        running.until(lambda: not running.told("light")[-1]["red"], "the fault's light to go")
        assert len(running.warnings("microphone")) == before + 2, f"one when it went, one when it came\n{running.log}"
        say_wake_word(running, lambda: running.say("said.wav"), "after the card's return")
