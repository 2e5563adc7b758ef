"""Tools that others supply, on the command line."""

import json
import socket
import sys
from pathlib import Path

import pytest

from voiced.cli import main

SERVER = Path(__file__).parents[1] / "tools" / "mcp" / "notes_server.py"


def test_broker_and_servers_that_are_not_there_are_told_by_probe(tmp_path, capsys):
    config = tmp_path / "voiced.yaml"
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
        config.write_text(
            f"mqtt: {{host: 127.0.0.1, port: {port}}}\n"
            f'mcp_servers: [{{label: a, url: "http://127.0.0.1:{port}/mcp"}}, {{label: b, command: [x]}}]\n'
        )
        assert main(["check", "--probe", "--config", str(config)]) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in told] == ["mqtt.host", "mcp_servers[0].url"]


@pytest.mark.system
def test_tool_of_a_server_is_called_without_a_daemon(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    config = tmp_path / "voiced.yaml"
    server = {"label": "notes", "command": [sys.executable, str(SERVER), "stdio"], "confirm": ["leave"]}
    config.write_text(json.dumps({"mcp_servers": [server]}))
    assert main(["tools", "call", "add_note", "text=milk", "times=2", "--config", str(config)]) == 0
    assert json.loads(capfd.readouterr().out)["result"] == "2 notes, the last one is milk"
    assert main(["tools", "call", "leave", "--config", str(config)]) == 69
    assert "not confirmed" in json.loads(capfd.readouterr().out)["error"]
