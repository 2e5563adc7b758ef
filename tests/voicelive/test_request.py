import pytest

from voiced.settings import SecretReference
from voiced.voicelive.request import Function, request_session
from voiced.voicelive.settings import CredentialSettings, PersonaSettings, TurnDetectionSettings, VoiceLiveSettings

TOOL = Function("set_light", "Turn a light on.", {"type": "object", "properties": {}})


AZURE = {
    "endpoint": "https://voiced.invalid/",
    "credential": CredentialSettings(api_key=SecretReference(env="KEY")),
}


def request(persona=None, **settings):
    return request_session(VoiceLiveSettings(**{**AZURE, **settings}), persona or PersonaSettings(), "en-US", [TOOL])


def test_every_turn_detection_field_is_explicit_and_truncation_is_ours():
    assert request()["turn_detection"] == {
        "type": "azure_semantic_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 420,
        "silence_duration_ms": 500,
        "speech_duration_ms": 80,
        "remove_filler_words": False,
        "create_response": True,
        "interrupt_response": True,
        "auto_truncate": False,
    }


def test_server_vad_has_no_filler_words():
    found = request(turn_detection=TurnDetectionSettings(type="server_vad"))["turn_detection"]
    assert "remove_filler_words" not in found


def test_sound_goes_up_at_the_capture_rate_with_echo_and_noise_removed():
    found = request()
    assert found["input_audio_sampling_rate"] == 16_000
    echo = found["input_audio_echo_cancellation"]
    assert echo == {"type": "server_echo_cancellation", "reference_source": "server", "channels": 1}
    assert found["input_audio_noise_reduction"] == {"type": "azure_deep_noise_suppression"}


def test_switched_off_features_are_cleared_not_omitted():
    found = request(noise_reduction="none", echo_cancellation="off")
    assert found["input_audio_noise_reduction"] is None
    assert found["input_audio_echo_cancellation"] is None


@pytest.mark.parametrize(("voice", "kind"), [("alloy", "openai"), ("en-US-Ava:DragonHDLatestNeural", "azure-standard")])
def test_voice_family_follows_from_its_name(voice, kind):
    assert request(PersonaSettings(voice=voice))["voice"] == {"type": kind, "name": voice}


@pytest.mark.parametrize(
    ("model", "transcriber", "language"),
    [("gpt-realtime", "gpt-4o-mini-transcribe", "en"), ("gpt-4.1", "azure-speech", "en-US")],
)
def test_transcriber_fits_the_models_family(model, transcriber, language):
    assert request(model=model)["input_audio_transcription"] == {"model": transcriber, "language": language}


def test_model_is_not_repeated_and_tools_are_functions():
    found = request()
    assert "model" not in found
    assert found["tools"] == [
        {"type": "function", "name": TOOL.name, "description": TOOL.description, "parameters": TOOL.parameters}
    ]


def test_client_reference_sends_two_channels():
    echo = request(echo_cancellation="client")["input_audio_echo_cancellation"]
    assert echo == {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2}


def test_cascade_on_the_device_is_told_what_the_speaker_says():
    assert request(endpoint="cascade")["input_audio_echo_cancellation"]["reference_source"] == "client"
    assert request(endpoint="cascade", echo_cancellation="off")["input_audio_echo_cancellation"] is None


@pytest.mark.parametrize(("model", "language"), [("gpt-realtime", "de"), ("gpt-4.1", "de-DE")])
def test_persona_has_its_voice_its_instructions_and_its_language(model, language):
    koch = PersonaSettings(voice="de-DE-KatjaNeural", instructions="Du kochst.", language="de-DE")
    found = request(koch, model=model)
    assert found["voice"] == {"type": "azure-standard", "name": "de-DE-KatjaNeural"}
    assert found["instructions"] == "Du kochst."
    assert found["input_audio_transcription"]["language"] == language
