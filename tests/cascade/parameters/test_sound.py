import pytest

from voiced.cascade.parameters.sound import echo_cancellation, noise_reduction, transcription, voice
from voiced.cascade.protocol import ProtocolError


def refusal(check, value, model="voiced"):
    with pytest.raises(ProtocolError) as refused:
        check(value, "session.x", model)
    return refused.value.param, refused.value.code


def test_a_bare_voice_is_one_of_openais():
    assert voice("cedar", "session.voice", "gpt-realtime") == {"type": "openai", "name": "cedar"}


@pytest.mark.parametrize(
    ("given", "model", "param", "code"),
    [
        ("nobody", "voiced", "session.x", "invalid_value"),
        ({"type": "robot", "name": "x"}, "voiced", "session.x.type", "invalid_value"),
        ({"type": "openai", "name": "ava"}, "voiced", "session.x.name", "invalid_value"),
        ({"type": "azure-custom", "name": "x"}, "voiced", "session.x", "missing_required_parameter"),
        ({"type": "azure-realtime-native", "name": "ava"}, "voiced", "session.x.type", "invalid_value"),
        ({"type": "azure-standard", "name": "x"}, "azure-realtime", "session.x.type", "invalid_value"),
        (5, "voiced", "session.x", "invalid_type"),
    ],
)
def test_a_voice_that_there_is_not_is_refused(given, model, param, code):
    assert refusal(voice, given, model) == (param, code)


def test_echo_cancellation_is_completed_with_the_servers_reference():
    assert echo_cancellation({}, "session.x", "voiced") == {
        "type": "server_echo_cancellation", "reference_source": "server", "channels": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"channels": 2}, "invalid_ec_channels_requires_client"),
        ({"reference_source": "client"}, "invalid_ec_reference_channels"),
        ({"reference_source": "nobody"}, "invalid_value"),
        ({"type": "x"}, "invalid_value"),
    ],
)
def test_other_pairs_of_reference_and_channels_are_refused(given, code):
    assert refusal(echo_cancellation, given)[1] == code


@pytest.mark.parametrize(
    ("check", "given"), [(noise_reduction, {"type": "near_field"}), (transcription, {"model": "whisper-1"})]
)
def test_what_only_the_native_back_end_has_is_refused_by_the_other(check, given):
    assert check(given, "session.x", "gpt-realtime") == given
    assert refusal(check, given)[1] == "invalid_value"
