"""The wake word's side of the daemon: the engine and its thread, and what they hear as the assistant's events."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from voiced import paths
from voiced.assistant.events import Event, WakeWordDetected, WakeWordSuspected
from voiced.audio.frames import CAPTURE_RATE, Frame
from voiced.audio.preroll import PreRoll
from voiced.config.schema import VoicedSettings
from voiced.wakeword.clips import Clips, Moment, Outcome
from voiced.wakeword.detector import Detection, Detector, Judgement, NearMiss, Suspicion
from voiced.wakeword.engine import STEP, Engine
from voiced.wakeword.gate import Gate
from voiced.wakeword.listener import Listener
from voiced.wakeword.models import find_models, word_name
from voiced.wakeword.second_opinion import load_opinions
from voiced.wakeword.selftest import self_test

log = logging.getLogger(__name__)

STEP_MS = 1000 * STEP // CAPTURE_RATE


class Listening:
    """Hears wake words from `start` to `stop`; `dispatch` gets the events, in the loop it was made in.

    `pre_roll` holds the sound that is heard, for clips. Raises `WakeWordError` where it could never listen.
    """

    def __init__(self, settings: VoicedSettings, pre_roll: PreRoll, dispatch: Callable[[Event], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._dispatch = dispatch
        words = settings.wake_words
        engine = Engine(find_models([word.model for word in words]), paths.state_directory() / "graphs")
        self._words = {word_name(word.model): word for word in words}
        self._tested = self_test(engine, self._words)
        self._detector = Detector([(name, self._words[name]) for name in engine.names], load_opinions(self._words))
        self._listener = Listener(
            engine,
            self._detector,
            lambda found: self._loop.call_soon_threadsafe(self._judged, found),
            Gate(STEP) if settings.wake.gate else None,
        )
        self._pre_roll = pre_roll
        self._clips: Clips | None = None
        if settings.privacy.wake_clips.keep:
            self._clips = Clips(settings.privacy.wake_clips, paths.state_directory() / "wake-clips", self._sound)

    async def run(self) -> None:
        """Do what may wait, until cancelled: keep clips, where the owner asked for them."""
        if self._clips is not None:
            await self._clips.run()

    def start(self) -> None:
        """Begin to listen."""
        self._listener.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._listener.stop()

    @property
    def alive(self) -> bool:
        """Whether the thread still listens."""
        return self._listener.alive

    @property
    def quiet_below(self) -> float:
        """Sound below this (RMS) will not be listened to now; 0 where all is."""
        return self._listener.quiet_below

    @property
    def fault(self) -> str | None:
        """Why no wake word can be heard although there is sound, or None."""
        return self._tested.fault

    def rest(self, resting: bool) -> None:  # noqa: FBT001 (it is the whole meaning of the call)
        """Say whether nobody wants to know of wake words now."""
        self._listener.resting = resting

    def hear(self, frame: Frame, *, sounding: bool) -> None:
        """Take a frame that the pre-roll has already; `sounding`: the speaker itself sounds now. Never blocks."""
        self._detector.playing = sounding
        self._listener.feed(frame)
        if self._clips is not None:
            self._clips.hear(frame.position + frame.frames)

    def forget(self) -> None:
        """The microphone is switched off: keep nothing of what it heard."""
        if self._clips is not None:
            self._clips.forget()

    def false_wake(self, word: str, position: int) -> None:
        """Count a wake word after which nobody spoke; `position` is the one of its detection."""
        self._detector.statistics[word].false_wakes += 1
        if self._clips is not None:
            self._clips.amend(position, Outcome.FALSE_WAKE)

    def status(self) -> Mapping[str, Any]:
        """Counts since the start, for `voiced status`."""
        cost, clips = self._listener.cost, self._clips
        return {
            "words": {
                name: {
                    "threshold": self._words[name].threshold,
                    "persona": self._words[name].persona,
                    "deaf": name in self._tested.deaf,
                    "wakes": found.wakes,
                    "false_wakes": found.false_wakes,
                    "near_misses": found.near_misses,
                    "refused": found.refused,
                    "held_back_ms": round(found.held_blocks * STEP_MS / max(1, found.wakes)),
                    "histogram": list(found.histogram),
                }
                for name, found in self._detector.statistics.items()
            },
            "steps": cost.steps,
            "step_ms": round(1000 * cost.seconds / max(1, cost.steps), 3),
            "slowest_step_ms": round(1000 * cost.slowest, 3),
            "dropped": self._listener.dropped,
            "clips": None if clips is None else {"folder": str(clips.path), "kept": clips.kept},
        }

    def _judged(self, found: Judgement) -> None:
        match found:
            case Suspicion():
                self._dispatch(WakeWordSuspected(found.word, found.score, found.persona))
            case NearMiss():
                if found.refused:
                    log.info("%s: scored %.2f, but the second opinion did not hear all of it", found.word, found.score)
                self._keep(found, Outcome.NEAR_MISS)
            case Detection():
                self._detector.statistics[found.word].wakes += 1
                self._keep(found, Outcome.WAKE)
                self._dispatch(
                    WakeWordDetected(found.word, found.score, found.position, found.captured_at, found.persona)
                )

    def _keep(self, found: Detection | NearMiss, outcome: Outcome) -> None:
        if self._clips is not None:
            self._clips.begin(Moment(found.word, found.score, found.position, time.time()), outcome)

    def _sound(self, begin: int, end: int) -> bytes:
        """The microphone's sound between two capture frame indices, as far as the pre-roll has it."""
        frames = self._pre_roll.heard_since(begin)
        samples = [frame.samples[: max(0, end - frame.position)] for frame in frames]
        return np.concatenate(samples).tobytes() if samples else b""
