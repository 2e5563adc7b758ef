"""The command line's end of the control socket."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from voiced.paths import runtime_directory

_SYSTEM = Path("/run/voiced/control.sock")


class NotRunningError(Exception):
    """No daemon answers on this machine; the message says how to start one."""


class UnansweredError(NotRunningError):
    """The daemon ended before it answered: what was asked for may have been done."""


def ask(verb: str, /, consult: Callable[[Mapping[str, Any]], bool] | None = None, **fields: object) -> dict[str, Any]:
    """The daemon's answer to a verb. Raises `NotRunningError`, and of it `UnansweredError`.

    `consult` says whether what the daemon asks in between may be done.
    """
    try:
        with _connect() as connection, connection.makefile("rw") as lines:
            _send(lines, {"verb": verb, **fields})
            answer: dict[str, Any] = json.loads(lines.readline())
            while consult is not None and "question" in answer:
                _send(lines, {"approve": consult(answer)})
                answer = json.loads(lines.readline())
            return answer
    except (ConnectionError, ValueError):  # the latter of a line that was cut, or never came
        raise UnansweredError("the daemon has ended before it answered; see: journalctl -u voiced") from None


def converse(verb: str, **fields: object) -> Iterator[dict[str, Any]]:
    """Every line the daemon answers with, until it or the caller ends. Raises `NotRunningError`."""
    with _connect() as connection, connection.makefile("rw") as lines:
        _send(lines, {"verb": verb, **fields})
        for line in lines:
            yield json.loads(line)


def _send(lines: TextIO, fields: Mapping[str, object]) -> None:
    lines.write(json.dumps(fields) + "\n")
    lines.flush()


def _connect() -> socket.socket:
    refusal: OSError | None = None
    for path in dict.fromkeys([runtime_directory() / "control.sock", _SYSTEM]):
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
        except OSError as error:
            connection.close()
            refusal = error if isinstance(error, PermissionError) else refusal
        else:
            return connection
    if refusal is not None:
        raise NotRunningError("the daemon's socket is not yours to use: join the group voiced, or use sudo")
    raise NotRunningError("no daemon is running; start it with: sudo systemctl start voiced")
