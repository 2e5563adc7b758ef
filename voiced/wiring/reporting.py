"""What the daemon tells the outside: the control socket's events and status, transcripts, the watchdog."""

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import Any

from voiced import __version__, paths
from voiced.assistant import events as on
from voiced.assistant.assistant import Assistant
from voiced.assistant.events import Event
from voiced.assistant.phases import CONVERSATION, Phase
from voiced.audio.capture import Capture
from voiced.audio.level import Level
from voiced.audio.playback import Playback
from voiced.config.schema import VoicedSettings
from voiced.host.control import ControlSocket, Errand
from voiced.lights.patterns import Colour
from voiced.messages import Message, explained
from voiced.tools.registry import Registry
from voiced.tools.runner import ToolOutcome
from voiced.tools.spoken_calls import SpokenCalls
from voiced.voicelive.budget import Budget
from voiced.voicelive.recorder import Recorder
from voiced.wiring.built_ins import BuiltIns
from voiced.wiring.conversations import Conversations
from voiced.wiring.latency import Latency, Turn
from voiced.wiring.listening import Listening
from voiced.wiring.measuring import Measuring
from voiced.wiring.pressing import Pressing
from voiced.wiring.stopping import Stopping

log = logging.getLogger(__name__)

FRAME_SECONDS = 2.0
"""Without a frame for this long the microphone is not heard, and the watchdog is told."""
ATTEMPT_SECONDS = 15.0
"""An attempt to open the microphone that takes longer hangs."""
OVERDUE_SECONDS = 5.0
"""A phase this long past its deadline is stuck."""


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """The parts that are reported on."""

    assistant: Assistant
    capture: Capture
    level: Level
    playback: Playback
    listening: Listening
    stop_words: Stopping | None
    conversations: Conversations
    budget: Budget | None
    recorder: Recorder
    built_ins: BuiltIns
    pressing: Pressing
    registry: Registry


class Reporting:
    """Answers and publishes over the control socket; what its verbs ask for goes to `dispatch`."""

    def __init__(
        self,
        settings: VoicedSettings,
        parts: Parts,
        dispatch: Callable[[Event], None],
        errands: Mapping[str, Errand],
    ) -> None:
        self._settings = settings
        self._parts = parts
        self._dispatch = dispatch
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._colour = Colour(0, 0, 0)
        self._spoken_calls = SpokenCalls(lambda: [tool.name for tool in parts.registry])
        self._latency = Latency()
        self._turn: Turn | None = None
        self.measuring = Measuring(settings.metrics, self._status)
        self._control = ControlSocket(paths.runtime_directory() / "control.sock", self._verbs(), errands)
        self.run = self._control.run

    def ailment(self) -> str | None:
        """Why systemd should start the speaker anew, or None where it is well."""
        health, now = self._parts.capture.health, self._loop.time()
        if not self._parts.listening.alive:
            return "the wake word's thread has died"
        unheard, trying = now - health.last_frame_at, now - health.attempted_at
        if (
            not health.paused
            and unheard > FRAME_SECONDS
            and trying > (ATTEMPT_SECONDS if health.reopening else FRAME_SECONDS)
        ):
            return f"no sound from the microphone for {min(unheard, trying):.0f} s"
        assistant = self._parts.assistant
        deadline = assistant.deadline
        if deadline is not None and now > deadline + OVERDUE_SECONDS:
            return f"{assistant.phase} is {now - deadline:.1f} s past its deadline"
        return None

    def tell(self, event: Event) -> None:
        """Publish an event, sound apart, and what a turn took; write transcripts where the owner asked for them."""
        self.measuring.event(event)
        self._answered(self._latency.feed(event, self._loop.time()))
        if isinstance(event, on.ReplyAudioReceived | on.TimePassed):
            return
        if isinstance(event, on.ReplyTranscribed):
            self._spoken_calls.look(event.response_id, event.text)
        if (
            isinstance(event, on.UserTranscribed | on.ReplyTranscribed)
            and self._settings.privacy.transcripts == "journal"
        ):
            log.info("%s: %s", "heard" if isinstance(event, on.UserTranscribed) else "said", event.text)
        self.publish(type(event).__name__, dataclasses.asdict(event))

    def show(self, phase: Phase, reason: str) -> None:
        """Publish a phase; with a conversation its last turn ends."""
        if phase not in CONVERSATION:
            self._answered(self._latency.rest())
        self.measuring.phase(phase)
        self.publish("phase", {"phase": phase.value, "reason": reason})

    def _answered(self, turn: Turn | None) -> None:
        """One journal entry for each turn."""
        if turn is None:
            return
        self._turn = turn
        self.measuring.turn(turn)
        stages = turn.stages()
        told = ", ".join(f"{name.replace('_', ' ')} {took:.0f} ms" for name, took in stages.items())
        log.info(
            "turn: %s", told, extra=explained(Message.TURN, **{f"{name}_ms": took for name, took in stages.items()})
        )
        self.publish("turn", stages)

    def lit(self, colour: Colour) -> None:
        """Take the lights' new colour."""
        self._colour = colour
        self.publish("light", dataclasses.asdict(colour))

    def ran(self, name: str, outcome: ToolOutcome, *, known: bool) -> None:
        """Publish and count a tool's call; a name that the model made up has no figures of its own."""
        self.measuring.tool(name if known else "unknown", ok=outcome.ok, seconds=outcome.seconds)
        self.publish("tool", {"name": name, "ok": outcome.ok, "output": outcome.output, "seconds": outcome.seconds})

    def publish(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Send one line to whoever follows, and to the recording; lights are too many for that."""
        if kind != "light":
            self._parts.recorder.note(kind, fields)
        self._control.publish({"event": kind, "at": round(self._loop.time(), 4), **fields})

    def _verbs(self) -> dict[str, Any]:
        def request(event: Event) -> Mapping[str, Any]:
            self._dispatch(event)
            return {"phase": self._parts.assistant.phase.value}

        def unmute() -> Mapping[str, Any]:
            if self._parts.pressing.keeps_muted:
                return {"error": "the switch on the speaker keeps the microphone off: put it back"}
            return request(on.MuteChanged(muted=False, reason="microphone on by voiced unmute"))

        return {
            "status": self._status,
            "listen": lambda: request(on.ListenRequested(self._parts.capture.position)),
            "stop": lambda: request(on.StopRequested()),
            "forget": lambda: request(on.ForgetRequested()),
            "mute": lambda: request(on.MuteChanged(muted=True, reason="microphone off by voiced mute")),
            "unmute": unmute,
            "record": self._parts.recorder.arm,
        }

    def _status(self) -> Mapping[str, Any]:
        health, level, playback = self._parts.capture.health, self._parts.level, self._parts.playback
        return {
            "name": self._settings.speaker.name,
            "version": __version__,
            "phase": self._parts.assistant.phase.value,
            "wake_words": [word.model for word in self._settings.wake_words],
            "uptime_seconds": round(self._loop.time() - self._began),
            "wake": self._parts.listening.status(),
            "stop_words": None if self._parts.stop_words is None else self._parts.stop_words.status(),
            "endpoint": self._settings.voice_live.endpoint,
            "service": self._parts.conversations.status(),
            "budget": None if self._parts.budget is None else self._parts.budget.status(),
            "turn": None if self._turn is None else self._turn.stages(),
            "light": dataclasses.asdict(self._colour),
            "timers": self._parts.built_ins.status(),
            "loudspeaker": {
                "volume": playback.volume,
                "underruns": playback.underruns,
                "late_callbacks": playback.late,
                "reopenings": playback.reopenings,
                "buffer_ms": playback.buffer_ms,
                "callback_share": round(playback.callback_share, 4),
            },
            "microphone": {
                "hearing": not health.reopening and health.periods > 0,
                "overruns": health.overruns + health.xruns,
                "late_callbacks": health.late,
                "reopenings": health.reopenings,
                "paused": health.paused,
                "peak_dbfs": round(level.peak, 1),
                "rms_dbfs": round(level.rms, 1),
                "noise_floor_dbfs": round(level.noise_floor, 1),
                "clipped": round(level.clipped, 4),
            },
        }
