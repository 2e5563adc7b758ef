"""The speaker as an owner has it: the package installed, the unit run by systemd, watched by its own command line."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

UNIT = "voiced.service"
DROP_IN = f"/etc/systemd/system/{UNIT}.d/test.conf"
CONFIGURATION = "/etc/voiced/voiced.yaml"
COMMAND_SECONDS = 120.0
INSTALL_SECONDS = 300.0
WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.1


class MachineError(Exception):
    """A machine can't be made, did not boot, or a command in it failed; the message has what it said."""


class Started(Protocol):
    """A command under way in a machine."""

    def terminate(self) -> None: ...

    def wait(self) -> object: ...


class Machine(Protocol):
    """What the package is installed on: a container, or a virtual machine."""

    def run(self, *command: str, check: bool = True, seconds: float = COMMAND_SECONDS) -> str:
        """What a command wrote. Raises `MachineError` where it fails, with `check`, or takes longer."""

    def start(self, output: Path, *command: str) -> Started:
        """Start a command that writes into a file of the host."""

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put root's file where it belongs in the machine."""


class Installed:
    """The speaker's unit in a machine.

    Attributes:
        machine: what it is installed on.
        folder: for what the host keeps of it.
    """

    def __init__(self, machine: Machine, folder: Path, environment: Mapping[str, str]) -> None:
        self.machine = machine
        self.folder = folder
        self._environment = environment
        self._since = "--boot=0"

    def configure(self, settings: Mapping[str, Any], *service: str) -> None:
        """Write the configuration, and lines of the unit's [Service] beside those of its environment."""
        lines = [*(f"Environment={name}={value}" for name, value in self._environment.items()), *service]
        self.machine.write(DROP_IN, "\n".join(["[Service]", *lines, ""]))
        self.machine.write(CONFIGURATION, json.dumps(settings, indent=2))  # JSON is YAML
        self.machine.run("systemctl", "daemon-reload")

    def restart(self) -> None:
        """Start it anew; returns when systemd says that it has started. Raises `MachineError` where it doesn't."""
        self.machine.run("systemctl", "reset-failed", UNIT, check=False)  # one that never ran is not known
        self._since = f"--since=@{self.machine.run('date', '+%s.%N').strip()}"
        try:
            self.machine.run("systemctl", "restart", UNIT)
        except MachineError as error:
            raise MachineError(f"{error}\n{self.journal()}") from error

    def show(self, name: str) -> str:
        """One of the unit's properties, as systemd has it."""
        return self.machine.run("systemctl", "show", "--value", f"--property={name}", UNIT).strip()

    def journal(self, *options: str) -> str:
        """What the unit wrote, and what systemd wrote about it, since it was last restarted, or this boot."""
        options = options or ("--output=cat",)
        return self.machine.run("journalctl", "--no-pager", f"--unit={UNIT}", self._since, *options)

    def until(self, condition: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait for something; fail the test with the journal where it does not come."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"waited {seconds:g} s in vain for {what}:\n{self.journal()}")
            time.sleep(LOOK_SECONDS)

    @contextmanager
    def followed(self) -> Iterator[Callable[[], list[dict[str, Any]]]]:
        """What `voiced status --follow` tells during the context, so far."""
        path = self.folder / "events"

        def events() -> list[dict[str, Any]]:
            whole = path.read_text(encoding="utf-8").split("\n")[:-1]
            return [json.loads(line) for line in whole]

        process = self.machine.start(path, "voiced", "status", "--follow", "--json")
        try:
            self.until(events, "the follower's first line")
            yield events
        finally:
            process.terminate()
            process.wait()


def install(machine: Machine, package: str, *options: str, seconds: float = INSTALL_SECONDS) -> None:
    """Give the package to apt, as an owner does."""
    machine.run(
        *("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--no-install-recommends"),
        *(*options, package),
        seconds=seconds,
    )


def listens(speaker: Installed) -> bool:
    """Whether it waits for its wake word, as it tells systemd."""
    return speaker.show("StatusText").startswith("Idle")


def phases(events: Callable[[], list[dict[str, Any]]]) -> list[str]:
    """The phase it was in when it was first followed, and those it entered since."""
    return [event["phase"] for event in events() if "phase" in event]


def assert_put_out(speaker: Installed) -> None:
    """`voiced lights off` has run after the speaker's end."""
    done = speaker.show("ExecStopPost")
    assert "voiced lights off ;" in done
    assert "code=exited ; status=0" in done, speaker.journal()
