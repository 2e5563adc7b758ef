import base64
import json

import pytest

from voiced.cascade.faults.kinds import FaultError
from voiced.cascade.faults.replayed import ReplayedSession, read_recording


def line(sender, type_, session="sess_1", **fields):
    return json.dumps({"at": 0.0, "session": session, "from": sender, "frame": {"type": type_, **fields}})


LINES = [
    line("service", "session.created"),
    line("service", "warning"),
    line("client", "input_audio_buffer.append", audio="(1282 characters)"),
    line("client", "input_audio_buffer.append", audio="(1282 characters)"),
    line("service", "input_audio_buffer.speech_started"),
    line("client", "input_audio_buffer.append", audio="(1282 characters)"),
    line("client", "response.create"),
    line("service", "session.created", session="sess_2"),
    json.dumps({"at": 0.0, "session": "sess_1", "from": "fault", "frame": {"kind": "reset"}}),
    line("service", "response.audio.delta", delta="(3202 characters)"),
    line("service", "response.done"),
]


@pytest.fixture
def session():
    return ReplayedSession(read_recording(LINES), "voiced", 0)


def types(outputs):
    return [output.frame["type"] for output in outputs]


def says(session, type_):
    return types(session.receive(json.dumps({"type": type_})))


def test_service_says_what_it_said_after_what_the_client_said(session):
    assert types(session.open()) == ["session.created", "warning"]
    assert says(session, "input_audio_buffer.append") == []
    assert says(session, "input_audio_buffer.append") == ["input_audio_buffer.speech_started"]
    assert says(session, "input_audio_buffer.append") == []
    assert says(session, "response.create") == ["response.audio.delta", "response.done"]


def test_client_may_send_less_sound_where_none_was_answered_and_more(session):
    session.open()
    for _ in range(2):
        says(session, "input_audio_buffer.append")
    assert says(session, "response.create") == ["response.audio.delta", "response.done"]
    assert says(session, "input_audio_buffer.append") == []


def test_what_was_not_recorded_is_an_error_and_changes_nothing(session):
    session.open()
    for wrong in ("response.create", "session.update", "input_audio_buffer.speech_started"):
        assert says(session, wrong) == ["error"]
    assert types(session.receive("{oops")) == ["error"]
    assert says(session, "input_audio_buffer.append") == []
    assert says(session, "input_audio_buffer.append") == ["input_audio_buffer.speech_started"]


def test_sound_that_was_cut_short_is_as_much_silence():
    (delta,) = (each.frame["delta"] for each in read_recording(LINES) if "delta" in each.frame)
    assert base64.b64decode(delta) == bytes(2400)


@pytest.mark.parametrize(
    "lines", [[], ["{}"], ["nonsense"], [line("client", "session.update")], ['{"from": "service"}']]
)
def test_what_is_no_recording_is_refused(lines):
    with pytest.raises(FaultError):
        read_recording(lines)
