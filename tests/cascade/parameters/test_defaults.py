import pytest

from voiced.cascade.parameters.defaults import default_session, is_native


@pytest.mark.parametrize(("model", "native"), [("gpt-realtime", True), ("gpt-realtime-mini", True), ("gpt-4.1", False)])
def test_models_that_hear_by_themselves_are_known_by_name(model, native):
    assert is_native(model) is native


def test_the_two_back_ends_begin_as_recorded():
    native, cascaded = (default_session("sess_1", model, 5) for model in ("gpt-realtime", "gpt-4.1"))
    assert (native["model"], cascaded["model"]) == ("gpt-realtime-global-standard", "gpt-4.1")
    assert (native["voice"]["name"], cascaded["voice"]["name"]) == ("alloy", "en-US-AvaNeural")
    assert native["turn_detection"]["silence_duration_ms"] == 200
    assert cascaded["turn_detection"]["silence_duration_ms"] == 500
    assert native["input_audio_transcription"] is None
    assert cascaded["input_audio_transcription"] == {"model": "azure-speech"}
    assert "temperature" not in native
    assert {native["expires_at"], cascaded["expires_at"]} == {5}
