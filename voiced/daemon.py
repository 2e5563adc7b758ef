"""The composition root: the one place where the parts meet."""

import asyncio
import logging
import signal
from collections import deque
from pathlib import Path

from voiced import __version__, paths
from voiced.assistant import events as on
from voiced.assistant.assistant import Assistant
from voiced.assistant.events import Event
from voiced.assistant.phases import Phase
from voiced.audio.capture import Capture
from voiced.audio.frames import CAPTURE_RATE, Frame
from voiced.audio.level import Complaints, Level
from voiced.audio.playback import Playback
from voiced.audio.preroll import PreRoll
from voiced.audio.reference import EchoReference
from voiced.config.schema import VoicedSettings
from voiced.host.endurance import keep_running, surviving
from voiced.host.service import Watchdog, notify
from voiced.lights.animator import Lights
from voiced.lights.drivers import open_driver
from voiced.messages import Message, explained
from voiced.voicelive.tracing import tracing
from voiced.wakeword.clips import CLIP_SECONDS
from voiced.wiring import services
from voiced.wiring.answerers import Answerers
from voiced.wiring.built_ins import BuiltIns
from voiced.wiring.ducking import Ducking
from voiced.wiring.errands import errands
from voiced.wiring.listening import Listening
from voiced.wiring.loudness import Loudness
from voiced.wiring.muting import Muting
from voiced.wiring.obeying import Doers, Obeying
from voiced.wiring.own_voice import OwnVoice
from voiced.wiring.pressing import Pressing
from voiced.wiring.questions import Questions
from voiced.wiring.reloading import Reloading
from voiced.wiring.reporting import Parts, Reporting
from voiced.wiring.stopping import Stopping
from voiced.wiring.tooling import Tooling

log = logging.getLogger(__name__)

PRE_ROLL_SPARE_SECONDS = 2.0
"""Kept beyond the longest time a session may take to open."""


class _Stopped(Exception):  # noqa: N818 (not an error)
    """The owner asked the daemon to end."""


class Daemon:
    """A running speaker. Raises `WakeWordError` where it could never listen."""

    def __init__(self, settings: VoicedSettings, config: Path) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._deadline_moved = asyncio.Event()
        self._events: deque[Event] = deque()
        self._dispatching = False
        self._ready = False
        self._tasks: asyncio.TaskGroup

        self._assistant = Assistant(
            settings.conversation,
            self._loop.time(),
            settings.voice_live.turn_detection.silence_duration_ms,
            locale=lambda persona: settings.persona(persona).language or settings.speaker.locale,
            greeting=lambda persona: settings.persona(persona).greeting,
        )
        self._capture = Capture(
            settings.audio.input,
            deliver=self._hear,
            lost=lambda reason: self._dispatch(on.MicrophoneLost(reason)),
            recovered=lambda: self._sound_comes(on.MicrophoneRecovered()),
        )
        self._level = Level()
        self._complaints = Complaints(self._level)
        self._examined = 0
        talk = settings.conversation
        lead = talk.lead_ms / 1000
        self._pre_roll = PreRoll(max(services.longest_opening(settings), CLIP_SECONDS) + lead + PRE_ROLL_SPARE_SECONDS)
        output = settings.audio.output
        self._loudness = Loudness(output.volume, paths.state_directory() / "volume.json", self._set_volume)
        self._playback = Playback(
            output.model_copy(update={"volume": self._loudness.volume}),
            drained=self._played_all,
            began=lambda item_id: self._dispatch(on.ReplyHeard(item_id)),
        )
        self._reference = EchoReference()
        self._sends_reference = services.wants_reference(settings.voice_live)
        self._stop_words: Stopping | None = None
        if settings.conversation.stop_words:
            self._stop_words = Stopping(settings.conversation.stop_words, self._reference, self._dispatch)
        if self._sends_reference or self._stop_words is not None:
            self._playback.observe(self._reference.played, self._reference.stood_still)
        self._tooling = Tooling(settings, self._dispatch)
        self._registry = self._tooling.registry
        self._ducking = Ducking(settings.ducking, self._tooling.unasked)
        self._pressing = Pressing(
            settings.buttons,
            self._loudness,
            self._dispatch,
            phase=lambda: self._assistant.phase,
            position=lambda: self._capture.position,
            sounding=lambda: self._playback.sounding,
            chime=lambda chime: self._voice.chime(chime, ""),
        )
        self._reloading = Reloading(
            config,
            settings,
            self._tooling,
            ready=lambda: self._obeying.settled,
            adopt=lambda anew: self._pressing.adopt(anew.buttons),
            without_effect=self._pressing.unreadable,
        )
        self._muting = Muting(paths.state_directory() / "muted")
        self._listening = Listening(settings, self._pre_roll, self._dispatch)
        self._answerers = Answerers(settings, self._registry, self._pre_roll, self._dispatch, config)
        self._budget = self._answerers.budget
        self._conversations = self._answerers.conversations
        self._registry.on_change(self._conversations.tools_changed)
        self._voice = OwnVoice(settings, self._playback, self._answerers, self._dispatch)
        self._built_ins = BuiltIns(
            settings,
            self._registry,
            self._voice,
            self._loudness,
            self._answerers,
            self._dispatch,
            lambda: self._pressing.way_to_unmute,
        )
        self._reporting = Reporting(
            settings,
            Parts(
                self._assistant,
                self._capture,
                self._level,
                self._playback,
                self._listening,
                self._stop_words,
                self._conversations,
                self._budget,
                self._answerers.recorder,
                self._built_ins,
                self._pressing,
                self._registry,
            ),
            self._dispatch,
            errands(self._voice.announcing, Questions(self._conversations.aside, self._answer_call, talk.reply_seconds))
            | {"volume": self._loudness.errand}
            | self._reloading.errands()
            | self._tooling.errands(),
        )
        self._lights = Lights(open_driver(settings.lights), observe=self._reporting.lit)
        self._obeying = Obeying(
            Doers(
                self._capture,
                self._playback,
                self._pre_roll,
                self._listening,
                self._stop_words,
                self._conversations,
                self._answerers,
                self._voice,
                self._tooling,
                self._built_ins,
                self._ducking,
                self._lights,
                self._reporting,
                self._muting,
            ),
            settings.speaker.locale.partition("-")[0],
            self._dispatch,
            lambda work, name: self._tasks.create_task(work, name=name),
        )
        self._watchdog = Watchdog(self._reporting.ailment)

    # -- life ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live until SIGTERM or SIGINT."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(signum, self._stopping.set)
        self._loop.add_signal_handler(signal.SIGHUP, self._reloading.ask)
        notify("STATUS=Starting")
        parts = {
            "capture": self._capture.run,
            "playback": self._playback.run,
            "lights": self._lights.run,
            "buttons": self._pressing.run,
            "control": self._reporting.run,
            "metrics": self._reporting.measuring.run,
            "watchdog": self._watchdog.run,
            "deadline": self._watch_deadline,
            "MCP servers": self._tooling.mcp_servers.run,
            "ducking": self._ducking.run,
            "reloading": self._reloading.run,
            "listening": self._listening.run,
            **self._answerers.parts(),
            "notices": self._voice.prepare,
            "built-ins": self._built_ins.run,
        }
        if self._stop_words is not None:
            parts["stop words"] = self._stop_words.run
        try:
            traces = tracing(self._settings.voice_live.traces, self._settings.speaker.name)
            # the ledger is told of the tools that the end cuts short, so it ends after them
            ledger = self._tooling.ledger.writing()
            async with traces, self._tooling.wires, ledger, asyncio.TaskGroup() as self._tasks:
                for name, part in parts.items():
                    self._tasks.create_task(keep_running(name, part), name=name)
                self._listening.start()
                self._lights.show(self._assistant.phase)
                log.info("voiced %s, %s", __version__, self._settings.speaker.name)
                self._pressing.begin(muted=self._muting.muted)
                if self._muting.muted and not self._pressing.decides:  # it was when the speaker ended
                    self._dispatch(on.MuteChanged(muted=True, reason=self._muting.kept(self._pressing.way_to_unmute)))
                await self._stopping.wait()
                notify("STOPPING=1\nSTATUS=Stopping")
                log.info("stopping")
                raise _Stopped  # noqa: TRY301 (ends every task of the group, conversations and tools included)
        except* _Stopped:
            log.debug("stopped")
        finally:
            self._listening.stop()
            self._voice.announcing.close()
            self._answerers.close()
            self._built_ins.close()
            self._muting.keep()  # a thread that was to do it may not have begun

    async def _watch_deadline(self) -> None:
        while True:
            self._deadline_moved.clear()
            try:
                async with asyncio.timeout_at(self._assistant.deadline):
                    await self._deadline_moved.wait()
            except TimeoutError:
                self._dispatch(on.TimePassed())

    # -- sound --------------------------------------------------------------------------------------------------

    def _hear(self, frame: Frame) -> None:
        if not self._ready:
            self._ready = True
            self._sound_comes(on.Started())
        self._level.feed(frame.samples)
        sounding = self._playback.sounding
        beside = self._reference.beside(frame) if self._sends_reference else frame
        deaf = sounding and self._settings.audio.half_duplex
        self._pre_roll.append(beside, deaf=deaf)
        self._listening.hear(frame, sounding=sounding)
        if self._stop_words is not None:
            self._stop_words.hear(beside, self._assistant.phase, sounding=sounding)
        self._conversations.hear(beside, deaf=deaf)
        self._capture.quiet_below = 0.0 if sounding else self._listening.quiet_below
        if frame.position >= self._examined + CAPTURE_RATE:
            self._examined = frame.position
            self._examine()

    def _examine(self) -> None:
        """Look once a second whether the sound is heard, and fit to be; here a timer would cost more than it does."""
        if not self._listening.alive and self._assistant.phase is not Phase.FAULTED:
            self._dispatch(on.MicrophoneLost("the wake word's thread has died"))
        news = self._complaints.news()
        if news is not None:
            log.warning("microphone: %s", news, extra=explained(Message.MICROPHONE_SILENT))

    def _sound_comes(self, event: on.Started | on.MicrophoneRecovered) -> None:
        fault = self._listening.fault
        self._dispatch(event if fault is None else on.MicrophoneLost(fault))

    async def _set_volume(self, percent: int) -> None:
        await self._playback.set_volume(percent)

    async def _answer_call(self, name: str, arguments: str) -> str:
        return await self._obeying.answer_call(name, arguments)

    def _played_all(self) -> None:
        self._voice.falls_silent()
        self._dispatch(on.PlaybackFinished())

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
            event, now = self._events.popleft(), self._loop.time()
            # each by itself: who only looks on takes nothing from a conversation, nor does a lamp that is broken, and
            # no defect ends the listening: every phase has a deadline
            with surviving(type(event).__name__):
                self._reporting.tell(event)
            with surviving(type(event).__name__):
                self._answerers.remember(event)
            with surviving(type(event).__name__):
                self._built_ins.feed(event)
            with surviving(type(event).__name__):
                for command in self._assistant.handle(event, now):
                    with surviving(type(command).__name__):
                        self._obeying.carry_out(command)
        self._dispatching = False
        self._deadline_moved.set()
