"""What the daemon lives through: a disk that takes nothing, a stop in the middle of everything, a long sleep."""

import asyncio
import json
import os
import shutil
import signal
import sys
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from benches.scripted_service import KEY, deltas_of, serving
from benches.signals import tone
from demonstration import lamp, voice
from demonstration.stage import MOCK_PINS, Stage, lamp_tool, perform

from voiced.audio.frames import PLAYBACK_RATE
from voiced.paths import model_directories
from voiced.tools.ledger_file import entries
from voiced.tools.runner import CUT_SHORT

pytestmark = pytest.mark.system

NAMESPACE = ("unshare", "--mount", "sh", "-c")
WAIT = {"name": "wait", "description": "Take long.", "command": {"argv": ["sleep", "60"]}, "timeout_seconds": 90}


def configuration(folder, **more):
    return {
        "audio": {
            "input": {"device": f"file:{folder / 'mic.wav'}"},
            "output": {"device": f"file:{folder / 'speaker.wav'}"},
        },
        "conversation": {"follow_up_seconds": 0},
        **more,
    }


@asynccontextmanager
async def speaker(folder, settings, state, before=(), program=("-m", "voiced")):
    """A daemon whose state is to be in a certain place."""
    (folder / "voiced.yaml").write_text(json.dumps(settings))
    (folder / "run").mkdir()
    own = {
        "RUNTIME_DIRECTORY": str(folder / "run"),
        "STATE_DIRECTORY": str(state),
        "VOICED_MODELS": str(model_directories()[0]),
    }
    command = [*before, sys.executable, *program, "run", "--config", str(folder / "voiced.yaml")]
    with (folder / "voiced.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **MOCK_PINS, **own}, stdout=log, stderr=log
        )
    try:
        yield Stage(folder, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until(stage, condition, seconds=90):
    """Follow until the phases so far are as wanted."""
    phases = []
    async with asyncio.timeout(seconds):
        async for event in stage.events():
            if event["event"] in ("phase", "status"):
                phases.append(event["phase"])
                if condition(phases):
                    return
    pytest.fail(f"the daemon ended\n{stage.log}")


def talked(phases):
    return "speaking" in phases and phases[-1] == "idle"


async def request(folder, **fields):
    reader, writer = await asyncio.open_unix_connection(folder / "run" / "control.sock")
    try:
        writer.write(json.dumps(fields).encode() + b"\n")
        return json.loads(await reader.readline())
    finally:
        writer.close()


async def stop(stage):
    stage.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(5):
        return await stage.process.wait()


def in_the_way(folder):
    """A file where a folder should be: whoever runs this, root too, can't write there."""
    (folder / "file").write_text("")
    return folder / "file" / "state", ()


def read_only(folder):
    return mounted(folder, "-o ro")


def full(folder):
    return mounted(folder, "-o size=16k", "head -c 99999 /dev/zero >{state}/filler 2>/dev/null")


def mounted(folder, options, then="true"):
    if os.geteuid() or shutil.which("unshare") is None:
        pytest.skip("mounting needs root and unshare")
    state = folder / "state"
    state.mkdir()
    script = f'mount -t tmpfs {options} none {state} && {{ {then.format(state=state)}; exec "$@"; }}'
    return state, (*NAMESPACE, script, "sh")


@pytest.mark.parametrize("unwritable", [in_the_way, read_only, full])
async def test_state_that_can_not_be_kept_is_one_warning_each_and_the_speaker_obeys(unwritable, tmp_path):
    state, before = unwritable(tmp_path)
    voice.record(tmp_path / "mic.wav", [(4.0, "hey jarvis turn on the kitchen light")])
    privacy = {"recordings": {"every": True}, "wake_clips": {"keep": 5}}
    async with lamp.serve() as lamps:
        settings = configuration(tmp_path, tools=[lamp_tool(lamps.url)], privacy=privacy)
        async with speaker(tmp_path, settings, state, before) as stage:
            await until(stage, talked)
            assert await request(tmp_path, verb="volume", percent=33) == {"volume": 33}
            timer = await request(tmp_path, verb="call", name="set_timer", arguments='{"duration": 600}')
            assert timer["ok"], timer
            assert await stop(stage) == 0
        assert len(lamps.requests) == 1
    assert "Traceback" not in stage.log
    for told in (
        "notices can't be kept",
        "recording of this conversation ends here",
        "wake clips can't be kept",
        "calls of tools can't be written down",
        "volume can't be kept",
        "timers.json can't be written",
        "graph can't be kept",
    ):
        assert stage.log.count(told) == 1, stage.log


async def test_tool_that_the_end_cuts_short_is_written_down_as_not_known(tmp_path):
    voice.record(tmp_path / "mic.wav", [(20.0, "hello")])
    async with perform(tmp_path, configuration(tmp_path, tools=[WAIT]), MOCK_PINS) as stage:
        await until(stage, lambda phases: phases[-1] == "idle")
        call = asyncio.create_task(request(tmp_path, verb="call", name="wait", arguments="{}"))
        while not children(stage.process.pid, "sleep"):
            await asyncio.sleep(0.02)
        assert await stop(stage) == 0
        await asyncio.gather(call, return_exceptions=True)
    assert "Traceback" not in stage.log
    (entry,) = entries(tmp_path / "state" / "tools.sqlite", 10)
    assert (entry.tool, entry.ok, entry.result) == ("wait", False, CUT_SHORT)


def children(pid, name):
    """The processes of a name that a process started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [child for child in listed.split() if name_of(child) == name]


def name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


async def test_speaker_that_slept_in_a_conversation_is_idle_again_and_listens(tmp_path):
    """SIGSTOP is worse than a suspended machine, whose monotonic clock stands still."""
    voice.record(tmp_path / "mic.wav", [(3.0, "hey jarvis")])
    settings = configuration(tmp_path, conversation={"silence_seconds": 3, "follow_up_seconds": 0})
    async with perform(tmp_path, settings, MOCK_PINS) as stage:
        await until(stage, lambda phases: phases[-1] == "listening")
        stage.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(6)
        stage.process.send_signal(signal.SIGCONT)
        await until(stage, lambda phases: phases[-1] == "idle")
        assert await request(tmp_path, verb="listen") == {"phase": "connecting"}
        await until(stage, lambda phases: phases[-1] == "listening")
        assert (await request(tmp_path, verb="status"))["microphone"]["hearing"]
    assert "Traceback" not in stage.log


SHIFTED = """
import os, sys, time
from pathlib import Path
os.environ["TZ"] = "UTC"
by, real = Path(sys.argv.pop(1)), time.time
time.time = lambda: real() + float(by.read_text())
from voiced.cli import main
sys.exit(main())
"""
"""The daemon by a clock on the wall that the test sets, as the network does; the others are the machine's."""


async def test_clock_that_is_set_hours_ahead_and_back_rings_the_alarm_once_and_no_timer(tmp_path):
    voice.record(tmp_path / "mic.wav", [(90.0, "hello")])
    due = (datetime.now(UTC) + timedelta(hours=6)).replace(second=0, microsecond=0)
    common = {"label": "", "snoozes": 0}
    alarm = {"at": f"{due:%H:%M}", "day": due.date().isoformat(), "weekdays": [], "handled": time.time()}
    timer = {"seconds": 900, "ends": time.time() + 900, "monotonic": time.clock_gettime(time.CLOCK_BOOTTIME) + 900}
    entries_ = [{"number": 1, "kind": "alarm", **common, **alarm}, {"number": 2, "kind": "timer", **common, **timer}]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    state = tmp_path / "state"
    state.mkdir()
    (state / "timers.json").write_text(json.dumps({"version": 1, "boot": boot, "entries": entries_, "missed": []}))
    wall = tmp_path / "wall"

    def put(hours):  # in one step: the daemon reads it at any time
        (tmp_path / "new").write_text(str(hours))
        (tmp_path / "new").replace(wall)

    async def counted():
        timers = (await request(tmp_path, verb="status"))["timers"]
        return timers["alarms"], timers["timers"], timers["ringing"]

    async def told(words):
        async with asyncio.timeout(30):
            while words not in stage.log:
                await asyncio.sleep(0.1)

    put(0)
    program = ("-c", SHIFTED, str(wall))
    async with speaker(tmp_path, configuration(tmp_path), state, program=program) as stage:
        await until(stage, lambda phases: phases[-1] == "idle")
        assert await counted() == (1, 1, 0)
        put(due.timestamp() - time.time() + 1)
        await until(stage, lambda phases: phases[-1] == "alerting")
        assert await counted() == (0, 1, 1)
        assert await request(tmp_path, verb="stop") == {"phase": "idle"}
        await told("the clock was set by +")
        put(0)
        await told("the clock was set by -")
        assert await counted() == (0, 1, 0)
        assert await stop(stage) == 0
    assert [entry["kind"] for entry in json.loads((state / "timers.json").read_text())["entries"]] == ["timer"]
    assert "Traceback" not in stage.log


async def test_end_in_the_middle_of_a_sentence_closes_the_session_in_order(tmp_path):
    voice.record(tmp_path / "mic.wav", [(20.0, "hello")])
    async with serving() as service:
        cloud = {"endpoint": service.url, "credential": {"api_key": {"env": "BENCH_KEY"}}, "fallback": "none"}
        environment = {**MOCK_PINS, "BENCH_KEY": KEY}
        async with perform(tmp_path, configuration(tmp_path, voice_live=cloud), environment) as stage:
            await until(stage, lambda phases: phases[-1] == "idle")
            await request(tmp_path, verb="listen")
            talk = await service.conversation()
            reply = await talk.begin_reply()
            await talk.speak(reply, deltas_of(tone(8.0, PLAYBACK_RATE)), 0.0)
            await until(stage, lambda phases: phases[-1] == "speaking")
            assert await stop(stage) == 0
        async with asyncio.timeout(5):
            await talk.ended.wait()
    assert talk._socket.close_code == 1000
    assert "Traceback" not in stage.log
