"""Secrets by reference: systemd credentials, private files, environment variables."""

import os
import stat
from pathlib import Path

from voiced.settings import SecretReference


class SecretError(Exception):
    """A secret can't be had; the message names where it should be, never what it is."""


def resolve(reference: SecretReference) -> str:
    """The secret itself. Raises `SecretError`."""
    if reference.env is not None:
        value = os.environ.get(reference.env)
        if not value:
            raise SecretError(f"the environment variable {reference.env} is not set")
        return value
    if reference.file is not None:
        return _read(reference.file, check_mode=True)
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretError(
            f"the credential {reference.credential} is not there: systemd gave no credentials; "
            f"add LoadCredential={reference.credential}:PATH to the unit"
        )
    return _read(Path(folder) / str(reference.credential), check_mode=False)


def _read(path: Path, *, check_mode: bool) -> str:
    try:
        if check_mode and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretError(f"{path} can be read by others; fix it with: chmod 600 {path}")
        value = path.read_text(encoding="utf-8").removesuffix("\n")
    except OSError as error:
        raise SecretError(f"{path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SecretError(f"{path} is not text") from error
    if not value:
        raise SecretError(f"{path} is empty")
    return value
