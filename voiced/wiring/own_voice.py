"""What the speaker sounds and says by itself, in the device's own voice: chimes, notices, announcements."""

import asyncio
import logging
from collections.abc import Callable

from voiced import paths
from voiced.assistant.announcements import SPARE_SECONDS
from voiced.assistant.commands import Chime, Notice, SayNotice
from voiced.assistant.events import Event, NoticeFinished
from voiced.assistant.sentences import SENTENCES, sign_in_sentence
from voiced.audio.chimes import load_chimes, load_wake_chimes
from voiced.audio.notices import NoticeStore
from voiced.audio.playback import Playback
from voiced.cascade.speech import Speech
from voiced.config.schema import VoicedSettings
from voiced.wakeword.models import word_name
from voiced.wiring.announcing import Announcing, seconds_of
from voiced.wiring.answerers import Answerers

log = logging.getLogger(__name__)

_UNTOLD = frozenset({Notice.NO_REPLY, Notice.TIMED_OUT})
"""Notices of which nobody else warns; of an outage the journal is told once, and not at each wake word."""


class OwnVoice:
    """Plays through `playback`; what has been heard to its end is told to `dispatch`."""

    def __init__(
        self,
        settings: VoicedSettings,
        playback: Playback,
        answerers: Answerers,
        dispatch: Callable[[Event], None],
    ) -> None:
        self._playback = playback
        self._answerers = answerers
        self._dispatch = dispatch
        self._quiet = asyncio.Event()
        self._chimes = load_chimes(settings.audio.chimes)
        own_chimes = {word_name(word.model): word.chime for word in settings.wake_words}
        self._wake_chimes = load_wake_chimes(own_chimes, self._chimes["wake"])
        voice = settings.cascade
        speech = Speech(voice.speech, voice.voice)
        self._notices = NoticeStore(
            paths.state_directory() / "notices", f"{voice.speech} {voice.voice}", speech.synthesise
        )
        self.announcing = Announcing(speech.synthesise, dispatch)
        self.synthesise = speech.synthesise

    async def prepare(self) -> None:
        """Have every notice ready before there is trouble."""
        await self._notices.prepare(SENTENCES.values())

    def sounds(self) -> None:
        """Take note that something is played."""
        self._quiet.clear()

    def falls_silent(self) -> None:
        """Take note that all that was played has been heard."""
        self._quiet.set()

    def chime(self, chime: Chime, word: str) -> None:
        """Sound a chime: a wake word may have its own."""
        self._play(self._wake_chimes.get(word, self._chimes[chime.value]))

    async def announce(self) -> None:
        """Say the announcement that waits longest."""
        sound = self.announcing.next()
        self._play(sound)
        await self._silence_after(sound, "an announcement")
        self._dispatch(NoticeFinished())

    def effect(self, sound: bytes, least_volume: int = 0) -> None:
        """Sound something over whatever is heard, at least so loud (percent)."""
        if sound:
            self._quiet.clear()
            self._playback.write_effect(sound, least_volume)

    async def heard(self, sound: bytes, least_volume: int = 0) -> None:
        """Likewise, and wait until all is silent."""
        self.effect(sound, least_volume)
        await self._silence_after(sound, "a sound")

    async def say(self, command: SayNotice) -> None:
        """Say what is wrong, or what the owner has to know."""
        level = logging.WARNING if command.notice in _UNTOLD else logging.INFO
        log.log(level, "%s: %s", command.notice.value.replace("_", " "), command.detail)
        if command.notice is Notice.RUNNING_LOW and self._answerers.budget is not None:
            self._answerers.budget.told()
        sound = await self._sound(command.notice)
        if sound:
            self._play(sound)
            await self._silence_after(sound, "a notice")
        self._dispatch(NoticeFinished())

    async def _sound(self, notice: Notice) -> bytes:
        sign_in = self._answerers.conversations.sign_in if notice is Notice.SIGN_IN else None
        if sign_in is None:
            return await self._notices.sound(SENTENCES[notice])
        # its code is good for a quarter of an hour
        return await self._notices.sound(sign_in_sentence(sign_in.address, sign_in.code), keep=False)

    async def _silence_after(self, sound: bytes, what: str) -> None:
        """Wait until all is silent; not for ever, because a loudspeaker may be unplugged."""
        try:
            async with asyncio.timeout(seconds_of(sound) + SPARE_SECONDS / 2):
                await self._quiet.wait()
        except TimeoutError:
            log.warning("%s could not be heard to its end: the loudspeaker is not playing", what)

    def _play(self, effect: bytes) -> None:
        self.effect(effect)
