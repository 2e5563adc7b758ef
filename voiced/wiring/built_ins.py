"""The built-in tools' side of the daemon: what they may do with the speaker, and what rings."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from voiced import __version__, paths
from voiced.assistant import events as on
from voiced.assistant.commands import RingEnd
from voiced.assistant.events import Event
from voiced.audio import ring
from voiced.config.schema import VoicedSettings
from voiced.tools.builtins import clocks
from voiced.tools.builtins.catalogue import catalogue
from voiced.tools.builtins.diary import Diary
from voiced.tools.builtins.entries import Entry, Kind, Missed
from voiced.tools.builtins.naming import missed_words, ring_words
from voiced.tools.builtins.repeating import REPEAT
from voiced.tools.builtins.speaker import Report, Speaker
from voiced.tools.registry import Registry
from voiced.wiring.announcing import AnnouncementError
from voiced.wiring.answerers import Answerers
from voiced.wiring.loudness import Loudness
from voiced.wiring.own_voice import OwnVoice

log = logging.getLogger(__name__)

WORDS_EVERY = 5
"""Bursts between two times that it is said what rings."""
_WAITING = 8
_MUTED = "The microphone is off. To switch it on again, {how}."


class LastReply:
    """What the speaker said last, before it was asked to say it again."""

    def __init__(self) -> None:
        self._said = self._before = ("", "")  # response and words

    @property
    def text(self) -> str:
        """Empty where nothing was said, or it is to be forgotten."""
        return self._said[1]

    def feed(self, event: Event) -> None:
        """Take an event."""
        match event:
            case on.MuteChanged(muted=True) | on.ForgetRequested():
                self._said = self._before = ("", "")
            case on.ReplyTranscribed() if event.text.strip():
                self._before, self._said = self._said, (event.response_id, event.text.strip())
            case on.FunctionCalled() if event.name == REPEAT and self._said[0] == event.response_id:
                self._said = self._before  # "one moment" is not what is to be repeated


class BuiltIns:
    """Supplies `registry` with the built-ins; rings with `voice` as the assistant commands.

    `way_to_unmute` tells how the microphone is switched on again, for people.
    """

    def __init__(
        self,
        settings: VoicedSettings,
        registry: Registry,
        voice: OwnVoice,
        loudness: Loudness,
        answerers: Answerers,
        dispatch: Callable[[Event], None],
        way_to_unmute: Callable[[], str],
    ) -> None:
        self._settings = settings.builtins
        self._way_to_unmute = way_to_unmute
        self._name = settings.speaker.name
        self._locale = settings.speaker.locale
        self._voice = voice
        self._conversations = answerers.conversations
        self._dispatch = dispatch
        self._rings = asyncio.Event()
        self._to_tell: asyncio.Queue[str] = asyncio.Queue(_WAITING)
        self._last_reply = LastReply()
        self.diary = Diary(
            paths.state_directory() / "timers.json",
            clocks.now,
            snooze_seconds=self._settings.snooze_minutes * 60,
            ring=self._due,
            quiet=lambda: dispatch(on.RingSettled()),
            missed=self._missed,
        )
        speaker = Speaker(
            volume=lambda: loudness.volume,
            set_volume=loudness.set,
            mute=self._mute,
            last_reply=lambda: self._last_reply.text,
            report=self._report,
        )
        registry.supply("built-in", catalogue(self._settings, self._locale, self.diary, speaker, lambda: registry))

    async def run(self) -> None:
        """Watch what is due, and ring, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.diary.run())
            tasks.create_task(self._ring())
            tasks.create_task(self._tell())

    def feed(self, event: Event) -> None:
        """Take note of what is said."""
        self._last_reply.feed(event)

    def close(self) -> None:
        """Keep what must not be lost."""
        self.diary.close()

    def status(self) -> Mapping[str, Any]:
        """What is set, and whether it rings, for `voiced status`."""
        schedule, now = self.diary.schedule, self.diary.now
        waits = schedule.wait(now)
        return {
            **{f"{kind}s": len(schedule.pending(kind, now)) for kind in Kind},
            "ringing": len(schedule.ringing),
            "next_seconds": None if waits is None else round(waits),
        }

    # -- what the assistant commands ------------------------------------------------------------------------------

    def begin(self) -> None:
        """Ring from now on."""
        self._rings.set()

    def once(self) -> None:
        """Sound one burst."""
        self._voice.effect(ring.burst(ring.loudness(0)), self._settings.ring_volume)

    def end(self, how: RingEnd | None) -> None:
        """Ring no more; what became of what rang."""
        self._rings.clear()
        match how:
            case RingEnd.STOPPED:
                self.diary.settle("stopped")
            case RingEnd.SNOOZED:
                self.diary.snooze()
            case RingEnd.UNHEARD:
                self.diary.give_up()

    async def _ring(self) -> None:
        """Bursts, and from time to time the words, each once the one before has been heard."""
        loop = asyncio.get_running_loop()
        while True:
            await self._rings.wait()
            began, bursts = loop.time(), 0
            while self._rings.is_set():
                factor = ring.loudness(loop.time() - began)
                await self._voice.heard(ring.burst(factor), self._settings.ring_volume)
                if bursts % WORDS_EVERY == 0 and self._rings.is_set():
                    await self._say_what_rings()
                bursts += 1

    async def _say_what_rings(self) -> None:
        try:
            sound = await self._voice.synthesise(self._words())
        except (OSError, RuntimeError) as error:
            log.warning("it can't be said what rings: %s", error)
            return
        if self._rings.is_set():
            await self._voice.heard(sound, self._settings.ring_volume)

    # -- what the diary tells -------------------------------------------------------------------------------------

    def _due(self, _: tuple[Entry, ...]) -> None:
        self._dispatch(on.RingDue(self._settings.ring_minutes * 60, self._words()))

    def _missed(self, missed: tuple[Missed, ...]) -> None:
        words = missed_words(missed, self.diary.now, self._locale)
        if self._to_tell.full():
            log.warning("too much was missed to say it all; it is told when asked for")
        elif words:
            self._to_tell.put_nowait(words)

    async def _tell(self) -> None:
        while True:
            await self._say(await self._to_tell.get())

    async def _say(self, text: str) -> None:
        try:
            await self._voice.announcing.say(text)
        except AnnouncementError as error:
            log.warning("an announcement is not said: %s", error)

    def _words(self) -> str:
        return ring_words(self.diary.schedule.ringing, self.diary.now, self._locale)

    # -- what the tools ask for -----------------------------------------------------------------------------------

    async def _mute(self) -> None:
        """The microphone goes off first: who wants that doesn't want to wait for a voice."""
        self._dispatch(on.MuteChanged(muted=True, reason="microphone off by the tool mute_microphone"))
        await self._say(_MUTED.format(how=self._way_to_unmute()))

    def _report(self) -> Report:
        service = self._conversations.status()
        outage = service["outage"]
        return Report(self._name, __version__, service["name"], "" if outage is None else outage["detail"])
