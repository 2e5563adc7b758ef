import copy

import pytest

from voiced.cascade.protocol import ProtocolError
from voiced.cascade.validation import checked_response, default_session, updated_session


def session(model="voiced"):
    return default_session("sess_1", model, 0)


def test_only_what_is_given_changes():
    before = session()
    after = updated_session(before, {"instructions": "Be brief.", "temperature": 1}, "voiced", spoken=False)
    assert after == {**before, "instructions": "Be brief.", "temperature": 1}


def test_null_clears():
    after = updated_session(session(), {"turn_detection": None}, "voiced", spoken=False)
    assert after["turn_detection"] is None


def test_what_is_left_out_of_a_block_is_filled_in():
    changes = {
        "input_audio_echo_cancellation": {"type": "server_echo_cancellation"},
        "turn_detection": {
            "type": "azure_semantic_vad",
            "end_of_utterance_detection": {"model": "semantic_detection_v1"},
        },
    }
    after = updated_session(session("gpt-realtime"), changes, "gpt-realtime", spoken=False)
    assert after["input_audio_echo_cancellation"]["reference_source"] == "server"
    assert after["input_audio_echo_cancellation"]["channels"] == 1
    assert after["turn_detection"]["silence_duration_ms"] == 500
    assert after["turn_detection"]["end_of_utterance_detection"]["threshold_level"] == "default"


def test_the_two_back_ends_differ_as_recorded():
    native, cascaded = session("gpt-realtime"), session("gpt-4.1")
    assert (native["model"], cascaded["model"]) == ("gpt-realtime-global-standard", "gpt-4.1")
    assert native["turn_detection"]["silence_duration_ms"] == 200
    assert cascaded["turn_detection"]["silence_duration_ms"] == 500
    assert "temperature" not in native
    after = updated_session(cascaded, {"turn_detection": {"type": "server_vad"}}, "gpt-4.1", spoken=False)
    assert after["turn_detection"]["silence_duration_ms"] is None


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"type": "realtime"}, "session.type", "unknown_parameter"),
        ({"audio": {}}, "session.audio", "unknown_parameter"),
        ({"model": "gpt-5"}, "session.model", "invalid_value"),
        ({"modalities": ["audio"]}, "session.modalities", "invalid_value"),
        ({"voice": "nobody"}, "session.voice", "invalid_value"),
        ({"voice": {"type": "robot", "name": "x"}}, "session.voice.type", "invalid_value"),
        ({"voice": {"type": "azure-custom", "name": "x"}}, "session.voice", "missing_required_parameter"),
        ({"voice": {"type": "azure-realtime-native", "name": "ava"}}, "session.voice.type", "invalid_value"),
        ({"temperature": 2}, "session.temperature", "invalid_value"),
        ({"temperature": True}, "session.temperature", "invalid_value"),
        ({"max_response_output_tokens": 0}, "session.max_response_output_tokens", "invalid_value"),
        ({"input_audio_sampling_rate": 11_025}, "session.input_audio_sampling_rate", "invalid_value"),
        ({"input_audio_echo_cancellation": {"channels": 2}}, "session.input_audio_echo_cancellation",
         "invalid_ec_channels_requires_client"),
        ({"input_audio_echo_cancellation": {"reference_source": "client"}}, "session.input_audio_echo_cancellation",
         "invalid_ec_reference_channels"),
        ({"input_audio_noise_reduction": {"type": "near_field"}}, "session.input_audio_noise_reduction.type",
         "invalid_value"),
        ({"input_audio_transcription": {"model": "whisper-1"}}, "session.input_audio_transcription.model",
         "invalid_value"),
        ({"turn_detection": {"type": "server_vad", "silence_ms": 1}}, "session.turn_detection.silence_ms",
         "unknown_parameter"),
        ({"turn_detection": {"type": "server_vad", "threshold": 3}}, "session.turn_detection.threshold",
         "invalid_value"),
        ({"tools": [{"type": "function", "name": "a"}] * 2}, "session.tools[1]", "invalid_value"),
        ({"tools": None}, "session.tools", "invalid_value"),
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


def test_the_voice_stays_once_it_was_heard():
    voice = {"type": "azure-standard", "name": "en-US-AndrewNeural"}
    assert updated_session(session(), {"voice": voice}, "voiced", spoken=False)["voice"] == voice
    with pytest.raises(ProtocolError):
        updated_session(session(), {"voice": voice}, "voiced", spoken=True)


def test_interim_responses_need_a_cascaded_model():
    change = {"interim_response": {"type": "static_interim_response"}}
    assert updated_session(session(), change, "voiced", spoken=False)["interim_response"]
    with pytest.raises(ProtocolError):
        updated_session(session("gpt-realtime"), change, "gpt-realtime", spoken=False)


@pytest.mark.parametrize(
    "options",
    [
        [],
        {"volume": 1},
        {"modalities": []},
        {"metadata": {"a": 1}},
        {"pre_generated_assistant_message": {"content": []}},
    ],
)
def test_a_wrong_response_is_refused(options):
    with pytest.raises(ProtocolError):
        checked_response(options, "voiced")
