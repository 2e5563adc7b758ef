"""Who answers, the cloud or this device, and what a conversation with them costs, leaves behind and remembers."""

import asyncio
import logging
import random
import secrets
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from voiced import paths
from voiced.assistant.events import Event, SignInRequested
from voiced.audio.preroll import PreRoll
from voiced.config.schema import VoicedSettings
from voiced.host.child import ServingChild
from voiced.messages import Message, explained
from voiced.tools.registry import Registry
from voiced.voicelive.budget import Budget
from voiced.voicelive.credentials import SignIn
from voiced.voicelive.ledger import local_day
from voiced.voicelive.memory import Memory
from voiced.voicelive.recorder import Recorder
from voiced.voicelive.recording import RecordingFolder
from voiced.wiring import services
from voiced.wiring.conversations import Conversations
from voiced.wiring.standing_by import StandingBy

log = logging.getLogger(__name__)


class Answerers:
    """The services behind `conversations`, with all they need.

    `listens` is to be set once the speaker can be spoken to. `budget` is None where nothing costs anything.
    """

    def __init__(
        self,
        settings: VoicedSettings,
        registry: Registry,
        pre_roll: PreRoll,
        dispatch: Callable[[Event], None],
        config: Path,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._dispatch = dispatch
        self._loop = asyncio.get_running_loop()
        self.listens = asyncio.Event()
        self._cascade: StandingBy | None = None
        self.recorder = self._make_recorder()
        self.budget: Budget | None = None
        if not settings.voice_live.embedded:
            self.budget = Budget(settings.budget, paths.state_directory() / "usage.json", local_day)
        talk = settings.conversation
        self.memory = Memory(talk.remember_tokens, talk.remember_minutes * 60)
        service, stand_in = self._make_services(config)
        self.conversations = Conversations(
            service,
            pre_roll,
            dispatch,
            fallback=stand_in,
            budget=self.budget,
            recorder=self.recorder,
            wanted=self._want_cascade,
            chance=random.random,
            clock=self._loop.time,
        )
        self.conversations.history = self.memory.items
        self.conversations.recall = lambda persona: self.memory.begin(persona, services.since_boot())

    def remember(self, event: Event) -> None:
        """Take note of what is said and done, for another session to go on with."""
        self.memory.feed(event, services.since_boot())

    def parts(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What is to run for the life of the speaker, by name."""
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "service": self.conversations.watch,
            "recorder": self.recorder.run,
            "credential": self._keep_credential,
        }
        if self._cascade is not None:
            parts["cascade"] = self._cascade.run
        if self.budget is not None:
            parts["budget"] = self.budget.run
        return parts

    def close(self) -> None:
        """Keep what must not be lost."""
        self.recorder.close()
        if self.budget is not None:
            self.budget.close()

    def _make_recorder(self) -> Recorder:
        wanted = self._settings.privacy.recordings
        folder = RecordingFolder(
            paths.state_directory() / "conversations", wanted.keep, int(wanted.megabytes * 1_000_000)
        )
        return Recorder(folder, self._loop.time, every=wanted.every, sound=wanted.sound)

    def _make_services(self, config: Path) -> tuple[services.Service, services.Service | None]:
        """Who answers, and who does where that can't be had."""
        settings = self._settings
        if settings.voice_live.embedded:
            cascade = self._make_cascade(config)
            self._want_cascade()
            return cascade, None
        service = services.cloud(settings, self._registry, self._asked_to_sign_in)
        return service, self._make_cascade(config) if settings.voice_live.fallback == "cascade" else None

    def _make_cascade(self, config: Path) -> services.Service:
        key = secrets.token_urlsafe(16)
        command = [sys.executable, "-m", "voiced", "cascade", "--config", str(config), "--listen", "fd:{fd}"]
        child = ServingChild("cascade", command, {"VOICED_CASCADE_KEY": key, "NOTIFY_SOCKET": ""})
        self._cascade = StandingBy(child, self._needs_cascade)
        return services.on_this_device(self._settings, self._registry, self._cascade.address, key)

    def _needs_cascade(self) -> bool:
        return self._settings.voice_live.embedded or self.conversations.needs_fallback

    def _want_cascade(self) -> None:
        if self._cascade is not None:
            self._cascade.want()

    async def _keep_credential(self) -> None:
        """Signing in is asked for aloud: not before the speaker can speak."""
        await self.listens.wait()
        await self.conversations.keep_credential()

    def _asked_to_sign_in(self, sign_in: SignIn) -> None:
        log.warning(
            "to sign in, open %s and enter the code %s", sign_in.address, sign_in.code, extra=explained(Message.SIGN_IN)
        )
        self._dispatch(SignInRequested(sign_in.address, sign_in.code))
