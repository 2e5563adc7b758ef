"""What a turn means while it is spoken; and by that how long to wait for more, where its end may be known by it."""

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
        self._known = self._answered = self._waits = False

    @property
    def doubtful(self) -> bool:
        """Whether following has not told what the turn means if it ends with the present quiet, and won't."""
        return self._answered and not self._waits

    def resumed(self) -> None:
        """The user goes on: what was known of the quiet before is void."""
        self._known = self._answered = self._waits = False

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

    def told(
        self, turn: UserTurn | None, detector: TurnDetector | None, partial: Partial | None, *, by_meaning: bool
    ) -> Heard | None:
        """A piece was taken in; what the turn means if it ends with the present quiet, where that is known.

        Args:
            turn: under way.
            detector: of its end.
            partial: what came of the piece.
            by_meaning: whether the turn may end sooner, or later, by that.
        """
        until, self._until = self._until or 0, None
        if turn is None or turn.item_id != self._turn_id or detector is None:
            return None
        if detector.quiet_since is None or until - detector.quiet_since < _SETTLED:
            return None
        usual = detector.rules.silence_duration_ms
        detector.patience_ms = usual  # even so, because it has the detector tell when speech goes on
        known, self._known, self._answered = self._known, partial is not None, True
        self._waits = False
        if partial is None:
            return NOTHING if known else None
        if by_meaning and partial.standing is Standing.COMPLETE:
            detector.patience_ms = min(COMPLETE_MS, usual)
        elif by_meaning and partial.standing is Standing.UNFINISHED:
            detector.patience_ms, self._waits = max(UNFINISHED_MS, usual), True
        return partial.heard
