import pytest
from azure.ai.voicelive.models import TurnDetection

from voiced.voicelive.turn_detection import FIELDS, EndOfUtteranceSettings, TurnDetectionSettings

SHARED = {"create_response": True, "interrupt_response": True, "auto_truncate": False}
NUMBERS = {"threshold": 0.5, "prefix_padding_ms": 420, "silence_duration_ms": 500, "speech_duration_ms": 80}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("azure_semantic_vad", {**NUMBERS, "remove_filler_words": False}),
        ("azure_semantic_vad_multilingual", {**NUMBERS, "remove_filler_words": False}),
        ("azure_semantic_vad_en", {**NUMBERS, "remove_filler_words": False}),
        ("server_vad", {**NUMBERS, "prefix_padding_ms": 400, "speech_duration_ms": 200}),
        ("semantic_vad", {"eagerness": "auto"}),
    ],
)
def test_every_field_of_a_kind_is_explicit(kind, fields):
    assert TurnDetectionSettings(type=kind).payload("en-US") == {"type": kind, **fields, **SHARED}


@pytest.mark.parametrize(
    ("locale", "kind"), [("en-GB", "azure_semantic_vad"), ("de-DE", "azure_semantic_vad_multilingual")]
)
def test_kind_that_is_left_out_follows_the_language(locale, kind):
    assert TurnDetectionSettings().payload(locale)["type"] == kind
    assert TurnDetectionSettings(type="server_vad").payload(locale)["type"] == "server_vad"


def test_what_was_given_is_sent():
    settings = TurnDetectionSettings(
        prefix_padding_ms=0,
        languages=("en",),
        end_of_utterance_detection=EndOfUtteranceSettings(threshold_level="low"),
        auto_truncate=True,
        appended_text_after_truncation=" [cut]",
    )
    found = settings.payload("en-US")
    assert found["prefix_padding_ms"] == 0
    assert found["languages"] == ["en"]
    assert found["end_of_utterance_detection"] == {
        "model": "semantic_detection_v1",
        "threshold_level": "low",
        "timeout_ms": 1000,
    }
    assert (found["auto_truncate"], found["appended_text_after_truncation"]) == (True, " [cut]")


@pytest.mark.parametrize("kind", [kind for kind in FIELDS if kind != "semantic_vad"])
def test_sdk_knows_every_field_but_the_documented_ones(kind, fields_of):
    model = TurnDetection.__mapping__[kind]
    unknown = FIELDS[kind] - fields_of(model)
    assert unknown <= {"appended_text_after_truncation", "speech_duration_ms"}
