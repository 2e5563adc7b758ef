"""How long to wait for more, by what has been said: a turn's end by its meaning."""

from voiced.cascade.conversation import UserTurn
from voiced.cascade.grammar import Standing
from voiced.cascade.intake import Intake
from voiced.cascade.outputs import Follow, Outbox
from voiced.cascade.stages import Partial
from voiced.cascade.turns import RATE, TurnDetector

COMPLETE_MS = 150
"""Silence that ends a turn in which a whole command was said, to which nothing could be added."""
UNFINISHED_MS = 1200
"""Silence that ends one in which a command was begun."""
_SETTLED = RATE * 60 // 1000
"""Samples of quiet that must have been recognised: only then is the last word known."""
_IN_SPEECH = RATE // 10
"""Samples taken in at a time while there is speech; the rest is done when it pauses."""
_IN_QUIET = RATE // 50


class Patience:
    """Has a turn followed while it is spoken, and sets its detector's patience. One piece is under way at a time.

    Args:
        outbox: where it asks for that.
        intake: the sound.
    """

    def __init__(self, outbox: Outbox, intake: Intake) -> None:
        self._outbox = outbox
        self._intake = intake
        self._turn_id = ""
        self._taken = 0
        self._until: int | None = None
        self.standing: Standing | None = None
        """How far the turn had come before the present quiet; None while that is not known."""

    def look(self, turn: UserTurn, detector: TurnDetector) -> None:
        """More sound of a turn has come."""
        if turn.item_id != self._turn_id:
            self._turn_id, self._taken, self.standing = turn.item_id, turn.start, None
        quiet = detector.quiet_since is not None
        if not quiet:
            self.standing = None
        end = self._intake.end
        if self._until is None and end - self._taken >= (_IN_QUIET if quiet else _IN_SPEECH):
            self._outbox.ask(Follow(self._turn_id, self._intake.between(self._taken, end), quiet))
            self._taken = self._until = end

    def told(self, turn: UserTurn | None, detector: TurnDetector | None, partial: Partial | None) -> bool:
        """A piece was taken in; whether the turn may end with what it has come to."""
        until, self._until = self._until or 0, None
        if turn is None or detector is None or turn.item_id != self._turn_id or detector.quiet_since is None:
            return False
        if until - detector.quiet_since < _SETTLED:
            return False
        self.standing = partial.standing if partial is not None else None
        usual = detector.rules.silence_duration_ms
        match self.standing:
            case Standing.COMPLETE:
                detector.patience_ms = min(COMPLETE_MS, usual)
            case Standing.UNFINISHED:
                detector.patience_ms = max(UNFINISHED_MS, usual)
            case _:
                detector.patience_ms = None
        return self.standing is Standing.COMPLETE
