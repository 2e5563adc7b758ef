"""Keeps a key where systemd hands it to the speaker alone: encrypted to this machine where that can be done."""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

NAME = "azure-key"
"""Of the credential, in the configuration and in the unit."""
FOLDER = Path("/etc/voiced/credentials")
DROP_IN = Path("/etc/systemd/system/voiced.service.d/credentials.conf")

Encrypt = Callable[[Sequence[str], str], bool]
"""Runs a program with a text as its input; whether it succeeded."""


def _run(command: Sequence[str], given: str) -> bool:
    try:
        done = subprocess.run(command, input=given, text=True, capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def keep(key: str, folder: Path = FOLDER, drop_in: Path = DROP_IN, encrypt: Encrypt = _run) -> str:
    """Store a key and tell the unit of it; how it is kept, in words. Raises `OSError`.

    Encrypted, it is of use to this machine's systemd only (systemd-creds(1)).
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    plain, sealed = folder / NAME, folder / f"{NAME}.cred"
    if encrypt(["systemd-creds", "encrypt", f"--name={NAME}", "-", str(sealed)], key):
        sealed.chmod(0o600)
        plain.unlink(missing_ok=True)
        line, told = f"LoadCredentialEncrypted={NAME}:{sealed}", f"encrypted in {sealed}"
    else:
        sealed.unlink(missing_ok=True)
        _write_private(plain, key)
        line, told = f"LoadCredential={NAME}:{plain}", f"in {plain}, which only root can read"
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text(f"# Written by `voiced setup`.\n[Service]\n{line}\n", encoding="utf-8")
    return told


def _write_private(path: Path, text: str) -> None:
    """Nobody else can read it at any moment."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
