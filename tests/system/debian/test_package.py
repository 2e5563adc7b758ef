"""The package itself: what is in it, and what is not."""

import platform
import struct
import subprocess
import tarfile

import pytest

pytestmark = pytest.mark.system

MACHINES = {"x86_64": 62, "aarch64": 183}
"""ELF's numbers of them."""
BUILT = ("__pycache__", ".mypy_cache", "direct_url.json")


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
    return folder


@pytest.fixture(scope="module")
def entries(package, tmp_path_factory):
    path = tmp_path_factory.mktemp("package") / "files.tar"
    with path.open("wb") as file:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", package], stdout=file, check=True)
    with tarfile.open(path) as tar:
        return tar.getmembers()


def test_all_is_roots_and_nothing_is_left_of_the_making(entries):
    assert {(entry.uid, entry.gid) for entry in entries} == {(0, 0)}
    assert not [entry.name for entry in entries if not entry.issym() and entry.mode & 0o022]
    assert not [entry.name for entry in entries if entry.name.rpartition("/")[2] in BUILT]
    assert {entry.name.split("/")[1] for entry in entries if entry.isfile()} == {"opt", "usr"}


def test_everything_compiled_is_for_this_machine(unpacked):
    numbers = {}
    for path in unpacked.rglob("*.so*"):
        head = path.read_bytes()[:20]
        if head[:4] == b"\x7fELF":
            numbers[path.name] = struct.unpack("<H", head[18:20])[0]
    assert set(numbers.values()) == {MACHINES[platform.machine()]}


def test_control_names_the_python_it_was_made_for(package, release):
    depends = subprocess.run(["dpkg-deb", "--field", package, "Depends"], check=True, capture_output=True, text=True)
    assert {"bookworm": "python3.11", "trixie": "python3.13"}[release] in depends.stdout.split(", ")


def test_unit_runs_what_is_in_the_package(unpacked):
    unit = (unpacked / "usr/lib/systemd/system/voiced.service").read_text()
    assert "ExecStart=voiced run\n" in unit
    assert (unpacked / "usr/bin/voiced").readlink().as_posix() == "/opt/voiced/bin/voiced"
    assert (unpacked / "opt/voiced/bin/voiced").stat().st_mode & 0o111
