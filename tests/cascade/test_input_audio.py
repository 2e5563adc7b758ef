import base64
import json
import logging

import numpy as np
import pytest

from voiced.cascade.loudness import RATE, Loudness
from voiced.cascade.outputs import Recognise
from voiced.cascade.session import Session


def test_manual_turns_wait_for_commit_and_for_the_request(client):
    client.send("session.update", session={"turn_detection": None})
    assert client.say() == []
    types = client.types(client.send("input_audio_buffer.commit"))
    assert types == ["input_audio_buffer.committed", client.TRANSCRIBED, "conversation.item.created"]
    assert client.course(client.send("response.create")) == [*client.CALL]


def test_a_short_or_empty_commit_is_an_error(client):
    (error,) = client.send("input_audio_buffer.commit")
    assert error["error"]["code"] == "input_audio_buffer_commit_empty"
    client.send("session.update", session={"turn_detection": None})
    client.send("input_audio_buffer.append", audio=base64.b64encode(bytes(4000)).decode())
    (error,) = client.send("input_audio_buffer.commit", event_id="mine")
    assert error["error"]["code"] == "input_audio_buffer_commit_empty"
    assert error["error"]["event_id"] == "mine"


def test_a_cleared_buffer_is_forgotten(client):
    client.send("session.update", session={"turn_detection": None})
    client.say()
    assert client.types(client.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert client.send("input_audio_buffer.commit")[0]["error"]["code"] == "input_audio_buffer_commit_empty"


@pytest.mark.parametrize("audio", ["***", "AAAA", 5, None])
def test_sound_that_is_none_is_an_error(client, audio):
    assert client.types(client.send("input_audio_buffer.append", audio=audio)) == ["error"]


def test_the_rate_stays_once_sound_came(client):
    client.say()
    (error,) = client.send("session.update", session={"input_audio_sampling_rate": 16_000, "instructions": "x"})
    assert error["error"]["param"] == "session.input_audio_sampling_rate"
    (updated,) = client.send("session.update", session={})
    assert updated["session"]["instructions"] != "x"


@pytest.mark.parametrize("rate", [16_000, 24_000])
def test_turns_are_found_at_either_rate(client, rate):
    client.send("session.update", session={"input_audio_sampling_rate": rate})
    frames = client.say(rate=rate)
    assert frames[1]["audio_end_ms"] == pytest.approx(1800, abs=60)


def test_a_clients_echo_reference_is_left_out(client):
    echo = {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2}
    client.send("session.update", session={"input_audio_echo_cancellation": echo})
    loud = np.zeros((48_000, 2), np.int16)
    loud[:, 1] = np.random.default_rng(1).normal(size=48_000) * 5000
    assert client.send("input_audio_buffer.append", audio=base64.b64encode(loud.tobytes()).decode()) == []


class Counting(Loudness):
    """Notes how many frames it is given at a time."""

    def __init__(self):
        super().__init__()
        self.counts = []

    def measure(self, frames, masking):
        self.counts.append(len(frames))
        return super().measure(frames, masking)


class Breaking(Loudness):
    """Fails on the twelfth piece of sound that it is given."""

    name = "oracle"
    left = 12

    def measure(self, frames, masking):
        self.left -= 1
        if not self.left:
            raise IndexError("no such tensor")
        return super().measure(frames, masking)


def append(sound):
    audio = base64.b64encode(sound).decode()
    return json.dumps({"type": "input_audio_buffer.append", "audio": audio, "event_id": "mine"})


@pytest.mark.parametrize(("form", "bytes_a_second"), [("pcm16", 48_000), ("g711_ulaw", 8000)])
def test_minutes_of_sound_in_one_event_are_served_in_short_pieces(form, bytes_a_second):
    activity = Counting()
    session = Session("voiced", 0, activity=lambda: activity)
    session.receive(json.dumps({"type": "session.update", "session": {"input_audio_format": form}}))
    assert session.receive(append(bytes(60 * bytes_a_second))) == []
    steps = 1
    while session.unfinished:
        session.go_on()
        steps += 1
    assert steps >= 600
    assert sum(activity.counts) >= 5990
    assert max(activity.counts) <= 11, "frames of 10 ms"


def test_what_comes_after_a_long_event_finds_it_served(client):
    client.send("session.update", session={"turn_detection": None})
    client.session.receive(append(bytes(48_000 * 10)))
    assert client.session.unfinished
    client.hold = (Recognise,)
    client.perform(client.session.receive(json.dumps({"type": "input_audio_buffer.commit"})))
    (turn,) = client.held
    assert len(turn.samples) == pytest.approx(10 * RATE, abs=RATE // 10)


def test_a_long_event_that_is_faulty_at_its_end_is_refused_whole(client):
    client.send("session.update", session={"turn_detection": None})
    faulty = append(bytes(3_000_000)).replace('AAAA"', 'AA*A"')
    (error,) = client.text(faulty)
    assert (error["type"], error["error"]["event_id"]) == ("error", "mine")
    assert client.send("input_audio_buffer.commit")[0]["error"]["code"] == "input_audio_buffer_commit_empty"


def test_base64_that_is_padded_in_its_middle_is_refused(client):
    padded = base64.b64encode(bytes((1 << 20) // 4 * 3 - 1)).decode()
    assert client.types(client.send("input_audio_buffer.append", audio=padded + "AAAA")) == ["error"]


def test_turn_detection_that_fails_gives_way_to_loudness(new_client, caplog):
    client = new_client(activity=Breaking)
    frames = client.say()
    assert client.types(frames)[:4] == [
        "input_audio_buffer.speech_started", "error", "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
    ]  # fmt: skip
    error = client.last("error")["error"]
    assert (error["type"], error["code"]) == ("server_error", "turn_detection_failed")
    assert "oracle" in error["message"]
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert "oracle" in line
    assert client.types(client.say())[:2] == [
        "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped",
    ]  # fmt: skip


def test_an_echo_canceller_that_fails_leaves_the_microphone(client, caplog):
    class Broken:
        def clean(self, stereo):
            raise OSError("gone")

    echo = {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2}
    client.send("session.update", session={"turn_detection": None, "input_audio_echo_cancellation": echo})
    client.session._input._intake._canceller = Broken()
    assert client.text(append(bytes(48_000))) == []
    assert len(caplog.records) == 1
    assert client.text(append(bytes(96_000))) == []
    assert client.session._input._intake.held >= 23_000


def test_turn_detection_that_cannot_begin_gives_way_to_loudness(new_client, caplog):
    def broken():
        raise OSError("no model")

    client = new_client(activity=broken)
    assert client.types() == ["session.created"]
    assert client.types(client.say())[0] == "input_audio_buffer.speech_started"
    assert len(caplog.records) == 1
