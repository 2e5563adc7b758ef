import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from demonstration.soundcard import SoundCard

sys.path.insert(0, str(Path(__file__).parent))  # what these tests share lies beside them, and is no test

from container import RELEASES, Container, made_root, obstacle
from deb import made_package
from installed import Installed, install
from owner import ENVIRONMENT, PACKAGE, SOUND


@pytest.fixture(scope="session")
def release() -> str:
    """The Debian under test: VOICED_DEBIAN, or 12."""
    chosen = os.environ.get("VOICED_DEBIAN", "bookworm")
    if chosen not in RELEASES:
        pytest.fail(f"VOICED_DEBIAN is one of {', '.join(sorted(RELEASES))}, not {chosen!r}")
    return chosen


@pytest.fixture(scope="session")
def package(release: str) -> Path:
    """The .deb of this checkout."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is missing: packages are made on Debian")
    architecture = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    return made_package(release, architecture.stdout.strip())


@pytest.fixture(scope="session")
def machine(
    release: str, package: Path, sound_card: SoundCard, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Container]:
    """One machine for the whole run, on the virtual sound card; the package lies in its /srv, not yet installed."""
    if reason := obstacle():
        pytest.skip(reason)
    environment = sound_card.environment()
    socket = Path(environment["PULSE_SERVER"].removeprefix("unix:"))
    alsa = tmp_path_factory.mktemp("sound") / "asound.conf"
    alsa.write_text(Path(environment["ALSA_CONFIG_PATH"]).read_text().replace(str(socket), f"{SOUND}/socket"))
    binds = {package: PACKAGE, socket: f"{SOUND}/socket", alsa: f"{SOUND}/asound.conf"}
    with Container(made_root(release), binds) as machine:
        machine.write("/etc/hosts", "127.0.0.1 localhost\n")  # an installer writes it, debootstrap doesn't
        yield machine


@pytest.fixture(scope="session")
def before(machine: Container) -> set[str]:
    """Every file of the machine before the package was installed."""
    return machine.files()


@pytest.fixture(scope="session")
def speaker(machine: Container, before: set[str], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The package installed as an owner does."""
    install(machine, PACKAGE)
    return Installed(machine, tmp_path_factory.mktemp("speaker"), ENVIRONMENT)
