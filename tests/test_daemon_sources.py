"""The whole daemon with tools that others supply: a program that speaks MCP."""

import asyncio
import sys
from pathlib import Path

import pytest
from demonstration import voice
from demonstration.stage import MOCK_PINS, perform

pytestmark = pytest.mark.system

SERVER = Path(__file__).parent / "tools" / "mcp" / "notes_server.py"


async def test_tools_of_a_program_are_there_while_it_runs_and_end_with_the_daemon(tmp_path):
    voice.record(tmp_path / "mic.wav", [(1.0, "hello")], tail=30)
    configuration = {
        "audio": {
            "input": {"device": f"file:{tmp_path / 'mic.wav'}"},
            "output": {"device": f"file:{tmp_path / 'speaker.wav'}", "volume": 100},
        },
        "mcp_servers": [{"label": "notes", "command": [sys.executable, str(SERVER), "stdio"]}],
    }
    async with perform(tmp_path, configuration, MOCK_PINS) as stage:
        async with asyncio.timeout(60):
            names = set()
            while "add_note" not in names:
                await asyncio.sleep(0.2)
                names = {each["name"] for each in (await stage.ask("tools"))["tools"]}

        (program,) = running(SERVER)
    assert "Traceback" not in stage.log, stage.log
    assert program not in running(SERVER)


def running(program):
    """The processes that run a Python program."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(program).encode() in arguments:
            found.add(int(process.name))
    return found
