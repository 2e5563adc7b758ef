import asyncio
import json
import os
import signal
import socket
import sys

import aiohttp
import pytest

from voiced.cli import main


@pytest.fixture
def configuration(tmp_path):
    def write(text="{}"):
        path = tmp_path / "voiced.yaml"
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize("address", ["0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0"])
def test_address_for_others_without_a_key_is_an_error_of_the_configuration(configuration, capsys, address):
    assert main(["cascade", "--config", configuration(), "--listen", address]) == os.EX_CONFIG
    assert "set cascade.key" in capsys.readouterr().err


def test_key_that_can_not_be_read_is_an_error_of_the_configuration(configuration, capsys):
    path = configuration("cascade: {key: {env: VOICED_TEST_NO_KEY}}")
    assert main(["cascade", "--config", path, "--listen", "0.0.0.0:0"]) == os.EX_CONFIG
    assert "cascade.key: the environment variable VOICED_TEST_NO_KEY is not set" in capsys.readouterr().err


def test_key_that_others_could_guess_is_an_error_of_the_configuration(configuration, capsys, monkeypatch):
    monkeypatch.setenv("VOICED_TEST_KEY", "1234")
    path = configuration("cascade: {key: {env: VOICED_TEST_KEY}}")
    assert main(["cascade", "--config", path, "--listen", "0.0.0.0:0"]) == os.EX_CONFIG
    said = capsys.readouterr().err
    assert "16 characters" in said
    assert "1234" not in said


@pytest.mark.parametrize(("address", "why"), [("fd:0", "the daemon's own"), ("0.0.0.0:0", "127.0.0.1 only")])
def test_control_channel_is_refused_where_it_could_do_harm(configuration, capsys, monkeypatch, tmp_path, address, why):
    monkeypatch.setenv("VOICED_TEST_KEY", "a-key")
    arguments = ["cascade", "--config", configuration("cascade: {key: {env: VOICED_TEST_KEY}}"), "--listen", address]
    assert main([*arguments, "--control", str(tmp_path / "control")]) == os.EX_USAGE
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:http", ""])
def test_address_that_is_none_is_explained(configuration, capsys, address):
    assert main(["cascade", "--config", configuration(), "--listen", address]) == os.EX_USAGE
    assert "HOST:PORT" in capsys.readouterr().err


def test_address_in_use_is_told(configuration, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main(["cascade", "--config", configuration(), "--listen", address]) == os.EX_UNAVAILABLE
    assert f"can't listen on {address}" in capsys.readouterr().err


@pytest.mark.system
async def test_service_of_its_own_asks_for_its_key_takes_orders_and_writes_frames(configuration, tmp_path):
    control, frames = tmp_path / "control", tmp_path / "frames"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voiced", "cascade", "--listen", f"127.0.0.1:{port}"),
        *("--config", configuration("cascade: {key: {env: VOICED_TEST_KEY}}")),
        *("--control", str(control), "--frame-log", str(frames)),
        env={**os.environ, "VOICED_TEST_KEY": "the-key"},
    )
    try:
        async with asyncio.timeout(30):
            while not control.exists():
                await asyncio.sleep(0.05)
            reader, writer = await asyncio.open_unix_connection(str(control))
            fault = {"kind": "close", "code": 4000, "reason": "a test"}
            writer.write(json.dumps({"verb": "faults", "faults": [fault]}).encode() + b"\n")
            assert json.loads(await reader.readline()) == {"ok": True}
            writer.close()
            address = f"http://127.0.0.1:{port}/voice-live/realtime?api-version=2026-07-15&model=m"
            async with aiohttp.ClientSession() as http:
                with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
                    await http.ws_connect(address)
                connection = await http.ws_connect(address, headers={"api-key": "the-key"})
                assert (await connection.receive_json())["type"] == "session.created"
                await connection.receive()
                assert connection.close_code == 4000
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = [json.loads(line) for line in frames.read_text().splitlines()]
    assert [line["from"] for line in lines] == ["service", "fault"]
    assert lines[1]["frame"]["code"] == 4000
    assert not control.exists()
