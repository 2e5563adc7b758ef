"""The user's turns in the sound that a client sends: its `input_audio_buffer` events, and those about turns."""

import logging
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import UserTurn
from voiced.cascade.echo_model import EchoModel
from voiced.cascade.intake import Intake
from voiced.cascade.loudness import Loudness
from voiced.cascade.outputs import Outbox, Recognise
from voiced.cascade.parameters.turn_detection import effective_turn_rules, ends_by_meaning
from voiced.cascade.patience import Patience
from voiced.cascade.protocol import SERVER_ERROR, Frame, ProtocolError, error_event, new_id
from voiced.cascade.recogniser import Heard
from voiced.cascade.sound_formats import SoundFormat, input_format
from voiced.cascade.stages import Partial, VoiceActivity
from voiced.cascade.turn_news import TurnNews
from voiced.cascade.turns import RATE, Edge, TurnDetector, TurnEdge, TurnRules

_log = logging.getLogger(__name__)

_SHORTEST_COMMIT_MS = 100


class InputAudio:
    """Listens for turns, or waits for the client to end one where turn detection is off.

    Args:
        configuration: what holds in the session.
        outbox: where its frames go.
        started: called when the user begins to speak over what may be said.
        committed: called with every turn that is over; its recognition is asked for already.
        echo_model: for tests, mixes into the sound what a microphone would hear of the replies.
        activity: makes what tells speech from other sound.
        speaking: whether a response is under way or heard, over which filler words don't count where that is asked for.
        by_meaning: whether a turn may end by what was said, where the client's turn detection is of that kind.
    """

    def __init__(
        self,
        configuration: Configuration,
        outbox: Outbox,
        *,
        started: Callable[[], None],
        committed: Callable[[UserTurn], None],
        echo_model: EchoModel | None = None,
        activity: Callable[[], VoiceActivity] = Loudness,
        speaking: Callable[[], bool] = lambda: False,
        by_meaning: bool = True,
    ) -> None:
        self._configuration = configuration
        self._outbox = outbox
        self._committed = committed
        self._news = TurnNews(configuration, outbox, started, committed, speaking)
        self._intake = Intake(_form(configuration.shown), echo_model=echo_model)
        self._activity = activity
        self._by_meaning = by_meaning
        self._patience = Patience(outbox, self._intake)
        self._detector: TurnDetector | None = None
        self._detect_turns(configuration.shown["turn_detection"])
        self._turn: UserTurn | None = None
        self._tickets = 0
        self._foretold = 0
        self._paused_at: int | None = None

    def accept(self, after: Frame) -> None:
        """Take over the parameters of an update; `ProtocolError`, and nothing taken over, where it is too late."""
        before = self._configuration.shown
        channels = _channels(after)
        changed = "input_audio_echo_cancellation" if channels != _channels(before) else None
        for name in ("input_audio_sampling_rate", "input_audio_format"):
            if after[name] != before[name]:
                changed = name
        if changed and self._intake.end:
            raise ProtocolError(
                "invalid_value", "The format of the input can't be changed after audio was received.",
                f"session.{changed}",
            )  # fmt: skip
        if changed:
            self._intake.reformat(_form(after), channels)
        if after["turn_detection"] != before["turn_detection"]:
            self._detect_turns(after["turn_detection"])
            if self._detector is None:
                self._turn = None
                self._news.doubted.clear()

    def append(self, frame: Frame) -> Iterator[None]:
        """Serve `input_audio_buffer.append`, piece by piece: between two, others may do their work."""
        for number, samples in enumerate(self._intake.append(frame.get("audio"))):
            if number:
                yield
            self._hear(samples)

    def _hear(self, samples: NDArray[np.int16]) -> None:
        if self._detector is None:
            return
        self._detector.masking = self._intake.masking
        for edge in self._edges(self._detector, samples):
            self._edge(edge)
        self._follow()
        if self._turn is None:
            rules = self._detector.rules
            kept_ms = rules.prefix_padding_ms + 2 * rules.speech_duration_ms + 1000
            self._intake.forget(self._intake.end - int(kept_ms * RATE / 1000))

    def commit(self, _: Frame) -> None:
        """Serve `input_audio_buffer.commit`: the turn ends here, and is not answered by itself."""
        listening = self._detector is None or self._turn is not None
        if not listening or self._intake.held * 1000 < _SHORTEST_COMMIT_MS * RATE:
            held = self._intake.held * 1000 / RATE if listening else 0.0
            raise ProtocolError(
                "input_audio_buffer_commit_empty",
                f"Expected at least {_SHORTEST_COMMIT_MS} ms of audio, but the buffer has {held:.2f} ms.",
            )
        self._news.settle()
        turn = self._turn or UserTurn(new_id("item"), self._intake.end - self._intake.held)
        self._ask(turn, self._intake.end)
        if self._detector is not None:
            self._detector.reset()
        self._turn = None
        self._intake.forget(self._intake.end)
        self._committed(turn)

    def clear(self, _: Frame) -> None:
        """Serve `input_audio_buffer.clear`."""
        self._intake.forget(self._intake.end)
        self._turn = None
        self._news.doubted.clear()
        if self._detector is not None:
            self._detector.reset()
        self._outbox.announce("input_audio_buffer.cleared")

    def wants(self, ticket: int) -> bool:
        """Whether a recognition of the turn under way is still of use."""
        return any(turn.ticket == ticket for turn in self._unfinished())

    def recognised(self, ticket: int, heard: Heard) -> None:
        """The turn under way was recognised, during a pause that may become its end; or one that may be a filler."""
        for turn in self._unfinished():
            if turn.ticket == ticket:
                turn.heard = heard
        self._news.resolve(self._turn)

    def followed(self, partial: Partial | None) -> None:
        """More of the turn under way was taken in."""
        turn = self._turn
        heard = self._patience.told(turn, self._detector, partial, by_meaning=self._ends_by_meaning)
        if turn is None or heard is None:
            return
        if heard.meaning is not None:
            self._tickets += 1
            turn.ticket, turn.heard = self._tickets, heard
            self._foretold = self._tickets
            self._news.resolve(turn)
        elif turn.ticket == self._foretold:
            turn.ticket = turn.heard = None

    def _unfinished(self) -> Iterator[UserTurn]:
        yield from self._news.doubted
        if self._turn is not None:
            yield self._turn

    @property
    def _ends_by_meaning(self) -> bool:
        return self._by_meaning and bool(self._detection) and ends_by_meaning(self._detection)

    @property
    def _detection(self) -> Frame:
        """The session's `turn_detection`; empty where that is off, as it may be once a piece of a turn is done."""
        return self._configuration.shown["turn_detection"] or {}

    def _follow(self) -> None:
        turn = self._turn
        if turn is None or self._detector is None:
            return
        until = self._detector.quiet_since or self._intake.end
        self._news.lasts(turn, (until - turn.start) * 1000 / RATE - self._detector.rules.prefix_padding_ms)
        self._patience.look(turn, self._detector)
        if self._paused_at is not None and turn.ticket is None and self._patience.doubtful:
            self._ask(turn, self._paused_at)

    def _edges(self, detector: TurnDetector, samples: NDArray[np.int16]) -> Iterator[TurnEdge]:
        """What turn detection finds; where its engine fails, the turn ends, and others are found by their loudness."""
        try:
            yield from detector.process(samples)
        except Exception as error:  # noqa: BLE001 (an engine of others may raise anything; the session outlives it)
            fault = self._give_up(detector.activity.name, error)
            self._outbox.send([error_event(ProtocolError("turn_detection_failed", fault), type_=SERVER_ERROR)])
            self._detector = TurnDetector(detector.rules, self._intake.end)
            yield TurnEdge(Edge.STOPPED, self._intake.end)

    def _new_activity(self) -> VoiceActivity:
        try:
            return self._activity()
        except Exception as error:  # noqa: BLE001 (likewise)
            self._give_up("its engine", error)
            return Loudness()

    def _give_up(self, engine: str, error: Exception) -> str:
        fault = f"{engine} failed: {type(error).__name__}: {error}"
        _log.error("Turn detection by %s; in this session loudness tells speech from now on", fault)
        _log.debug("Where that was", exc_info=error)
        self._activity = Loudness
        return fault

    def _detect_turns(self, turn_detection: Frame | None) -> None:
        if turn_detection is None:
            self._detector = None
            return
        rules = TurnRules(**effective_turn_rules(turn_detection))
        if self._detector is None:
            self._detector = TurnDetector(rules, self._intake.end, self._new_activity())
        else:
            self._detector.rules = rules

    def _edge(self, edge: TurnEdge) -> None:
        if edge.edge is Edge.STARTED:
            self._turn, self._paused_at = UserTurn(new_id("item"), edge.at), None
            self._news.begins(self._turn)
            return
        turn = self._turn
        if turn is None:
            return
        if edge.edge is Edge.RESUMED:
            turn.ticket = turn.heard = None
            self._paused_at = None
            self._patience.resumed()
        elif edge.edge is Edge.PAUSED:
            self._paused_at = edge.at
        else:
            if turn.ticket is None:
                self._ask(turn, edge.at)
            turn.stopped_ms = edge.at * 1000 // RATE
            self._turn = None
            self._intake.forget(edge.at)
            self._news.ends(turn)

    def _ask(self, turn: UserTurn, end: int) -> None:
        self._tickets += 1
        turn.ticket, turn.heard = self._tickets, None
        self._outbox.ask(Recognise(turn.ticket, self._intake.between(turn.start, end)))


def _channels(session: Frame) -> int:
    echo = session["input_audio_echo_cancellation"]
    return int(echo["channels"]) if echo else 1


def _form(session: Frame) -> SoundFormat:
    return input_format(session["input_audio_format"], session["input_audio_sampling_rate"])
