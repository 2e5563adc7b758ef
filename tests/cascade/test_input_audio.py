import base64

import numpy as np
import pytest


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
