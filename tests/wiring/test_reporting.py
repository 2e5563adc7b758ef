import dataclasses
import json

import pytest

from voiced.assistant import events as on
from voiced.config.schema import VoicedSettings
from voiced.voicelive.recorder import Recorder
from voiced.voicelive.recording import RecordingFolder
from voiced.wiring.reporting import Parts, Reporting

LAMP = {"method": "POST", "url": "http://lamp.invalid/"}
TOOL = {"name": "set_light", "description": "Turn a light on.", "http": LAMP}


@pytest.fixture
async def reporting(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    settings = VoicedSettings.model_validate_json(json.dumps({"tools": [TOOL]}))
    recorder = Recorder(RecordingFolder(tmp_path / "recordings", 1, 10**6), lambda: 0.0, every=False, sound=False)
    parts = dict.fromkeys(field.name for field in dataclasses.fields(Parts))  # the others are asked by `status` alone
    return Reporting(settings, Parts(**(parts | {"recorder": recorder})), lambda _: None, {})


async def test_call_that_the_model_speaks_instead_of_making_it_is_warned_of(reporting, caplog):
    reporting.tell(on.ReplyTranscribed("r1", "The light is on."))
    assert "set_light" not in caplog.text
    reporting.tell(on.ReplyTranscribed("r2", 'set_light({"room": "kitchen"})'))
    assert "set_light" in caplog.text
    assert "kitchen" not in caplog.text, "what is said is nobody's business"
