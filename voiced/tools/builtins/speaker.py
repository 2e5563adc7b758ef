"""What built-ins may do with the speaker they are in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """How the speaker does.

    Attributes:
        name: what it is called.
        version: of this software.
        answers: who answers: azure, or the cascade on this device.
        outage: why the service can't be had, for the journal's reader; empty where it can.
    """

    name: str
    version: str
    answers: str
    outage: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """The speaker as its built-ins see it.

    Attributes:
        volume: percent.
        set_volume: likewise, from now on and after a restart.
        mute: switch the microphone off and say so, with how to switch it on again.
        last_reply: what the speaker said last; empty where it said nothing yet.
        report: how it does.
    """

    volume: Callable[[], int]
    set_volume: Callable[[int], Awaitable[None]]
    mute: Callable[[], Awaitable[None]]
    last_reply: Callable[[], str]
    report: Callable[[], Report]
