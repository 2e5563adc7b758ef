"""From the package to a spoken command after a reboot, and to the power switch: on a PC and on a virtual Raspberry Pi."""

import json
import re
import shutil

import pytest
from deb import made_package
from demonstration import voice
from demonstration.stage import MOCK_PINS, lamp_tool
from installed import UNIT, Installed, install, listens, phases
from machine import INSIDE, Machine
from owned import Owned
from speaker import DAEMON, ROOM, lamps

pytestmark = pytest.mark.vm

RELEASE = "bookworm"
PYTHON = "env PYTHONPATH=/mnt/checkout/scripts /opt/voiced/bin/python3"
PORT = 8080
"""Of the lamps in the house."""
PINS = {"red": 5, "green": 6, "blue": 7}
"""Of the virtual Pi's eight."""
LIGHTS = {"amd64": MOCK_PINS, "arm64": {}}
PATIENCE = ("TimeoutStartSec=600", "TimeoutStopSec=120", "WatchdogSec=120")
"""An emulated machine is slow."""
INSTALL_SECONDS = 1200.0
START_SECONDS = 600.0
"""The first: graphs are made and notices are spoken, once."""


def configuration():
    return {
        "audio": {
            "input": {"device": f"plughw:{DAEMON}"},
            "output": {"device": f"plughw:{DAEMON}", "volume": 100},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "conversation": {"follow_up_seconds": 1, "connect_seconds": 60, "reply_seconds": 120},
        "lights": {"driver": "rgb", "pins": PINS},
    }


@pytest.fixture(scope="module", params=["amd64", "arm64"])
def machine(request, figures):
    with Machine(request.param, durable=True) as machine:
        figures.append(f"{request.param}: it booted in {machine.boot_seconds:.0f} s")
        yield machine


@pytest.fixture(scope="module")
def speaker(machine, figures):
    """Installed, configured, enabled, and then rebooted: what runs now was started by the machine."""
    architecture = machine.architecture
    owned = Owned(machine)
    shutil.copy(made_package(RELEASE, architecture), machine.share / "voiced.deb")
    speaker = Installed(owned, machine.share, LIGHTS[architecture])
    install(owned, str(INSIDE / "voiced.deb"), seconds=INSTALL_SECONDS)
    speaker.configure(configuration(), *PATIENCE)
    tool = {"tools": [lamp_tool(f"http://127.0.0.1:{PORT}")]}
    owned.write("/etc/voiced/tools.d/lamps.yaml", json.dumps(tool))  # JSON is YAML
    owned.run("voiced", "check")
    owned.run("systemctl", "enable", UNIT)
    machine.reboot()
    speaker.until(lambda: listens(speaker), "the start", START_SECONDS)
    return speaker
