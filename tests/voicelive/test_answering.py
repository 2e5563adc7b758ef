from urllib.parse import parse_qsl, urlsplit

import pytest
from azure.ai.voicelive.aio import connect
from azure.core.credentials import AzureKeyCredential

from voiced.voicelive.answering import answering, connection_model, connection_query
from voiced.voicelive.models import Kind
from voiced.voicelive.settings import AgentSettings, VoiceLiveSettings

AGENT = AgentSettings(
    name="house",
    project="home",
    version="2",
    conversation_id="conv_1",
    authentication_identity_client_id="id",
    foundry_resource_override="other",
)


def test_model_is_asked_for_with_nothing_else():
    settings = VoiceLiveSettings(model="gpt-5", echo_cancellation="off")
    assert (connection_model(settings), connection_query(settings)) == ("gpt-5", {})
    assert answering(settings).kind is Kind.CASCADED


def test_speakers_own_echo_reference_is_switched_on_at_the_handshake():
    assert connection_query(VoiceLiveSettings()) == {"features": "client_ec_reference:true"}


def test_deployment_of_ones_own_is_what_its_profile_says():
    settings = VoiceLiveSettings(model="mine", profile="byom-azure-openai-realtime", echo_cancellation="off")
    assert (connection_model(settings), connection_query(settings)) == (
        "mine",
        {"profile": "byom-azure-openai-realtime"},
    )
    assert answering(settings).kind is Kind.NATIVE


def test_agent_is_asked_for_as_the_sdk_would_and_with_no_model():
    settings = VoiceLiveSettings(agent=AGENT, echo_cancellation="off")
    assert connection_model(settings) is None
    assert answering(settings).kind is Kind.AGENT
    opened = connect(
        credential=AzureKeyCredential("key"),
        endpoint="https://voiced.invalid",
        agent_name="house",
        project_name="home",
        agent_version="2",
        conversation_id="conv_1",
        authentication_identity_client_id="id",
        foundry_resource_override="other",
    )
    theirs = dict(parse_qsl(urlsplit(opened._prepare_url()).query))
    for name in ("api-version", "x-ms-client-sdk"):
        theirs.pop(name)
    assert connection_query(settings) == theirs


@pytest.mark.parametrize("left_out", ["version", "conversation_id"])
def test_what_an_agent_does_not_name_is_left_out(left_out):
    agent = AGENT.model_copy(update={left_out: None})
    query = connection_query(VoiceLiveSettings(agent=agent, echo_cancellation="off"))
    assert all(query.values())
    assert len(query) == 5
