import json

import pytest

from voiced.cascade.grammar import END_CONVERSATION
from voiced.config.schema import VoicedSettings
from voiced.settings import SecretReference
from voiced.tools.building import build
from voiced.tools.builtin_settings import BuiltInSettings
from voiced.tools.policy_settings import ToolPolicySettings
from voiced.tools.registry import Registry
from voiced.tools.settings import ToolSettings
from voiced.tools.wires import Wires
from voiced.voicelive.credential_settings import CredentialSettings
from voiced.voicelive.failures import CredentialError, Remedy
from voiced.voicelive.mcp import labels_of
from voiced.voicelive.mcp_settings import McpServerSettings
from voiced.voicelive.settings import PersonaSettings, VoiceLiveSettings
from voiced.wiring import services

KEY = CredentialSettings.model_validate({"api_key": {"env": "VOICED_TEST_KEY"}})
RESOURCE = "https://home.services.ai.azure.com/"


def speaker(**more):
    voice_live = VoiceLiveSettings(**{"endpoint": RESOURCE, "credential": KEY, **more})
    personas = {"default": PersonaSettings(voice="alloy", instructions="Yes, sir.")}
    return VoicedSettings(voice_live=voice_live, personas=personas)


def in_the_cloud(settings):
    return services.cloud(settings, Registry(()), lambda _: None)


async def test_service_is_waited_for_only_as_long_as_the_fallback_can_wait():
    assert in_the_cloud(speaker()).target.connect_seconds == 1.5
    assert in_the_cloud(speaker(fallback="none")).target.connect_seconds == pytest.approx(9.5)


async def test_azure_counts_connections_and_this_device_does_not():
    assert in_the_cloud(speaker()).limit == 30
    assert in_the_cloud(speaker(endpoint="http://127.0.0.1:8477")).limit is None
    assert services.on_this_device(speaker(), Registry(()), "http://127.0.0.1:1", "key").limit is None


async def test_missing_secret_is_a_credential_that_the_owner_has_to_mend(monkeypatch):
    monkeypatch.delenv("VOICED_TEST_KEY", raising=False)
    with pytest.raises(CredentialError, match="VOICED_TEST_KEY is not set") as error:
        await in_the_cloud(speaker()).credential.proof()
    assert error.value.failure.remedy is Remedy.FIX_CONFIGURATION


async def test_cascade_stands_in_with_the_persona_but_not_with_what_only_azure_has():
    settings = speaker(model="gpt-4.1", noise_reduction="azure_deep_noise_suppression", extra={"profile": "x"})
    stand_in = services.on_this_device(settings, Registry(()), "http://127.0.0.1:1", "key")
    asked = stand_in.request("default")
    assert asked["instructions"] == "Yes, sir."
    assert asked["voice"]["name"] == PersonaSettings().voice
    assert "profile" not in asked
    assert asked["input_audio_echo_cancellation"]["channels"] == stand_in.target.channels == 2
    assert (await stand_in.credential.proof()).key == "key"


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (VoiceLiveSettings(), True),
        (VoiceLiveSettings(echo_cancellation="off"), False),
        (VoiceLiveSettings(endpoint=RESOURCE, credential=KEY), True),
        (VoiceLiveSettings(endpoint=RESOURCE, credential=KEY, fallback="none"), False),
        (VoiceLiveSettings(endpoint=RESOURCE, credential=KEY, echo_cancellation="off"), False),
        (VoiceLiveSettings(endpoint=RESOURCE, credential=KEY, echo_cancellation="client", fallback="none"), True),
    ],
)
def test_what_the_speaker_plays_is_kept_for_whoever_can_not_know_it(settings, wanted):
    assert services.wants_reference(settings) is wanted


async def test_every_persona_may_hang_up_with_what_the_cascade_calls_for_a_farewell():
    settings = speaker().model_copy(update={"personas": {"default": PersonaSettings(tools=())}})
    for service in (in_the_cloud(settings), services.on_this_device(settings, Registry(()), "http://127.0.0.1:1", "k")):
        (tool,) = service.request("default")["tools"]
        assert tool["name"] == END_CONVERSATION
        assert tool["parameters"]["additionalProperties"] is False


async def test_hanging_up_by_voice_can_be_switched_off():
    settings = speaker().model_copy(update={"builtins": BuiltInSettings(end_conversation=False)})
    assert in_the_cloud(settings).request("default")["tools"] == []


async def test_remote_server_whose_secret_is_missing_is_left_out_and_told(monkeypatch, caplog):
    servers = (
        McpServerSettings(label="learn", url="https://learn.example/mcp"),
        McpServerSettings(
            label="notes", url="https://notes.example/mcp", authorization=SecretReference(env="VOICED_T")
        ),
    )
    service = in_the_cloud(speaker(mcp_servers=servers))
    monkeypatch.delenv("VOICED_T", raising=False)
    for _ in range(2):
        asked = service.request("default")
    assert labels_of(asked["tools"]) == ("learn",)
    assert service.remote.status()["notes"]["state"] == "failed"
    assert caplog.text.count("VOICED_T is not set") == 1
    monkeypatch.setenv("VOICED_T", "s3cret")
    assert service.request("default")["tools"][-1]["authorization"] == "s3cret"


async def test_cascade_that_stands_in_is_given_no_remote_servers():
    settings = speaker(mcp_servers=(McpServerSettings(label="learn", url="https://learn.example/mcp"),))
    stand_in = services.on_this_device(settings, Registry(()), "http://127.0.0.1:1", "key")
    assert not labels_of(stand_in.request("default")["tools"])
    assert not stand_in.remote.status()


async def test_fallback_that_has_to_start_is_waited_for_longer_and_all_that_is_said_meanwhile_is_kept():
    def stand_in(settings):
        return services.on_this_device(settings, Registry(()), "http://127.0.0.1:1", "key").target

    settings = speaker()
    kept = services.longest_opening(settings)
    assert kept == 1.5 + stand_in(settings).connect_seconds
    assert stand_in(settings).backlog_seconds > kept
    alone = VoicedSettings()
    assert services.longest_opening(alone) == alone.conversation.connect_seconds > stand_in(alone).connect_seconds
    assert services.longest_opening(speaker(fallback="none")) == alone.conversation.connect_seconds


DOOR = {
    "name": "door",
    "description": "A door.",
    "parameters": {"side": {"enum": ["left", "right"], "synonyms": {"left": ["near"]}}},
    "phrases": ["open the {side} door"],
    "http": {"url": "http://door.invalid/"},
    "personas": ["default"],
    "confirm": True,
}


def registry_of(tool):
    return Registry(build([ToolSettings.model_validate_json(json.dumps(tool))], Wires(lambda _: "")))


async def test_only_the_cascade_is_told_what_may_be_said():
    registry = registry_of(DOOR)
    (ours, _), (theirs, _) = (
        service.request("default")["tools"]
        for service in (
            services.on_this_device(speaker(), registry, "http://127.0.0.1:1", "key"),
            services.cloud(speaker(), registry, lambda _: None),
        )
    )
    assert theirs["parameters"] == registry["door"].definition.parameters
    assert ours["parameters"] == theirs["parameters"] | {
        "x-phrases": ["open the {side} door"],
        "x-words": {"side": {"near": "left"}},
        "x-confirm": True,
    }


async def test_quiet_hours_that_ask_let_the_cascade_hear_a_yes():
    policy = ToolPolicySettings.model_validate({"quiet_hours": {"from": "22:00", "to": "07:00", "then": "confirm"}})
    settings = speaker().model_copy(update={"tool_policy": policy})
    registry = registry_of(DOOR | {"confirm": False})
    (tool, _) = services.on_this_device(settings, registry, "http://127.0.0.1:1", "k").request("default")["tools"]
    assert tool["parameters"]["x-confirm"] is True


async def test_a_tool_of_other_personas_is_not_offered():
    service = services.cloud(speaker(), registry_of(DOOR), lambda _: None)
    assert [tool["name"] for tool in service.request("child")["tools"]] == [END_CONVERSATION]
