import json

import pytest

from voiced.voicelive.rules import Asked
from voiced.voicelive.settings import PersonaSettings, VoiceLiveSettings

AZURE = {"endpoint": "https://voiced.invalid/", "credential": {"api_key": {"env": "KEY"}}}


def asked_for(service, persona=None, locale="en-US"):
    """What a configuration asks for, read as strictly as a file's."""
    return Asked(
        VoiceLiveSettings.model_validate_json(json.dumps(AZURE | service)),
        {"default": PersonaSettings.model_validate_json(json.dumps(persona or {}))},
        locale,
    )


@pytest.fixture
def ask():
    return asked_for
