"""The composition root: the one place where the parts meet."""

import asyncio
import dataclasses
import logging
import secrets
import signal
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from voiced import __version__, paths
from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.assistant import Assistant
from voiced.assistant.commands import Command
from voiced.assistant.events import Event
from voiced.assistant.phases import CONVERSATION, Phase
from voiced.assistant.sentences import SENTENCES
from voiced.audio.capture import Capture
from voiced.audio.chimes import load_chimes
from voiced.audio.frames import Frame
from voiced.audio.level import Complaints, Level
from voiced.audio.notices import NoticeStore
from voiced.audio.playback import Playback
from voiced.audio.preroll import PreRoll
from voiced.audio.reference import EchoReference
from voiced.cascade.speech import Speech
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import resolve
from voiced.conversations import Conversations
from voiced.host.child import ServingChild
from voiced.host.control import ControlSocket
from voiced.host.endurance import keep_running
from voiced.host.service import Watchdog, notify
from voiced.lights.animator import Lights
from voiced.lights.drivers import open_driver
from voiced.lights.patterns import Colour
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner
from voiced.wakeword.detector import Detection, Detector, Suspicion
from voiced.wakeword.engine import Engine
from voiced.wakeword.listener import Listener
from voiced.wakeword.models import find_models

log = logging.getLogger(__name__)

PRE_ROLL_SPARE_SECONDS = 2.0
"""Kept beyond the longest time a session may take to open."""
FRAME_SECONDS = 2.0
"""Without a frame for this long the microphone is not heard, and the watchdog is told."""
ATTEMPT_SECONDS = 15.0
"""An attempt to open the microphone that takes longer hangs."""
OVERDUE_SECONDS = 5.0
"""A phase this long past its deadline is stuck."""


class _Stopped(Exception):  # noqa: N818 (not an error)
    """The owner asked the daemon to end."""


class Daemon:
    """A running speaker. Raises `WakeWordError` where it could never listen."""

    def __init__(self, settings: VoicedSettings, config: Path) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._deadline_moved = asyncio.Event()
        self._quiet = asyncio.Event()
        self._events: deque[Event] = deque()
        self._dispatching = False
        self._ready = self._settled = False
        self._notice: asyncio.Task[None] | None = None
        self._colour = Colour(0, 0, 0)
        self._tasks: asyncio.TaskGroup

        self._assistant = Assistant(settings.conversation, self._loop.time())
        self._capture = Capture(
            settings.audio.input,
            deliver=self._hear,
            lost=lambda reason: self._dispatch(on.MicrophoneLost(reason)),
            recovered=lambda: self._dispatch(on.MicrophoneRecovered()),
        )
        self._level = Level()
        talk = settings.conversation
        self._pre_roll = PreRoll(talk.connect_seconds + talk.lead_ms / 1000 + PRE_ROLL_SPARE_SECONDS)
        self._playback = Playback(
            settings.audio.output,
            drained=self._played_all,
            began=lambda item_id: self._dispatch(on.ReplyHeard(item_id)),
        )
        self._reference: EchoReference | None = None
        if settings.voice_live.echo_reference == "client":
            self._reference = EchoReference()
            self._playback.observe(self._reference.played)
        self._chimes = load_chimes(settings.audio.chimes)
        self._notices = NoticeStore(
            paths.state_directory() / "notices",
            f"{settings.cascade.speech} {settings.cascade.voice}",
            Speech(settings.cascade.speech, settings.cascade.voice).synthesise,
        )
        self._lights = Lights(open_driver(settings.lights), observe=self._lit)
        self._registry = Registry(settings.tools)
        self._runner = Runner(self._registry, resolve)
        self._listener = self._make_listener()
        self._control = ControlSocket(paths.runtime_directory() / "control.sock", self._verbs())
        self._watchdog = Watchdog(self._ailment)
        cascade_key = secrets.token_urlsafe(16)
        self._cascade = self._make_cascade(config, cascade_key)
        embedded = None if self._cascade is None else (f"http://127.0.0.1:{self._cascade.port}", cascade_key)
        self._conversations = Conversations(settings, self._registry, self._pre_roll, embedded, self._dispatch)

    def _make_listener(self) -> Listener:
        words = self._settings.wake_words
        engine = Engine(find_models([word.model for word in words]), paths.state_directory() / "graphs")
        by_name = {
            Path(word.model).stem if "/" in word.model or "." in word.model else word.model: word for word in words
        }
        self._detector = Detector([(name, by_name[name]) for name in engine.names])
        return Listener(engine, self._detector, lambda found: self._loop.call_soon_threadsafe(self._woken, found))

    def _make_cascade(self, config: Path, key: str) -> ServingChild | None:
        if not self._settings.voice_live.embedded:
            return None
        command = [sys.executable, "-m", "voiced", "cascade", "--config", str(config), "--listen", "fd:{fd}"]
        return ServingChild("cascade", command, {"VOICED_CASCADE_KEY": key, "NOTIFY_SOCKET": ""})

    # -- life ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live until SIGTERM or SIGINT."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(signum, self._stopping.set)
        notify("STATUS=Starting")
        parts = {
            "capture": self._capture.run,
            "playback": self._playback.run,
            "lights": self._lights.run,
            "control": self._control.run,
            "watchdog": self._watchdog.run,
            "deadline": self._watch_deadline,
            "level": self._watch_level,
            "notices": lambda: self._notices.prepare(SENTENCES.values()),
        }
        if self._cascade is not None:
            parts["cascade"] = self._cascade.run
        try:
            async with self._runner, asyncio.TaskGroup() as self._tasks:
                for name, part in parts.items():
                    self._tasks.create_task(keep_running(name, part), name=name)
                self._listener.start()
                self._lights.show(self._assistant.phase)
                log.info("voiced %s, %s", __version__, self._settings.speaker.name)
                await self._stopping.wait()
                notify("STOPPING=1\nSTATUS=Stopping")
                log.info("stopping")
                raise _Stopped  # noqa: TRY301 (ends every task of the group, conversations and tools included)
        except* _Stopped:
            log.debug("stopped")
        finally:
            self._listener.stop()

    async def _watch_deadline(self) -> None:
        while True:
            self._deadline_moved.clear()
            try:
                async with asyncio.timeout_at(self._assistant.deadline):
                    await self._deadline_moved.wait()
            except TimeoutError:
                self._dispatch(on.TimePassed())

    async def _watch_level(self) -> None:
        complaints = Complaints(self._level)
        while True:
            await asyncio.sleep(1)
            if not self._listener.alive and self._assistant.phase is not Phase.FAULTED:
                self._dispatch(on.MicrophoneLost("the wake word's thread has died"))
            news = complaints.news()
            if news is not None:
                log.warning("microphone: %s", news)

    def _ailment(self) -> str | None:
        health, now = self._capture.health, self._loop.time()
        if not self._listener.alive:
            return "the wake word's thread has died"
        unheard, trying = now - health.last_frame_at, now - health.attempted_at
        if (
            not health.paused
            and unheard > FRAME_SECONDS
            and trying > (ATTEMPT_SECONDS if health.reopening else FRAME_SECONDS)
        ):
            return f"no sound from the microphone for {min(unheard, trying):.0f} s"
        deadline = self._assistant.deadline
        if deadline is not None and now > deadline + OVERDUE_SECONDS:
            return f"{self._assistant.phase} is {now - deadline:.1f} s past its deadline"
        return None

    # -- sound --------------------------------------------------------------------------------------------------

    def _hear(self, frame: Frame) -> None:
        if not self._ready:
            self._ready = True
            self._dispatch(on.Started())
        self._level.feed(frame.samples)
        self._listener.feed(frame)
        if self._reference is not None:
            frame = self._reference.beside(frame)
        self._pre_roll.append(frame)
        sounding = self._playback.sounding
        self._detector.playing = sounding
        self._conversations.hear(frame, deaf=sounding and self._settings.audio.half_duplex)

    def _woken(self, found: Detection | Suspicion) -> None:
        if isinstance(found, Suspicion):
            self._dispatch(on.WakeWordSuspected(found.word, found.score, found.persona))
            return
        self._dispatch(on.WakeWordDetected(found.word, found.score, found.position, found.captured_at, found.persona))

    def _played_all(self) -> None:
        self._quiet.set()
        self._dispatch(on.PlaybackFinished())

    def _lit(self, colour: Colour) -> None:
        self._colour = colour
        self._publish("light", dataclasses.asdict(colour))

    # -- events and commands ------------------------------------------------------------------------------------

    def _dispatch(self, event: Event) -> None:
        """Take an event to the assistant and carry out what it answers; events that arise meanwhile wait their turn."""
        if self._stopping.is_set():
            return
        self._events.append(event)
        if self._dispatching:
            return
        self._dispatching = True
        while self._events:
            event = self._events.popleft()
            try:
                self._tell(event)
                for command in self._assistant.handle(event, self._loop.time()):
                    self._carry_out(command)
            except Exception:  # a defect of ours must not end the listening; every phase has a deadline
                log.exception("%s could not be dealt with; please report this", type(event).__name__)
        self._dispatching = False
        self._deadline_moved.set()

    def _carry_out(self, command: Command) -> None:  # noqa: C901, PLR0912 (a flat table reads best whole)
        session = self._conversations.session
        match command:
            case do.ShowPhase():
                self._show(command)
            case do.OpenSession() | do.PrepareSession():
                opened = self._conversations.open(command.persona)
                if opened is not None:
                    self._tasks.create_task(self._conversations.live(opened), name="session")
            case do.StartUplink():
                self._conversations.start_uplink(command.since)
            case do.CloseSession() | do.AbandonSession():
                self._conversations.close()
            case do.Play():
                self._quiet.clear()
                self._playback.write(command.item_id, command.data)
            case do.FinishReply():
                self._playback.finish()
            case do.Flush():
                if self._notice is not None:
                    self._notice.cancel()
                for cut in self._playback.flush():
                    self._dispatch(on.PlaybackFlushed(cut.item_id, cut.played_ms))
            case do.TruncateReply() if session is not None:
                session.truncate(command.item_id, command.audio_end_ms)
            case do.CancelReply() if session is not None:
                session.cancel_reply()
            case do.RunTool():
                self._tasks.create_task(keep_running(f"tool {command.name}", lambda: self._run_tool(command)))
            case do.SendToolOutput() if session is not None:
                session.send_tool_output(command.call_id, command.output)
            case do.RequestReply() if session is not None:
                session.request_reply()
            case do.PlayChime():
                self._play(self._chimes[command.chime.value])
            case do.SayNotice():
                self._notice = self._tasks.create_task(keep_running("notice", lambda: self._say(command)))
            case _:
                log.debug("no session for %s", type(command).__name__)

    def _show(self, command: do.ShowPhase) -> None:
        self._listener.resting = command.phase in CONVERSATION
        if self._listener.resting:
            self._capture.quicken()
        else:
            self._capture.calm()
        if command.phase is Phase.MUTED:
            self._capture.pause()
            self._pre_roll.clear()
        elif self._capture.health.paused:
            self._capture.resume()
        log.info("%s: %s", command.phase, command.reason, extra={"VOICED_PHASE": command.phase.value})
        notify(f"STATUS={command.phase.value.replace('_', ' ').capitalize()}: {command.reason}")
        if not self._settled and command.phase in (Phase.IDLE, Phase.MUTED, Phase.FAULTED):
            self._settled = True
            notify("READY=1")  # a missing microphone is told by the status, and must not hold up the boot
        self._lights.show(command.phase)
        self._publish("phase", {"phase": command.phase.value, "reason": command.reason})

    def _play(self, effect: bytes) -> None:
        if effect:
            self._quiet.clear()
            self._playback.write_effect(effect)

    async def _run_tool(self, command: do.RunTool) -> None:
        outcome = await self._runner.call(command.name, command.arguments)
        self._publish(
            "tool", {"name": command.name, "ok": outcome.ok, "output": outcome.output, "seconds": outcome.seconds}
        )
        self._dispatch(on.ToolFinished(command.call_id, outcome.output))

    async def _say(self, command: do.SayNotice) -> None:
        log.warning("%s: %s", command.notice.value.replace("_", " "), command.detail)
        sound = await self._notices.sound(SENTENCES[command.notice])
        if sound:
            self._play(sound)
            await self._quiet.wait()
        self._dispatch(on.NoticeFinished())

    # -- what is told to the outside ----------------------------------------------------------------------------

    def _verbs(self) -> dict[str, Any]:
        def request(event: Event) -> Mapping[str, Any]:
            self._dispatch(event)
            return {"phase": self._assistant.phase.value}

        return {
            "status": self._status,
            "listen": lambda: request(on.ListenRequested(self._capture.position)),
            "stop": lambda: request(on.StopRequested()),
            "mute": lambda: request(on.MuteChanged(muted=True)),
            "unmute": lambda: request(on.MuteChanged(muted=False)),
        }

    def _status(self) -> Mapping[str, Any]:
        health = self._capture.health
        return {
            "name": self._settings.speaker.name,
            "version": __version__,
            "phase": self._assistant.phase.value,
            "wake_words": [word.model for word in self._settings.wake_words],
            "endpoint": self._settings.voice_live.endpoint,
            "light": dataclasses.asdict(self._colour),
            "loudspeaker": {
                "underruns": self._playback.underruns,
                "callback_share": round(self._playback.callback_share, 4),
            },
            "microphone": {
                "hearing": not health.reopening and health.periods > 0,
                "overruns": health.overruns + health.xruns,
                "reopenings": health.reopenings,
                "paused": health.paused,
                "peak_dbfs": round(self._level.peak, 1),
                "rms_dbfs": round(self._level.rms, 1),
                "noise_floor_dbfs": round(self._level.noise_floor, 1),
                "clipped": round(self._level.clipped, 4),
            },
        }

    def _tell(self, event: Event) -> None:
        """Publish an event, sound apart; write transcripts where the owner asked for them."""
        if isinstance(event, on.ReplyAudioReceived | on.TimePassed):
            return
        if (
            isinstance(event, on.UserTranscribed | on.ReplyTranscribed)
            and self._settings.privacy.transcripts == "journal"
        ):
            log.info("%s: %s", "heard" if isinstance(event, on.UserTranscribed) else "said", event.text)
        self._publish(type(event).__name__, dataclasses.asdict(event))

    def _publish(self, kind: str, fields: Mapping[str, Any]) -> None:
        self._control.publish({"event": kind, "at": round(self._loop.time(), 4), **fields})
