import asyncio
import os

import pytest

from voiced.cli import main
from voiced.host.control import ControlSocket

SWITCHED = {"error": "the switch on the speaker keeps the microphone off: put it back"}


@pytest.mark.parametrize(
    ("verb", "answer", "status", "printed"),
    [
        ("unmute", {"phase": "idle"}, os.EX_OK, "idle"),
        ("unmute", SWITCHED, os.EX_UNAVAILABLE, "switch"),
        ("mute", {"phase": "muted"}, os.EX_OK, "muted"),
        ("listen", {"phase": "connecting"}, os.EX_OK, "connecting"),
        ("listen", {"phase": "muted"}, os.EX_UNAVAILABLE, "voiced unmute"),
    ],
)
async def test_verb_prints_the_phase_or_why_there_is_none(verb, answer, status, printed, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    control = asyncio.create_task(ControlSocket(tmp_path / "control.sock", {verb: lambda: answer}).run())
    while not (tmp_path / "control.sock").exists():
        await asyncio.sleep(0.001)
    assert await asyncio.to_thread(main, [verb]) == status
    control.cancel()
    told = capsys.readouterr()
    assert printed in (told.err if status else told.out)
