"""The journal's messages that `journalctl -x` explains, by their 128-bit names in `systemd/voiced.catalog`.

A message keeps its name for ever; its text may change.
"""

from enum import StrEnum


class Message(StrEnum):
    """What happened, for the catalog."""

    MICROPHONE_LOST = "55a2dff0ce5b4b5dae4d1a1f6d1f0a01"
    MICROPHONE_SILENT = "55a2dff0ce5b4b5dae4d1a1f6d1f0a02"
    UNHEALTHY = "55a2dff0ce5b4b5dae4d1a1f6d1f0a03"
    SERVICE_LOST = "55a2dff0ce5b4b5dae4d1a1f6d1f0a04"
    SERVICE_BACK = "55a2dff0ce5b4b5dae4d1a1f6d1f0a05"
    SIGN_IN = "55a2dff0ce5b4b5dae4d1a1f6d1f0a06"
    TURN = "55a2dff0ce5b4b5dae4d1a1f6d1f0a07"
    TOOL_FAILED = "55a2dff0ce5b4b5dae4d1a1f6d1f0a08"
    RELOADED = "55a2dff0ce5b4b5dae4d1a1f6d1f0a09"
    NOT_RELOADED = "55a2dff0ce5b4b5dae4d1a1f6d1f0a0a"
    DEFECT = "55a2dff0ce5b4b5dae4d1a1f6d1f0a0b"
    LATE = "55a2dff0ce5b4b5dae4d1a1f6d1f0a0c"


def explained(message: Message, **fields: str | float) -> dict[str, str | float]:
    """What a log call takes as `extra`: the message's name, and fields of the journal, each as VOICED_NAME."""
    return {"MESSAGE_ID": message.value} | {f"VOICED_{name.upper()}": value for name, value in fields.items()}
