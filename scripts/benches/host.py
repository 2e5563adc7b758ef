"""How soon the daemon listens after its start, and what it takes while nobody talks to it."""

import json
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demonstration.soundcard import MICROPHONE, SPEAKER, SoundCard, SoundCardError
from demonstration.stage import STOP_SECONDS, state_for

from benches.figures import Figure
from benches.measuring import BenchError, Wishes, in_turns
from benches.processes import Memory, below, cpu_seconds, memory, verb

STARTS = 5
IDLES = 3
IDLE_SECONDS = 20.0
RESTING_SECONDS = 8.0
"""Until an idle speaker has spoken its notices into its cache, closed the gate and let the loudspeaker rest."""
START_SECONDS = 60.0
START_GOAL_SECONDS = 1.0
START_GOAL = 0.6
MEMORY_GOAL_MIB = 110.0
MEMORY_GOAL = 0.55
RESIDENT_GOAL_MIB = 119.0
CPU_GOAL_MS = 7.0
_PEER = "stock, SDK, sounddevice"


@dataclass(frozen=True, slots=True)
class Idle:
    """What an idle daemon takes: memory of its own and of each child by its verb, seconds of CPU a second, threads."""

    own: Memory
    children: Mapping[str, Memory]
    cpu: float
    threads: int


def run(_wishes: Wishes) -> Iterator[Figure]:
    """Figures as they come. Raises `BenchError`."""
    try:
        with SoundCard() as card:
            starts = in_turns(lambda: _start(card), lambda: _import_peer(card), STARTS)
            yield _alone("process start to READY", "s", [ours for ours, _ in starts], START_GOAL_SECONDS)
            yield Figure.beside("host", "process start to READY, imports of", "s", starts, _PEER, START_GOAL)
            yield from _memory(card)
    except SoundCardError as error:
        raise BenchError(str(error)) from error


def _memory(card: SoundCard) -> Iterator[Figure]:
    pairs = in_turns(lambda: _idle(card, _cloud()), lambda: _tell(card, "peer")["models"], IDLES - 1)
    idles = [ours for ours, _ in pairs]
    yield _alone("CPU of a second in a silent room", "ms", [idle.cpu * 1000 for idle in idles], CPU_GOAL_MS)
    yield _alone("idle memory (PSS)", "MiB", [idle.own.pss for idle in idles], MEMORY_GOAL_MIB)
    shares = [(ours.own.pss, peer.pss) for ours, peer in pairs]
    yield Figure.beside("host", "idle memory (PSS)", "MiB", shares, _PEER, MEMORY_GOAL)
    yield _alone("idle memory, all of it resident (RSS)", "MiB", [idle.own.rss for idle in idles], RESIDENT_GOAL_MIB)
    resident = [(ours.own.rss, peer.rss) for ours, peer in pairs]
    yield Figure.beside("host", "idle memory, all of it resident (RSS)", "MiB", resident, _PEER)
    before = 0.0
    for name, used in _tell(card, "parts").items():
        yield _alone(f"of it (RSS): {name}", "MiB", [used.rss - before])
        before = used.rss
    yield _alone("of it (RSS): the daemon itself", "MiB", [idle.own.rss - before for idle in idles])
    yield _alone("threads", "", [idle.threads for idle in idles])
    for name, used in _idle(card, {}).children.items():
        yield _alone(f"child process, on-device service only: {name} (PSS)", "MiB", [used.pss])


def _alone(metric: str, unit: str, values: list[float], goal: float | None = None) -> Figure:
    return Figure.alone("host", metric, unit, values, goal)


def _cloud() -> dict[str, Any]:
    """As most speakers are set up: the service is in the cloud, and the one on the device stands by."""
    return {"voice_live": {"endpoint": "https://voiced.invalid/", "credential": {"api_key": {"env": "PATH"}}}}


def _start(card: SoundCard) -> float:
    with _daemon(card, _cloud()) as (_, seconds):
        return seconds


def _import_peer(card: SoundCard) -> float:
    began = time.monotonic()
    _side(card, "imports")
    return time.monotonic() - began


def _idle(card: SoundCard, configuration: Mapping[str, Any]) -> Idle:
    with _daemon(card, configuration) as (pid, _):
        time.sleep(RESTING_SECONDS)
        began, used = time.monotonic(), cpu_seconds(pid)
        time.sleep(IDLE_SECONDS)
        cpu = (cpu_seconds(pid) - used) / (time.monotonic() - began)
        children = {verb(child): memory(child) for child in below(pid)}
        return Idle(memory(pid), children, cpu, len(list(Path(f"/proc/{pid}/task").iterdir())))


@contextmanager
def _daemon(card: SoundCard, configuration: Mapping[str, Any]) -> Iterator[tuple[int, float]]:
    """A daemon's process id, and the seconds from its start to READY."""
    with (
        tempfile.TemporaryDirectory(prefix="voiced-bench-") as name,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told,
    ):
        folder = Path(name)
        told.bind(f"{name}/notify")
        sound = {"audio": {"input": {"device": MICROPHONE}, "output": {"device": SPEAKER}}}
        (folder / "voiced.yaml").write_text(json.dumps({**sound, **configuration}))  # JSON is YAML
        (folder / "run").mkdir()
        own = {
            "NOTIFY_SOCKET": f"{name}/notify",
            "RUNTIME_DIRECTORY": f"{name}/run",
            "STATE_DIRECTORY": str(state_for(folder / "state")),
            "PYTHONDONTWRITEBYTECODE": "",  # an installed speaker is not compiled at each start
        }
        log = folder / "voiced.log"
        with log.open("wb") as output:
            began = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-m", "voiced", "run", "--config", str(folder / "voiced.yaml")],
                env={**card.environment(), **own},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            while b"READY=1" not in _next(told, process, log).split(b"\n"):
                pass
            yield process.pid, time.monotonic() - began
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _next(told: socket.socket, process: "subprocess.Popen[bytes]", log: Path) -> bytes:
    ready, _, _ = select.select([told], [], [], START_SECONDS)
    if not ready or process.poll() is not None:
        raise BenchError(f"the daemon is not ready; it wrote:\n{log.read_text()}")
    return told.recv(4096)


def _tell(card: SoundCard, side: str) -> dict[str, Memory]:
    told = json.loads(_side(card, side))
    return {name: Memory(*used) for name, used in told.items()}


def _side(card: SoundCard, side: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benches.host_sides", side],
        env={**card.environment(), "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"{side} failed:\n{done.stderr}")
    return done.stdout
