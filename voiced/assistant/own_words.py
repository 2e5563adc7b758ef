"""One conversation's bookkeeping of what the speaker says in it without having been asked. Pure."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

HEARD_SECONDS = 1.0
"""Who lets so much of it sound before they speak has heard what it is about; with less it is said again later."""


class Purpose(StrEnum):
    """What responses of ours are marked with."""

    GREETING = "greeting"
    ANNOUNCEMENT = "announcement"


class Stage(Enum):
    """How far it has come."""

    SILENT = auto()
    """Nothing of ours is said."""
    ASKED = auto()
    """The service was asked to say it."""
    BEGUN = auto()
    """Its response has begun, and perhaps ended; it has not been heard to its end."""


@dataclass(slots=True)
class OwnWords:
    """What the speaker says by itself, one thing at a time.

    Attributes:
        stage: how far that is.
        purpose: what it is.
        response: the one that says it; empty before it began.
        sounds_from: when its sound begins; None before.
        seconds: how much of its sound was received.
        unwanted: the user began to speak before it did.
        greeted: there was a greeting; there is one at most.
        unable: the service doesn't say such things.
        spoken: the user has said something that is not just the wake word.
        quiet_since: when anything was said last.
        not_before: before this the service is not asked again.
    """

    stage: Stage = Stage.SILENT
    purpose: Purpose = Purpose.ANNOUNCEMENT
    response: str = ""
    sounds_from: float | None = None
    seconds: float = 0.0
    unwanted: bool = False
    greeted: bool = False
    unable: bool = False
    spoken: bool = False
    quiet_since: float = 0.0
    not_before: float = 0.0

    def ask(self, purpose: Purpose) -> None:
        """The service is asked to say something."""
        self.stage, self.purpose, self.response = Stage.ASKED, purpose, ""
        self.sounds_from, self.seconds, self.unwanted = None, 0.0, False

    def heard(self, now: float) -> bool:
        """Whether enough of it has sounded by now to know what it was about."""
        if self.stage is not Stage.BEGUN or self.sounds_from is None:
            return False
        return now - self.sounds_from >= min(HEARD_SECONDS, self.seconds)
