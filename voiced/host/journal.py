"""Where log lines go: structured into the journal under systemd, plain lines on a terminal."""

import logging
import os
import sys

_LINE, _CLOCK = "%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"
_COLOURS = {
    logging.DEBUG: "\033[2m",
    logging.WARNING: "\033[33m",
    logging.ERROR: "\033[31m",
    logging.CRITICAL: "\033[1;31m",
}
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
    coloured = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    handler.setFormatter(_Coloured() if coloured else logging.Formatter(_LINE, datefmt=_CLOCK))
    return handler


class _Coloured(logging.Formatter):
    """Lines for a person: what is wrong stands out, what is of no interest recedes."""

    def __init__(self) -> None:
        super().__init__(_LINE, datefmt=_CLOCK)

    def format(self, record: logging.LogRecord) -> str:
        """The line, coloured as a whole by its level."""
        line = super().format(record)
        colour = _COLOURS.get(record.levelno)
        return line if colour is None else f"{colour}{line}\033[0m"


def _journal_listens() -> bool:
    """Whether standard error is the journal's own socket (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        device, inode = os.environ["JOURNAL_STREAM"].split(":")
        found = os.fstat(sys.stderr.fileno())
    except (KeyError, ValueError, OSError):
        return False
    return (found.st_dev, found.st_ino) == (int(device), int(inode))
