import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from voiced.tools.actions import child
from voiced.tools.actions.action import ActionError
from voiced.tools.actions.command import Argument

TEXT = {"item": {"type": "string"}}


def python(source, *arguments, **more):
    return {"command": {"argv": [sys.executable, "-c", source, *arguments], **more}}


SHOW = "import sys, json; print(json.dumps(sys.argv[1:]))"


async def test_output_is_the_result_as_json_where_it_is_json(once):
    assert await once({"command": {"argv": ["echo", "21.5 degrees"]}}) == {"ok": True, "result": "21.5 degrees"}
    assert await once({"command": {"argv": ["echo", '{"on": true}'], "result": "on"}}) == {"ok": True, "result": True}
    assert await once({"command": {"argv": ["true"]}}) == {"ok": True, "result": None}


async def test_no_shell_looks_at_a_value(once):
    answer = await once(python(SHOW, "{{ item }}"), TEXT, item="milk; touch /tmp/x $(id) `id` * 'a \" b")
    assert answer["result"] == ["milk; touch /tmp/x $(id) `id` * 'a \" b"]


async def test_standard_input_is_a_template(once):
    source = "import sys; print(sys.stdin.read().upper())"
    assert (await once(python(source, stdin="{{ item }}!"), TEXT, item="milk"))["result"] == "MILK!"


async def test_program_that_reads_nothing_is_no_failure(once):
    answer = await once({"command": {"argv": ["true"], "stdin": "{{ item * 4 }}"}}, TEXT, item="x" * 15_000)
    assert answer["ok"]


@pytest.mark.parametrize(
    ("argument", "item", "why"),
    [
        ("{{ item }}", "-rf", "hyphen"),
        ("{{ item }}", "--output=/etc/passwd", "hyphen"),
        ("{{ item }}", "/etc/shadow", "begin with a slash"),
        ("{{ item }}", "../../etc/shadow", "lead out"),
        ("music/{{ item }}", "a/b", "can't contain a slash"),
        ("/srv/music/{{ item }}.mp3", "../x", "can't contain a slash"),
        ("/srv/{{ item }}", "..", "lead out"),
        ("{{ item }}/x", "", "begin with a slash"),
        ("a{{ item }}", "b\0c", "zero byte"),
        ("--output={{ item }}", "/etc/passwd", "slash"),
        ("of={{ item }}", "/dev/mmcblk0", "slash"),
    ],
)
async def test_value_that_would_become_an_option_or_a_path_is_refused(once, argument, item, why):
    answer = await once(python(SHOW, argument), TEXT, item=item)
    assert not answer["ok"]
    assert why in answer["error"]


async def test_owner_may_let_a_value_begin_with_a_hyphen(once):
    assert (await once(python(SHOW, "--", "{{ item }}"), TEXT, item="-5"))["result"] == ["--", "-5"]
    assert (await once(python(SHOW, "--level={{ item }}"), TEXT, item="-5"))["result"] == ["--level=-5"]
    listed = {"item": {"type": "string", "enum": ["-5", "+5"]}}
    assert (await once(python(SHOW, "{{ item }}"), listed, item="-5"))["result"] == ["-5"]


@given(st.text(), st.sampled_from(["{{ v }}", "/srv/{{ v }}", "a/{{ v }}/b", "x{{ v }}", "{{ v }}{{ v }}", "-{{ v }}"]))
def test_no_value_makes_an_option_or_leads_out_of_the_owners_folder(value, source):
    try:
        argument = Argument(source).render({"v": value})
    except ActionError:
        return
    prefix = source.partition("{{")[0]
    assert argument.startswith(prefix)
    assert not argument.startswith("-") or source.startswith("-")
    assert os.path.normpath("/root/" + argument.lstrip("/")).startswith("/root")
    if prefix.startswith("/"):
        assert os.path.normpath(argument).startswith(os.path.normpath(prefix))


async def test_exit_status_is_an_error_and_the_last_line_is_for_the_log(once, caplog):
    answer = await once(python("import sys; sys.exit('the disk is full')"))
    assert answer == {"ok": False, "error": f"{Path(sys.executable).name} failed with status 1."}
    assert "(the disk is full)" in caplog.text


async def test_program_that_is_not_there_is_named(once):
    answer = await once({"command": {"argv": ["no-such-program"]}})
    assert answer == {"ok": False, "error": "The program no-such-program is not there."}


async def test_binary_output_is_refused(once):
    answer = await once(python("import sys; sys.stdout.buffer.write(bytes(range(256)))"))
    assert "binary" in answer["error"]


async def test_flood_ends_the_program(once):
    answer = await once({"command": {"argv": ["yes"], "output_bytes": 1000}, "timeout_seconds": 20})
    assert answer == {"ok": False, "error": "The program yes wrote too much."}


async def test_program_that_hangs_is_ended_with_all_that_it_started(once, tmp_path):
    script = f"trap '' TERM; sleep 60 & echo $! > {tmp_path}/pid; while :; do sleep 60; done"
    answer = await once({"command": {"argv": ["sh", "-c", script]}, "timeout_seconds": 0.8})
    assert answer["error"] == "The device did not answer within 0.8 seconds."
    await gone(int((tmp_path / "pid").read_text()))


async def test_what_a_program_leaves_behind_is_ended(once, tmp_path):
    source = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"
    answer = await once(python(source))
    await gone(answer["result"])


async def test_program_that_has_become_another_users_is_not_waited_for(once, monkeypatch, caplog):
    signals = []

    def refused(group, number):
        signals.append(number)
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.killpg", refused)
    monkeypatch.setattr(child, "GRACE_SECONDS", 0.05)
    answer = await once({"command": {"argv": ["sleep", "60"]}, "timeout_seconds": 0.3})
    assert answer["error"] == "The device did not answer within 0.3 seconds."
    assert signals == [signal.SIGTERM, signal.SIGKILL]
    assert "the program sleep can't be ended" in caplog.text
    assert (await once({"command": {"argv": ["echo", "still"]}}))["result"] == "still", "and one that ends is a success"


async def gone(pid):
    while alive(pid):  # a process that was killed is still there for a moment
        await asyncio.sleep(0.02)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_environment_is_the_owners_and_not_the_daemons(once, monkeypatch):
    monkeypatch.setenv("AZURE_KEY", "k")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/x")
    source = "import os, json; print(json.dumps(dict(os.environ)))"
    environment = {"MPD_HOST": "nas", "TOKEN": {"credential": "t"}}
    answer = await once(python(source, environment=environment))
    known = answer["result"]
    assert known["MPD_HOST"] == "nas"
    assert known["TOKEN"] == "***"  # it had it, and the model does not
    assert not {"AZURE_KEY", "NOTIFY_SOCKET"} & known.keys()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ({"argv": []}, "at least 1"),
        ({"argv": ["{{ item }}"]}, "argv.0: the program can't come from a template"),
        ({"argv": ["echo", "{{ itme }}"]}, "argv.1: unknown parameter 'itme' (did you mean 'item'?)"),
        ({"argv": ["a"], "directory": "here"}, "begins with /"),
        ({"argv": ["a"], "result": "a["}, "not a JMESPath expression"),
        ({"argv": "mpc play"}, "array"),
        ({"argv": ["a"], "environment": {"A=B": "x"}}, "can't be a variable's name"),
        ({"argv": ["a"], "environment": {"PGPASSWORD": "hunter2"}}, "PGPASSWORD: a secret isn't written here"),
    ],
)
def test_mistake_in_a_command_is_named(make, command, message):
    with pytest.raises(ValidationError) as caught:
        make(parameters=TEXT, command=command)
    assert message in json.dumps([error["msg"] for error in caught.value.errors()])


@pytest.mark.parametrize("length", [195, 295])
async def test_secret_that_is_cut_off_in_the_middle_is_still_one(once, caplog, length):
    source = f"import os, sys; sys.exit('x' * {length} + os.environ['TOKEN'])"
    answer = await once(python(source, environment={"TOKEN": {"credential": "t"}}))
    assert not answer["ok"]
    assert "xxx" in caplog.text
    assert "s3cre" not in caplog.text
