"""Where the speaker keeps its files."""

import os
import sys
from pathlib import Path

CONFIGURATION = Path("/etc/voiced/voiced.yaml")
_SYSTEM_STATE = Path("/var/lib/voiced")
_PACKAGE = Path("/usr/share/voiced")
_CHECKOUT = Path(__file__).resolve().parent.parent


def state_directory() -> Path:
    """Where what must survive a restart is kept: systemd's choice, else the user's own cache."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.partition(":")[0])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "voiced"


def service_state_directory() -> Path:
    """Where the speaker of this machine keeps its state, for a command line: that of the service, if there is one."""
    if "STATE_DIRECTORY" in os.environ or not _SYSTEM_STATE.is_dir():
        return state_directory()
    return _SYSTEM_STATE


def runtime_directory() -> Path:
    """Where sockets live: systemd's choice, else the user's runtime directory, else the state directory."""
    if given := os.environ.get("RUNTIME_DIRECTORY"):
        return Path(given.partition(":")[0])
    if given := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(given) / "voiced"
    return state_directory()


def model_directories() -> list[Path]:
    """Where wake models are looked for, in order; the first is where `voiced wake fetch` puts them."""
    if given := os.environ.get("VOICED_MODELS"):
        return [Path(given)]
    return list(dict.fromkeys([state_directory() / "models", _SYSTEM_STATE / "models", _PACKAGE / "models"]))


def shared_file(name: str) -> Path:
    """A file of the project's `config` folder: in a checkout there, installed under `share/voiced`."""
    checkout = _CHECKOUT / "config" / name
    return checkout if checkout.exists() else Path(sys.prefix) / "share" / "voiced" / name
