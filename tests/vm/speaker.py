"""The daemon in a virtual machine, its kernel sound card, and what stands around them."""

import json
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from demonstration.stage import MOCK_PINS
from machine import INSIDE, Machine, MachineError, Running

from voiced import paths

DAEMON = "CARD=Loopback,DEV=1"
"""The daemon's end of the card's cables; what one end plays the other captures."""
ROOM = "CARD=Loopback,DEV=0"
"""The end of those who speak to it and listen to it."""
PYTHON = "env PYTHONPATH=/mnt/checkout:/mnt/checkout/scripts /opt/checkout/bin/python"
START_SECONDS = 90.0
WAIT_SECONDS = 180.0
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.1


def share_state(machine: Machine) -> None:
    """Give the machine the wake models, their graphs and the spoken notices that this computer has."""
    for name, source in (
        ("models", paths.model_directories()[0]),
        *((name, paths.state_directory() / name) for name in ("graphs", "notices")),
    ):
        if source.is_dir():
            shutil.copytree(source, machine.share / "state" / name, dirs_exist_ok=True)


def now(machine: Machine) -> float:
    """The machine's monotonic clock, which its daemon's events are stamped with."""
    return float(machine.run("cut -d ' ' -f 1 /proc/uptime"))


def unplug(machine: Machine) -> Running:
    """Take the sound card away under whoever uses it; it ends when everybody has let go.

    `rmmod` alone refuses while a device is open. Unbinding the driver is what a pulled cable is to the kernel: open
    devices answer ENODEV, and it waits until they are closed.
    """
    return machine.start("echo snd_aloop.0 >/sys/bus/platform/drivers/snd_aloop/unbind && rmmod snd-aloop")


def plug_in(machine: Machine) -> float:
    """Bring the sound card back; when its devices were there, by the machine's clock."""
    return float(machine.run("modprobe snd-aloop && udevadm settle && cut -d ' ' -f 1 /proc/uptime"))


@dataclass(slots=True)
class Speaker:
    """A running daemon, seen from outside the machine.

    Attributes:
        folder: its files, shared with the machine: `voiced.log`, `events`.
        process: the daemon.
    """

    machine: Machine
    folder: Path
    process: Running

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return _text(self.folder / "voiced.log")

    @property
    def events(self) -> list[dict[str, Any]]:
        """All it told its follower so far."""
        return [json.loads(line) for line in _lines(self.folder / "events")]

    @property
    def phases(self) -> list[str]:
        """The phase it was in when it was first followed, and those it entered since."""
        return [event["phase"] for event in self.events if "phase" in event]

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Its events of a kind."""
        return [event for event in self.events if event["event"] == kind]

    def warnings(self, part: str) -> list[str]:
        """Its log's warnings about a part of it."""
        return [line for line in self.log.splitlines() if "WARNING" in line and f"{part}: " in line]

    def until(self, condition: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait for something; fail the test with the daemon's log where it does not come."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.ended:
                pytest.fail(f"waited for {what}, but the daemon ended: {self.process.wait()}\n{self.log}")
            if time.monotonic() > deadline:
                pytest.fail(f"waited {seconds:g} s in vain for {what}; phases {self.phases}\n{self.log}")
            time.sleep(LOOK_SECONDS)

    def say(self, sound: str) -> None:
        """Play a shared WAV file to it, in its own form."""
        self.machine.run(f"aplay -q -D plughw:{ROOM} {INSIDE / sound}")

    def stop(self) -> None:
        """End the daemon as systemd does; fail the test where it has to be killed, and show where it hung."""
        if self.process.ended:
            return
        self.process.signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except MachineError:
            self.process.signal(signal.SIGABRT)
            self.process.wait()
            pytest.fail(f"the daemon did not end within {STOP_SECONDS:g} s of SIGTERM:\n{self.log}")

    @contextmanager
    def recorded(self, name: str, rate: int) -> Iterator[Path]:
        """Record what it plays, as a mono WAV file in its folder."""
        path = self.folder / name
        inside = INSIDE / path.relative_to(self.machine.share)
        with self.machine.running(f"exec arecord -q -D plughw:{ROOM} -f S16_LE -r {rate} -c 1 {inside}"):
            yield path


@contextmanager
def speaker(
    machine: Machine, settings: Mapping[str, Any], until: Callable[[Speaker], object] | None = None
) -> Iterator[Speaker]:
    """The real daemon for the length of a context; by default it is awaited until it listens."""
    name = uuid.uuid4().hex[:8]
    folder, inside = machine.share / name, INSIDE / name
    folder.mkdir()
    (folder / "voiced.yaml").write_text(json.dumps(settings, indent=2), encoding="utf-8")  # JSON is YAML
    environment = {
        "STATE_DIRECTORY": INSIDE / "state",
        "RUNTIME_DIRECTORY": f"/run/{name}",
        "PYTHONFAULTHANDLER": 1,
        **MOCK_PINS,
    }
    voiced = f"exec env {' '.join(f'{key}={value}' for key, value in environment.items())} {PYTHON} -m voiced"
    machine.run(f"mkdir -p /run/{name}")
    run = f"{voiced} run --config {inside}/voiced.yaml >{inside}/voiced.log 2>&1"
    waiting = f"while ! [ -S /run/{name}/control.sock ]; do sleep 0.1; done"
    follow = f"{waiting}; {voiced} status --follow --json >{inside}/events 2>&1"
    with machine.running(follow):
        running = Speaker(machine, folder, machine.start(run))
        condition = until or _listens
        try:
            running.until(lambda: condition(running), "its start", START_SECONDS)
            yield running
        finally:
            running.stop()


def _listens(running: Speaker) -> bool:
    return running.phases[-1:] == ["idle"]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # not begun
        return ""


def _lines(path: Path) -> list[str]:
    """Those that are whole; another may be on its way."""
    return _text(path).split("\n")[:-1]


@dataclass(frozen=True, slots=True)
class Lamps:
    """The demo's lamps inside the machine: their address there, and the (room, state) requests they got."""

    url: str
    output: Path

    @property
    def requests(self) -> list[tuple[str, str]]:
        return [tuple(json.loads(line)) for line in _lines(self.output)[1:]]


@contextmanager
def lamps(machine: Machine, python: str = PYTHON, port: int = 0) -> Iterator[Lamps]:
    """Lamps for the length of a context, on a free port or the one asked for."""
    name = f"lamps-{uuid.uuid4().hex[:8]}"
    output = machine.share / name
    with machine.running(
        f"exec {python} /mnt/checkout/tests/vm/lamps_inside.py {port} >{INSIDE / name} 2>&1"
    ) as process:
        deadline = time.monotonic() + START_SECONDS
        while not _lines(output):
            if process.ended or time.monotonic() > deadline:
                raise MachineError(f"the lamps did not come up: {_text(output)}")
            time.sleep(LOOK_SECONDS)
        yield Lamps(json.loads(_lines(output)[0]), output)
