"""Where log lines go: structured into the journal under systemd, plain lines on a terminal."""

import logging
import os
import sys

_NOISY = ("azure", "aiohttp.access", "asyncio")


def set_up(*, verbose: bool) -> None:
    """Send every log line to the journal where systemd listens, else to standard error."""
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    root.addHandler(_handler())
    for name in _NOISY:  # at DEBUG the SDK prints whole frames, sound and transcripts included
        logging.getLogger(name).setLevel(logging.WARNING)


def _handler() -> logging.Handler:
    if _journal_listens():
        from systemd.journal import JournalHandler  # noqa: PLC0415 (a terminal has no use for it)

        journal: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="voiced")
        journal.setFormatter(logging.Formatter("%(message)s"))
        return journal
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S"))
    return handler


def _journal_listens() -> bool:
    """Whether standard error is the journal's own socket (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        device, inode = os.environ["JOURNAL_STREAM"].split(":")
        found = os.fstat(sys.stderr.fileno())
    except (KeyError, ValueError, OSError):
        return False
    return (found.st_dev, found.st_ino) == (int(device), int(inode))
