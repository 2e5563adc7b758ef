import pytest
from azure.ai.voicelive.models import LlmInterimResponseConfig, StaticInterimResponseConfig

from voiced.voicelive.interim import InterimResponseSettings


@pytest.mark.parametrize(
    ("settings", "sdk", "payload"),
    [
        (
            {"texts": ("Wait.",)},
            StaticInterimResponseConfig,
            {
                "type": "static_interim_response",
                "triggers": ["latency"],
                "latency_threshold_ms": 2000,
                "texts": ["Wait."],
            },
        ),
        (
            {"type": "llm_interim_response", "triggers": ("latency", "tool"), "instructions": "Be kind."},
            LlmInterimResponseConfig,
            {
                "type": "llm_interim_response",
                "triggers": ["latency", "tool"],
                "latency_threshold_ms": 2000,
                "model": "gpt-4.1-mini",
                "max_completion_tokens": 50,
                "instructions": "Be kind.",
            },
        ),
    ],
)
def test_every_field_of_a_kind_is_explicit_and_known_to_the_sdk(settings, sdk, payload, fields_of):
    found = InterimResponseSettings(**settings).payload()
    assert found == payload
    assert set(found) <= fields_of(sdk)


def test_extra_goes_last():
    found = InterimResponseSettings(texts=("Wait.",), extra={"latency_threshold_ms": 1, "new": True}).payload()
    assert (found["latency_threshold_ms"], found["new"]) == (1, True)
