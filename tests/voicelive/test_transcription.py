import pytest

from voiced.voicelive.models import model_named
from voiced.voicelive.transcription import TranscriptionSettings


@pytest.mark.parametrize(
    ("model", "settings", "payload"),
    [
        ("gpt-realtime", {}, {"model": "gpt-4o-mini-transcribe", "language": "de"}),
        ("gpt-4.1", {}, {"model": "azure-speech", "language": "de-DE"}),
        ("phi4-mm-realtime", {}, {"model": "azure-speech", "language": "de-DE"}),
        ("gpt-4.1", {"languages": ("en-US", "de-DE")}, {"model": "azure-speech", "language": "en-US,de-DE"}),
        ("gpt-4.1", {"languages": ()}, {"model": "azure-speech", "language": ""}),
        ("gpt-4.1", {"model": "mai-transcribe"}, {"model": "mai-transcribe", "language": "de"}),
        (
            "gpt-realtime",
            {"model": "whisper-1", "prompt": "Lamps.", "extra": {"new": 1}},
            {"model": "whisper-1", "language": "de", "prompt": "Lamps.", "new": 1},
        ),
        (
            "gpt-4.1",
            {"phrase_list": ("Kamin",), "custom_speech": {"zh-CN": "id"}},
            {
                "model": "azure-speech",
                "language": "de-DE",
                "phrase_list": ["Kamin"],
                "custom_speech": {"zh-CN": "id"},
            },
        ),
        ("gpt-realtime", {"model": "none"}, None),
    ],
)
def test_transcriber_gets_the_language_in_its_own_form_and_what_it_takes(model, settings, payload):
    assert TranscriptionSettings(**settings).payload(model_named(model), "de-DE") == payload
