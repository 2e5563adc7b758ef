"""The speaker as an owner has it: the package installed, the unit run by systemd, watched by its own command line."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from container import LOOK_SECONDS, Container, ContainerError
from demonstration.soundcard import MICROPHONE, SPEAKER
from demonstration.stage import MOCK_PINS

SOUND = "/srv/sound"
"""Where the sound card's socket is in the machine."""
PACKAGE = "/srv/voiced.deb"
UNIT = "voiced.service"
DROP_IN = f"/etc/systemd/system/{UNIT}.d/test.conf"
CONFIGURATION = "/etc/voiced/voiced.yaml"
INSTALL_SECONDS = 300.0
WAIT_SECONDS = 60.0


class Installed:
    """The speaker's unit in a machine.

    Attributes:
        machine: what it is installed on.
        folder: for what the host keeps of it.
    """

    def __init__(self, machine: Container, folder: Path) -> None:
        self.machine = machine
        self.folder = folder
        self._since = ""

    def configure(self, settings: Mapping[str, Any], *service: str) -> None:
        """Write the configuration, and lines of the unit's [Service] beside those that lead to the virtual hardware."""
        environment = {**MOCK_PINS, "ALSA_CONFIG_PATH": f"{SOUND}/asound.conf", "JACK_NO_START_SERVER": "1"}
        lines = [*(f"Environment={name}={value}" for name, value in environment.items()), *service]
        self.machine.write(DROP_IN, "\n".join(["[Service]", *lines, ""]))
        self.machine.write(CONFIGURATION, json.dumps(settings, indent=2))  # JSON is YAML
        self.machine.run("systemctl", "daemon-reload")

    def restart(self) -> None:
        """Start it anew; returns when systemd says that it has started. Raises `ContainerError` where it doesn't."""
        self.machine.run("systemctl", "reset-failed", UNIT, check=False)  # one that never ran is not known
        self._since = self.machine.run("date", "+%s.%N").strip()
        try:
            self.machine.run("systemctl", "restart", UNIT)
        except ContainerError as error:
            raise ContainerError(f"{error}\n{self.journal()}") from error

    def show(self, name: str) -> str:
        """One of the unit's properties, as systemd has it."""
        return self.machine.run("systemctl", "show", "--value", f"--property={name}", UNIT).strip()

    def journal(self, *options: str) -> str:
        """What the unit wrote, and what systemd wrote about it, since it was last started."""
        options = options or ("--output=cat",)
        return self.machine.run("journalctl", "--no-pager", f"--unit={UNIT}", f"--since=@{self._since}", *options)

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


def install(machine: Container, *options: str) -> None:
    """Give the package to apt, as an owner does."""
    machine.run(
        *("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--no-install-recommends"),
        *(*options, PACKAGE),
        seconds=INSTALL_SECONDS,
    )


def configuration(**more: Any) -> dict[str, Any]:
    """A speaker on the virtual sound card, with a light, and with everything else on this device."""
    return {
        "audio": {
            "input": {"device": MICROPHONE},
            "output": {"device": SPEAKER, "volume": 60},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "conversation": {"follow_up_seconds": 1},
        "lights": {"driver": "rgb", "pins": {"red": 17, "green": 27, "blue": 22}},
        **more,
    }
