import pytest

from voiced.cascade.parameters.turn_detection import effective_turn_rules, turn_detection
from voiced.cascade.protocol import ProtocolError

HERE = "session.turn_detection"


def test_the_native_back_end_fills_in_numbers_and_the_cascaded_one_null():
    assert turn_detection({"type": "server_vad"}, HERE, "gpt-realtime")["silence_duration_ms"] == 500
    shown = turn_detection({"type": "server_vad", "threshold": 0.3}, HERE, "gpt-4.1")
    assert (shown["threshold"], shown["silence_duration_ms"]) == (0.3, None)


def test_numbers_that_are_shown_as_null_hold_by_default():
    shown = turn_detection({"type": "azure_semantic_vad", "prefix_padding_ms": 100}, HERE, "gpt-4.1")
    assert effective_turn_rules(shown) == {
        "threshold": 0.5, "prefix_padding_ms": 100, "silence_duration_ms": 500, "speech_duration_ms": 80,
    }  # fmt: skip


def test_an_end_of_utterance_is_completed():
    given = {"type": "azure_semantic_vad", "end_of_utterance_detection": {"model": "semantic_detection_v1"}}
    assert turn_detection(given, HERE, "gpt-4.1")["end_of_utterance_detection"] == {
        "model": "semantic_detection_v1", "threshold_level": "default", "timeout_ms": 1000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"type": "x"}, f"{HERE}.type", "invalid_value"),
        ({"type": []}, f"{HERE}.type", "invalid_value"),
        ({"type": "server_vad", "silence_ms": 1}, f"{HERE}.silence_ms", "unknown_parameter"),
        ({"type": "server_vad", "threshold": 3}, f"{HERE}.threshold", "invalid_value"),
        ({"type": "server_vad", "silence_duration_ms": -1}, f"{HERE}.silence_duration_ms", "invalid_value"),
        ({"type": "server_vad", "create_response": 1}, f"{HERE}.create_response", "invalid_value"),
        ({"type": "azure_semantic_vad", "remove_filler_words": 1}, f"{HERE}.remove_filler_words", "invalid_value"),
        ({"type": "server_vad", "remove_filler_words": True}, f"{HERE}.remove_filler_words", "unknown_parameter"),
        ("server_vad", HERE, "invalid_type"),
    ],
)
def test_what_is_no_turn_detection_is_refused(given, param, code):
    with pytest.raises(ProtocolError) as refused:
        turn_detection(given, HERE, "voiced")
    assert (refused.value.param, refused.value.code) == (param, code)
