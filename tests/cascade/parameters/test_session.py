import copy

import pytest

from voiced.cascade.parameters.defaults import default_session
from voiced.cascade.parameters.session import updated_session
from voiced.cascade.protocol import ProtocolError


def session(model="voiced"):
    return default_session("sess_1", model, 0)


def test_only_what_is_given_changes():
    before = session()
    after = updated_session(before, {"instructions": "Be brief.", "temperature": 1}, "voiced", spoken=False)
    assert after == {**before, "instructions": "Be brief.", "temperature": 1}


def test_null_clears():
    after = updated_session(session(), {"turn_detection": None}, "voiced", spoken=False)
    assert after["turn_detection"] is None


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"type": "realtime"}, "session.type", "unknown_parameter"),
        ({"audio": {}}, "session.audio", "unknown_parameter"),
        ({"model": "gpt-5"}, "session.model", "invalid_value"),
        ({"model": None}, "session.model", "invalid_value"),
        ({"tools": None}, "session.tools", "invalid_value"),
        ({"voice": "nobody"}, "session.voice", "invalid_value"),
        ({"turn_detection": {"type": "server_vad", "threshold": 3}}, "session.turn_detection.threshold",
         "invalid_value"),
        ({"input_audio_sampling_rate": 11_025}, "session.input_audio_sampling_rate", "invalid_value"),
        ({"input_audio_format": "mp3"}, "session.input_audio_format", "invalid_value"),
        ({"instructions": 5}, "session.instructions", "invalid_value"),
        ({"parallel_tool_calls": "yes"}, "session.parallel_tool_calls", "invalid_value"),
        ({"include": {}}, "session.include", "invalid_value"),
        ({"instructions": "x", "temperature": 9}, "session.temperature", "invalid_value"),
        ([], "session", "invalid_type"),
    ],
)  # fmt: skip
def test_a_wrong_change_is_refused_and_changes_nothing(changes, param, code):
    before = session()
    kept = copy.deepcopy(before)
    with pytest.raises(ProtocolError) as refused:
        updated_session(before, changes, "voiced", spoken=False)
    assert (refused.value.param, refused.value.code) == (param, code)
    assert before == kept


@pytest.mark.parametrize("model", ["gpt-realtime", "gpt-realtime-global-standard"])
def test_the_model_may_be_repeated_as_it_was_asked_for_or_shown(model):
    before = session("gpt-realtime")
    assert updated_session(before, {"model": model}, "gpt-realtime", spoken=False) == before


def test_the_voice_stays_once_it_was_heard():
    voice = {"type": "azure-standard", "name": "en-US-AndrewNeural"}
    assert updated_session(session(), {"voice": voice}, "voiced", spoken=False)["voice"] == voice
    with pytest.raises(ProtocolError):
        updated_session(session(), {"voice": voice}, "voiced", spoken=True)
    same = {"voice": session()["voice"]}
    assert updated_session(session(), same, "voiced", spoken=True) == session()
