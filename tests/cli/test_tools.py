import io
import json
import os
import re
import socket
import threading
import time

import pytest

from voiced.cli import main
from voiced.cli.tools_arguments import ArgumentError, as_json
from voiced.tools.calls import Call, Caller, ToolOutcome
from voiced.tools.ledger import Ledger

CONFIG = """
tools:
  - name: set_light
    description: Turn a light on or off.
    parameters:
      room: {enum: [kitchen, living room], synonyms: {living room: [lounge]}}
      level: {type: integer, minimum: 0, maximum: 100, default: 50}
    phrases: ["light the {room} [to {level}]"]
    http: {url: "http://lamp.invalid/{{ room }}"}
    reply: The {{ room }} is lit.
  - name: door
    description: Open the door.
    http: {url: "http://door.invalid/"}
    confirm: true
tool_policy: {dry_run: true}
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    path = tmp_path / "voiced.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def tools(config, capsys):
    def run(what, *arguments):
        options = [] if what == "log" else ["--config", str(config)]
        status = main(["tools", what, *arguments, *options])
        return status, capsys.readouterr()

    return run


def test_tools_are_listed_with_their_parameters(tools):
    status, out = tools("list")
    assert status == os.EX_OK
    assert out.out.splitlines() == [
        "set_light  (room, [level])  Turn a light on or off.",
        "door       Open the door.",
    ]
    _, out = tools("list", "--json")
    assert [tool["name"] for tool in json.loads(out.out)] == ["set_light", "door"]


def test_what_can_be_said_is_printed_with_its_words(tools):
    _, out = tools("phrases")
    assert out.out.splitlines() == [
        "set_light: Turn a light on or off.",
        "  light the {room} [to {level}]",
        "    {room}: kitchen, living room (lounge)",
        "    {level}: a whole number from 0 to 100",
    ]
    _, out = tools("phrases", "--json")
    assert json.loads(out.out)[0]["words"] == {"room": {"lounge": "living room"}}


def test_a_call_is_made_and_logged(tools):
    status, out = tools("call", "set_light", "room=lounge", "level=3")
    assert status == os.EX_OK
    assert json.loads(out.out)["dry_run"] is True
    status, out = tools("call", "set_light", "room=attic")
    assert status == os.EX_UNAVAILABLE
    assert "can't be attic" in json.loads(out.out)["error"]
    status, out = tools("log")
    first, second = out.out.splitlines()
    assert re.search(r'  ok    cli   default  \d+\.\d\d s  set_light {"room": "living room", "level": 3}', first)
    assert "FAIL" in second
    assert "can't be attic" in second
    _, out = tools("log", "--json", "-n", "1")
    assert json.loads(out.out)["ok"] is False


def test_a_call_that_needs_a_yes_is_refused_without_a_terminal(tools, config):
    config.write_text(CONFIG.replace("tool_policy: {dry_run: true}", ""))
    status, out = tools("call", "door")
    assert status == os.EX_UNAVAILABLE
    assert json.loads(out.out)["error"] == "It was not done: it was not confirmed."


def test_an_empty_log_says_so(tools):
    assert tools("log")[1].out == "no calls are logged\n"


def test_a_log_that_can_not_be_read_exits_with_69(tools, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "tools.sqlite").write_bytes(b"no database" * 100)
    status, out = tools("log")
    assert status == os.EX_UNAVAILABLE
    assert "can't be read" in out.err


def test_wrong_arguments_exit_with_64(tools):
    status, out = tools("call", "door", "left")
    assert status == os.EX_USAGE
    assert "'left' is not KEY=VALUE" in out.err


def test_values_are_json_where_they_can_be_read_as_that():
    words = ["a=5", "b=true", "c=text", 'd="5"', "e=", "f=a=b"]
    assert json.loads(as_json(words)) == {"a": 5, "b": True, "c": "text", "d": "5", "e": "", "f": "a=b"}
    for wrong in (["=5"], ["a"], ["a=1", "a=2"]):
        with pytest.raises(ArgumentError):
            as_json(wrong)


def test_reload_without_a_daemon_exits_with_69(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    assert main(["reload"]) == os.EX_UNAVAILABLE
    assert "systemctl start voiced" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [b"", b'{"error": "call broke; the journal says how"}\n'])
def test_a_call_that_the_daemon_took_is_not_made_a_second_time(tools, config, tmp_path, answer):
    config.write_text(
        CONFIG.replace(
            "tool_policy",
            "  - {name: evening, description: All, scene: {steps: [{call: set_light, with: {room: kitchen}}]}}\n"
            "tool_policy",
        )
    )
    (tmp_path / "run").mkdir()
    taken = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "run" / "control.sock"))
        listener.listen()

        def take():
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                taken.append(json.loads(lines.readline())["name"])
                connection.sendall(answer)

        daemon = threading.Thread(target=take)
        daemon.start()
        status, out = tools("call", "evening")
        daemon.join()
    assert taken == ["evening"]
    assert status == os.EX_UNAVAILABLE
    assert json.loads(out.out)["ok"] is False
    assert tools("log")[1].out == "no calls are logged\n", "it ran here, too"


class Terminal(io.StringIO):
    """A terminal on which these lines are typed."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("typed", "sent"), [("y\n", True), ("no\n", False), ("", False)])
def test_what_the_daemon_asks_is_asked_at_the_terminal(tools, tmp_path, monkeypatch, typed, sent):
    (tmp_path / "run").mkdir()
    told = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "run" / "control.sock"))
        listener.listen()

        def take():
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                told.append(json.loads(lines.readline())["asks"])
                connection.sendall(b'{"question": "Open \\u001b[2Jit?", "tool": "gate", "arguments": "{}"}\n')
                told.append(json.loads(lines.readline())["approve"])
                connection.sendall(b'{"ok": true, "output": "{}"}\n')

        daemon = threading.Thread(target=take)
        daemon.start()
        monkeypatch.setattr("sys.stdin", Terminal(typed))
        status, out = tools("call", "gate")
        daemon.join()
    assert (status, told) == (os.EX_OK, [True, sent])
    assert out.out.startswith("Open ?[2Jit? [y/N] ")


@pytest.mark.parametrize("typed", ["y\n", "n\n"])
def test_what_is_called_here_is_asked_here(tools, config, monkeypatch, typed):
    config.write_text(CONFIG.replace("tool_policy: {dry_run: true}", ""))
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    _, out = tools("call", "door")
    assert out.out.startswith("door {}: shall I? [y/N] ")
    assert ("not confirmed" in out.out) is (typed == "n\n")


def test_a_persona_that_there_is_not_exits_with_64(tools):
    status, out = tools("call", "door", "--persona", "defualt")
    assert status == os.EX_USAGE
    assert "there is no persona 'defualt' (did you mean 'default'?); known: default" in out.err


def test_log_moves_no_cursor_and_clears_no_screen(tools, tmp_path):
    ledger = Ledger(tmp_path / "state" / "tools.sqlite", 1, 10)
    failed = ToolOutcome(ok=False, output="{}", seconds=0.1, error="no tool \x1b[2J\x9b2J")
    ledger.record(Call(time.time(), Caller("\x1b[1m"), "\x1b]0;owned\x07", '{"a": "\x7f"}', failed))
    ledger.close()
    ledger.write()
    (line,) = tools("log")[1].out.splitlines()
    assert line.isprintable()
    assert "owned" in line
