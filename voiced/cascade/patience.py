"""How long to wait for more, by what has been said: a turn's end by its meaning."""

from voiced.cascade.conversation import UserTurn
from voiced.cascade.grammar import Standing
from voiced.cascade.intake import Intake
from voiced.cascade.outputs import Follow, Outbox
from voiced.cascade.recogniser import NOTHING, Heard
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
        self._standing: Standing | None = None
        self._answered = False

    @property
    def doubtful(self) -> bool:
        """Whether following has not told what the turn means if it ends with the present quiet, and won't."""
        return self._answered and self._standing is not Standing.UNFINISHED

    def resumed(self) -> None:
        """The user goes on: what was known of the quiet before is void."""
        self._standing, self._answered = None, False

    def look(self, turn: UserTurn, detector: TurnDetector) -> None:
        """More sound of a turn has come."""
        if turn.item_id != self._turn_id:
            self._turn_id, self._taken = turn.item_id, turn.start
            self.resumed()
        quiet = detector.quiet_since is not None
        end = self._intake.end
        if self._until is None and end - self._taken >= (_IN_QUIET if quiet else _IN_SPEECH):
            self._outbox.ask(Follow(self._turn_id, self._intake.between(self._taken, end), quiet))
            self._taken = self._until = end

    def told(self, turn: UserTurn | None, detector: TurnDetector | None, partial: Partial | None) -> Heard | None:
        """A piece was taken in; what the turn means if it ends with the present quiet, where that is known."""
        until, self._until = self._until or 0, None
        if turn is None or turn.item_id != self._turn_id or detector is None:
            return None
        if detector.quiet_since is None or until - detector.quiet_since < _SETTLED:
            return None
        self._answered, usual = True, detector.rules.silence_duration_ms
        if partial is None:
            known, self._standing, detector.patience_ms = self._standing, None, usual
            return None if known is None else NOTHING
        self._standing = partial.standing
        match partial.standing:
            case Standing.COMPLETE:
                detector.patience_ms = min(COMPLETE_MS, usual)
            case Standing.UNFINISHED:
                detector.patience_ms = max(UNFINISHED_MS, usual)
            case _:
                detector.patience_ms = usual
        return partial.heard
