"""The Debian package of this checkout, for the tests that install it."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGED = (
    *("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "voiced", "config", "systemd"),
    *("scripts/build-deb", "scripts/packaging"),
)
"""What a package is made of."""


class PackageError(Exception):
    """The package can't be made; the message has what was said."""


def made_package(release: str, architecture: str) -> Path:
    """The package of this checkout as it is, made where there is none of the same files. Raises `PackageError`."""
    digest = sha256()
    for name in PACKAGED:
        for path in sorted([CHECKOUT / name, *(CHECKOUT / name).rglob("*")]):
            if path.is_file() and "__pycache__" not in path.parts and ".mypy_cache" not in path.parts:
                digest.update(f"{path.relative_to(CHECKOUT)}\0".encode())
                digest.update(sha256(path.read_bytes()).digest())
    folder = CHECKOUT / "build" / "debian" / f"{release}-{architecture}" / digest.hexdigest()[:12]
    if not folder.exists():
        shutil.rmtree(folder.parent, ignore_errors=True)  # of other files
        making = folder.with_suffix(".making")
        options = ("--release", release, "--arch", architecture, "--output", making)
        made = subprocess.run(
            [CHECKOUT / "scripts/build-deb", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if made.returncode:
            raise PackageError(f"scripts/build-deb: status {made.returncode}\n{made.stdout[-4000:]}")
        making.rename(folder)
    (package,) = folder.glob("*.deb")
    return package
