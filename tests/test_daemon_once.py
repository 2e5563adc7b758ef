"""What the daemon does once, and breaks in the middle, in this process."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.commands import Notice
from voiced.config.schema import VoicedSettings
from voiced.daemon import Daemon
from voiced.host import endurance
from voiced.paths import model_directories
from voiced.tools.calls import ToolOutcome
from voiced.wiring.obeying import BROKEN_TOOL


@dataclass
class Broken:
    """Tools that act and notices that sound, and then break."""

    done: list = field(default_factory=list)

    async def in_conversation(self, call_id, name, arguments, persona):
        self.done.append((name, arguments))
        raise ValueError("a defect")

    async def say(self, command):
        self.done.append(command.notice)
        raise ValueError("a defect")

    async def announce(self):
        self.done.append("announced")
        raise ValueError("a defect")


def put_in(daemon, **parts):
    """Others in the place of parts of the daemon."""
    for name, part in parts.items():
        setattr(daemon, f"_{name}", part)
    daemon._obeying._parts = replace(daemon._obeying._parts, **parts)


@pytest.mark.parametrize(
    ("command", "done", "told"),
    [
        (do.RunTool("c1", "unlock", "{}"), ("unlock", "{}"), on.ToolFinished("c1", BROKEN_TOOL)),
        (do.SayNotice(Notice.NO_REPLY, ""), Notice.NO_REPLY, on.NoticeFinished()),
        (do.Announce(), "announced", on.NoticeFinished()),
    ],
)
async def test_what_breaks_after_it_acted_is_told_and_never_done_again(tmp_path, monkeypatch, command, done, told):
    monkeypatch.setenv("VOICED_MODELS", str(model_directories()[0]))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    monkeypatch.setattr(endurance, "RESTART_SECONDS", 0.001)
    cloud = {"endpoint": "https://voiced.invalid/", "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"}
    settings = VoicedSettings.model_validate({"voice_live": cloud})
    daemon, broken, events = Daemon(settings, tmp_path / "voiced.yaml"), Broken(), []
    put_in(daemon, tooling=broken, voice=broken)
    daemon._obeying._dispatch = events.append
    async with asyncio.timeout(10), asyncio.TaskGroup() as daemon._tasks:
        daemon._obeying.carry_out(command)
    assert broken.done == [done]
    assert events == [told]


async def test_tool_is_run_for_who_asked_though_the_conversation_ends_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICED_MODELS", str(model_directories()[0]))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    cloud = {"endpoint": "https://voiced.invalid/", "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"}
    settings = VoicedSettings.model_validate({"voice_live": cloud})
    daemon, personas = Daemon(settings, tmp_path / "voiced.yaml"), []

    class Tools:
        async def in_conversation(self, call_id, name, arguments, persona):
            personas.append(persona)
            return ToolOutcome(ok=True, output="{}", seconds=0.0)

    put_in(daemon, tooling=Tools())
    daemon._obeying._dispatch = lambda _: None
    async with asyncio.timeout(10), asyncio.TaskGroup() as daemon._tasks:
        daemon._conversations.open("kids", certain=True)
        daemon._obeying.carry_out(do.RunTool("c1", "unlock", "{}"))
        daemon._conversations.close()  # before the tool's task has begun
    assert personas == ["kids"], "what is not for kids would be done for them"


@pytest.mark.parametrize("part", ["reporting", "built_ins", "lights"])
async def test_fault_beside_the_conversation_takes_no_event_from_it(tmp_path, monkeypatch, caplog, part):
    monkeypatch.setenv("VOICED_MODELS", str(model_directories()[0]))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    cloud = {"endpoint": "https://voiced.invalid/", "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"}
    daemon = Daemon(VoicedSettings.model_validate({"voice_live": cloud}), tmp_path / "voiced.yaml")

    class Defective:
        def __getattr__(self, name):
            raise ValueError("a defect")

    opened = []
    put_in(daemon, **{part: Defective()})
    monkeypatch.setattr(daemon._conversations, "open", lambda *_, **__: opened.append(True))
    monkeypatch.setattr(daemon._conversations, "live", lambda _: asyncio.sleep(0))
    async with asyncio.timeout(10), asyncio.TaskGroup() as daemon._tasks:
        daemon._dispatch(on.Started())
        daemon._dispatch(on.WakeWordDetected("hey_jarvis", 0.9, 0, 0.0, "default"))
    assert opened, f"nobody answers because {part} is broken"
    assert "please report this" in caplog.text
