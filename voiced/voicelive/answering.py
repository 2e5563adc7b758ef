"""Who answers, and how the connection asks for it: a model, a deployment of your own, or a Foundry agent."""

from voiced.voicelive import models
from voiced.voicelive.models import Model
from voiced.voicelive.settings import VoiceLiveSettings

CLIENT_REFERENCE_FEATURE = "client_ec_reference:true"
"""The flag of the preview in which the speaker sends what it plays."""


def answering(settings: VoiceLiveSettings) -> Model:
    """The model as far as a session's configuration depends on it."""
    if settings.agent is not None:
        return models.AGENT
    if settings.profile is not None:
        return models.OWN_REALTIME if settings.profile == "byom-azure-openai-realtime" else models.OWN_CHAT
    return models.model_named(settings.model)


def connection_model(settings: VoiceLiveSettings) -> str | None:
    """The connection's `model`; None for an agent, which has its own."""
    return None if settings.agent is not None else settings.model


def connection_query(settings: VoiceLiveSettings) -> dict[str, str]:
    """The connection's query beside `api-version` and `model` (voice-live §1.1)."""
    query = {}
    if settings.echo_reference == "client":
        query["features"] = CLIENT_REFERENCE_FEATURE
    if settings.profile is not None:
        query["profile"] = settings.profile
    if settings.agent is None:
        return query
    agent = {
        "agent-name": settings.agent.name,
        "agent-project-name": settings.agent.project,
        "agent-version": settings.agent.version,
        "conversation-id": settings.agent.conversation_id,
        "agent-authentication-identity-client-id": settings.agent.authentication_identity_client_id,
        "foundry-resource-override": settings.agent.foundry_resource_override,
    }
    return query | {name: value for name, value in agent.items() if value is not None}
