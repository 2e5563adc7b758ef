import dataclasses
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from voiced.assistant import events as on
from voiced.assistant.phases import Phase
from voiced.config.schema import VoicedSettings
from voiced.tools.building import build
from voiced.tools.registry import Registry
from voiced.tools.wires import Wires
from voiced.voicelive.recorder import Recorder
from voiced.voicelive.recording import RecordingFolder
from voiced.wiring.reporting import Parts, Reporting

LAMP = {"method": "POST", "url": "http://lamp.invalid/"}
TOOL = {"name": "set_light", "description": "Turn a light on.", "http": LAMP}


@pytest.fixture
async def supplied(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    settings = VoicedSettings.model_validate_json(json.dumps({"tools": [TOOL]}))
    recorder = Recorder(RecordingFolder(tmp_path / "recordings", 1, 10**6), lambda: 0.0, every=False, sound=False)
    tools = Registry(build(settings.tools, Wires(lambda _: "")))
    parts = dict.fromkeys(field.name for field in dataclasses.fields(Parts))  # the others are asked by `status` alone
    return tools, Reporting(settings, Parts(**(parts | {"recorder": recorder, "registry": tools})), lambda _: None, {})


@pytest.fixture
async def tools(supplied):
    return supplied[0]


@pytest.fixture
async def reporting(supplied):
    return supplied[1]


async def test_call_that_the_model_speaks_instead_of_making_it_is_warned_of(reporting, caplog):
    reporting.tell(on.ReplyTranscribed("r1", "The light is on."))
    assert "set_light" not in caplog.text
    reporting.tell(on.ReplyTranscribed("r2", 'set_light({"room": "kitchen"})'))
    assert "set_light" in caplog.text
    assert "kitchen" not in caplog.text, "what is said is nobody's business"


async def test_call_of_a_tool_that_came_later_is_warned_of_and_of_one_that_went_is_not(reporting, tools, caplog):
    (lamp,) = tools
    tools.replace([replace(lamp, definition=replace(lamp.definition, name="open_door"))])
    reporting.tell(on.ReplyTranscribed("r1", "set_light()"))
    assert "set_light" not in caplog.text
    reporting.tell(on.ReplyTranscribed("r2", "open_door()"))
    assert "open_door" in caplog.text


@pytest.mark.parametrize("kept", [True, False])
async def test_microphone_is_switched_on_unless_its_switch_is_on(kept, tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    told = []
    parts = dict.fromkeys(field.name for field in dataclasses.fields(Parts)) | {
        "assistant": SimpleNamespace(phase=Phase.MUTED),
        "pressing": SimpleNamespace(keeps_muted=kept),
        "recorder": SimpleNamespace(arm=None),
    }
    answer = Reporting(VoicedSettings(), Parts(**parts), told.append, {})._verbs()["unmute"]()
    assert ("switch" in answer.get("error", "")) is kept
    assert told == ([] if kept else [on.MuteChanged(muted=False, reason="microphone on by voiced unmute")])
