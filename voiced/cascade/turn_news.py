"""What a client is told of the user's turns: at once, or, over a reply, as soon as they are more than filler words."""

import logging
from collections import deque
from collections.abc import Callable

from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import UserTurn
from voiced.cascade.fillers import LONGEST_FILLER_MS, says_nothing
from voiced.cascade.outputs import Outbox
from voiced.cascade.protocol import Frame
from voiced.cascade.turns import RATE

_log = logging.getLogger(__name__)


class TurnNews:
    """Tells of turns in their order.

    Args:
        configuration: what holds in the session.
        outbox: where its frames go.
        started: called when the user begins to speak over what may be said.
        committed: called with every turn that is over; its recognition is asked for already.
        speaking: whether a response is under way or heard, over which filler words don't count where that is asked for.
    """

    def __init__(
        self,
        configuration: Configuration,
        outbox: Outbox,
        started: Callable[[], None],
        committed: Callable[[UserTurn], None],
        speaking: Callable[[], bool],
    ) -> None:
        self.doubted: deque[UserTurn] = deque()
        """Over, but not told of; each lasts longer than its recognition mostly takes."""
        self._configuration = configuration
        self._outbox = outbox
        self._started = started
        self._committed = committed
        self._speaking = speaking

    def begins(self, turn: UserTurn) -> None:
        """A turn begins, of which the client may not be told yet."""
        over = self._speaking() or bool(self.doubted)  # or it would overtake those
        turn.held = bool(self._detection.get("remove_filler_words")) and over
        if not turn.held:
            self._announce(turn)

    def lasts(self, turn: UserTurn, ms: float) -> None:
        """A turn goes on, with so many ms of speech so far."""
        if turn.held and ms > LONGEST_FILLER_MS:
            self._announce(turn)

    def ends(self, turn: UserTurn) -> None:
        """A turn is over."""
        if turn.held:
            self.doubted.append(turn)
            self.resolve(None)
        else:
            self._stopped(turn)

    def resolve(self, going_on: UserTurn | None) -> None:
        """More may be recognised: tell of turns that were more than a filler, forget those that were not."""
        while self.doubted and (heard := self.doubted[0].heard) is not None:
            turn = self.doubted.popleft()
            if says_nothing(heard):
                _log.debug("What was said over a reply was a filler word: %r", heard.transcript)
            else:
                self._tell_whole(turn)
        if going_on is not None and going_on.held and going_on.heard is not None and not says_nothing(going_on.heard):
            self._announce(going_on)

    def settle(self) -> None:
        """Tell of all that are over, whatever they were: more was said, and they belong to it."""
        while self.doubted:
            self._tell_whole(self.doubted.popleft())

    def _announce(self, turn: UserTurn) -> None:
        self.settle()
        self._tell(turn)

    def _tell_whole(self, turn: UserTurn) -> None:
        self._tell(turn)
        self._stopped(turn)

    def _tell(self, turn: UserTurn) -> None:
        turn.held = False
        at_ms = turn.start * 1000 // RATE
        self._outbox.announce("input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=turn.item_id)
        if self._detection.get("interrupt_response"):
            self._started()

    def _stopped(self, turn: UserTurn) -> None:
        self._outbox.announce("input_audio_buffer.speech_stopped", audio_end_ms=turn.stopped_ms, item_id=turn.item_id)
        turn.reply = bool(self._detection.get("create_response"))
        self._committed(turn)

    @property
    def _detection(self) -> Frame:
        """The session's `turn_detection`; empty where that is off, as it may be once a piece of a turn is done."""
        return self._configuration.shown["turn_detection"] or {}
