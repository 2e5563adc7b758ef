import asyncio
import json
import os
import subprocess
import sys

import aiohttp
import pytest

from voiced.cli import main
from voiced.host.control import ControlSocket

LINES = [
    {"recording": 1, "began": "20260130T120000"},
    {"at": 0, "n": 1, "session": "azure"},
    {"at": 0.1, "n": 1, "sent": {"type": "session.update"}},
    {"at": 0.2, "n": 1, "received": {"type": "session.updated"}},
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "20260130T120000.000.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


async def test_recording_is_served_in_place_of_the_service(file):
    command = [sys.executable, "-m", "voiced", "replay", str(file), "--listen", "127.0.0.1:0", "--fast"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        async with asyncio.timeout(30):
            lines = [(await process.stdout.readline()).decode() for _ in range(3)]
            assert "20260130T120000" in lines[0]
            endpoint = lines[2].split()[1]
            address = f"{endpoint}/voice-live/realtime?model=x"
            async with aiohttp.ClientSession() as http, http.ws_connect(address) as socket:
                await socket.send_json({"type": "session.update"})
                assert await socket.receive_json() == {"type": "session.updated"}
            process.terminate()
            assert await process.wait() == os.EX_OK
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        process._transport.close()


def test_file_that_is_no_recording_is_refused(tmp_path, capsys):
    path = tmp_path / "x.jsonl"
    path.write_text("hello\n")
    assert main(["replay", str(path)]) == os.EX_DATAERR
    assert "x.jsonl:1: not JSON" in capsys.readouterr().err


def test_recording_without_a_service_is_refused(file, capsys):
    file.write_text(json.dumps(LINES[0]) + "\n")
    assert main(["replay", str(file), "--listen", "127.0.0.1:0"]) == os.EX_DATAERR
    assert "nothing to replay" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["0.0.0.0:0", "nonsense", "127.0.0.1:many"])
def test_recording_is_served_to_this_device_only(file, address, capsys):
    assert main(["replay", str(file), "--listen", address]) == os.EX_UNAVAILABLE
    assert f"can't listen on {address}" in capsys.readouterr().err


@pytest.fixture
def recording(tmp_path, monkeypatch, capsys):
    """Runs `voiced record` against a control socket that answers so."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))

    async def serve(verbs):
        control = ControlSocket(tmp_path / "control.sock", verbs)
        task = asyncio.create_task(control.run())
        async with asyncio.timeout(5):
            while not (tmp_path / "control.sock").exists():
                await asyncio.sleep(0.01)
            code = await asyncio.to_thread(main, ["record"])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return code

    def run(verbs):
        return asyncio.run(serve(verbs)), capsys.readouterr()

    return run


def test_owner_is_told_where_and_what_is_recorded(recording):
    code, said = recording({"record": lambda: {"folder": "/var/lib/voiced/conversations", "sound": False}})
    assert code == os.EX_OK
    assert "recorded in /var/lib/voiced/conversations" in said.out
    assert "sound: true" in said.out


def test_owner_is_told_that_sound_is_recorded_too(recording):
    _, said = recording({"record": lambda: {"folder": "/x", "sound": True}})
    assert "as text and as sound" in said.out


def test_daemon_of_an_earlier_version_is_to_be_restarted(recording):
    code, said = recording({})
    assert code == os.EX_UNAVAILABLE
    assert "restart it" in said.err
