import pytest
from azure.ai.voicelive.models import RequestSession

from voiced.settings import SecretReference
from voiced.voicelive.interim import InterimResponseSettings
from voiced.voicelive.request import Function, request_session
from voiced.voicelive.settings import AgentSettings, CredentialSettings, PersonaSettings, VoiceLiveSettings
from voiced.voicelive.turn_detection import TurnDetectionSettings
from voiced.voicelive.voices import VoiceSettings

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


def test_every_field_of_the_services_session_is_sent_or_left_out_for_a_reason(fields_of):
    left_out = {
        "model": "fixed at connect",
        "animation": "a speaker has no face",
        "avatar": "likewise",
        "temperature": "the service shows none for native models; the test below has one that has it",
        "reasoning_effort": "likewise",
        "interim_response": "off unless it is there",
        "output_audio_timestamp_types": "likewise",
        "include": "likewise",
        "metadata": "likewise",
    }
    known = fields_of(RequestSession)
    assert set(request()) == known - set(left_out)
    everything = request(
        model="gpt-5",
        interim_response=InterimResponseSettings(texts=("Wait.",)),
        word_timestamps=True,
        include=("item.input_audio_transcription.phrases",),
        metadata={"room": "kitchen"},
    )
    assert known - set(everything) == {"model", "animation", "avatar"}
    assert RequestSession(everything).as_dict() == everything


@pytest.mark.parametrize(
    ("model", "temperature", "effort"),
    [("gpt-realtime", None, None), ("gpt-4.1", 0.8, None), ("gpt-5", 1.0, "minimal"), ("gpt-5.2", None, None)],
)
def test_what_the_service_was_seen_to_take_for_a_model_is_sent(model, temperature, effort):
    found = request(model=model)
    assert (found.get("temperature"), found.get("reasoning_effort")) == (temperature, effort)
    assert found["max_response_output_tokens"] == "inf"
    assert found["parallel_tool_calls"] is True


def test_what_was_asked_for_goes_before_what_is_usual():
    found = request(model="gpt-5", temperature=0.7, reasoning_effort="low", max_response_output_tokens=200)
    assert (found["temperature"], found["reasoning_effort"]) == (0.7, "low")
    assert found["max_response_output_tokens"] == 200
    assert request(PersonaSettings(temperature=0.6), model="gpt-5", temperature=0.7)["temperature"] == 0.6


def test_older_protocol_is_not_told_what_it_does_not_know():
    found = request(api_version="2025-10-01")
    assert "parallel_tool_calls" not in found
    assert "auto_truncate" not in found["turn_detection"]


def test_agent_is_told_no_instructions():
    assert "instructions" not in request(agent=AgentSettings(name="house", project="home"))


def test_voice_is_sent_with_how_it_speaks():
    voice = VoiceSettings(name="en-US-Ava:DragonHDLatestNeural", temperature=0.4, rate="1.1", prefer_locales=("en-GB",))
    assert request(PersonaSettings(voice=voice))["voice"] == {
        "type": "azure-standard",
        "name": "en-US-Ava:DragonHDLatestNeural",
        "temperature": 0.4,
        "rate": "1.1",
        "prefer_locales": ["en-GB"],
    }


@pytest.mark.parametrize(("tools", "offered"), [(None, ["set_light", "end"]), ((), ["end"]), (("set_light",), None)])
def test_persona_has_its_tools_and_the_built_in_ones(tools, offered):
    functions = [TOOL, Function("end", "End the conversation.", always=True)]
    settings, persona = VoiceLiveSettings(**AZURE), PersonaSettings(tools=tools)
    found = [tool["name"] for tool in request_session(settings, persona, "en-US", functions)["tools"]]
    assert found == (offered or ["set_light", "end"])


def test_tool_that_a_persona_does_not_name_is_not_offered():
    assert request(PersonaSettings(tools=("other",)))["tools"] == []


@pytest.mark.parametrize(("form", "rate"), [("pcm16", 16_000), ("g711_ulaw", 8000), ("g711_alaw", 8000)])
def test_rate_is_the_formats(form, rate):
    found = request(input_audio_format=form, output_audio_format="g711_ulaw")
    assert (found["input_audio_format"], found["input_audio_sampling_rate"]) == (form, rate)
    assert found["output_audio_format"] == "g711_ulaw"


def test_extra_is_passed_through_untouched_and_last():
    found = request(
        PersonaSettings(voice=VoiceSettings(name="alloy", extra={"speed": 2})),
        extra={"truncation_strategy": {"type": "auto"}, "tool_choice": "none"},
        turn_detection=TurnDetectionSettings(extra={"idle_timeout_ms": 6000, "threshold": 0.9}),
    )
    assert found["truncation_strategy"] == {"type": "auto"}
    assert found["tool_choice"] == "none"
    assert found["voice"] == {"type": "openai", "name": "alloy", "speed": 2}
    assert (found["turn_detection"]["idle_timeout_ms"], found["turn_detection"]["threshold"]) == (6000, 0.9)


def test_remote_servers_stand_beside_functions_and_personas_may_choose_them():
    learn, notes = ({"type": "mcp", "server_label": label, "server_url": "https://x"} for label in ("learn", "notes"))

    def tools(persona):
        asked = request_session(VoiceLiveSettings(**AZURE), persona, "en-US", [TOOL], [learn, notes])
        return [tool.get("server_label", tool.get("name")) for tool in asked["tools"]]

    assert tools(PersonaSettings()) == ["set_light", "learn", "notes"]
    assert tools(PersonaSettings(tools=("notes",))) == ["notes"]
