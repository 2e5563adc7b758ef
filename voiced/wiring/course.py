"""The course of a conversation: with which service it is tried, and over how many sessions."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from voiced.assistant.events import Event
from voiced.voicelive.failures import Failure
from voiced.voicelive.mcp import labels_of
from voiced.voicelive.reconnect import QUICK_SECONDS
from voiced.voicelive.recorder import Recorder
from voiced.voicelive.session import Session
from voiced.voicelive.tap import Tap, both, ignore
from voiced.wiring.access import Access
from voiced.wiring.services import Service
from voiced.wiring.talk import Talk

log = logging.getLogger(__name__)

READY_SHARE = 0.5
"""After this share of the time in which the service has to open a session, the fallback is made ready."""
PATIENCE_SECONDS = 3.0
"""For how long a service that fails at once is tried again before the user is told; one that is slow has longer."""
RESUME_SECONDS = 5.0
"""For how long a conversation that broke is tried to be taken up again; with a fallback, as long as its opening."""


class Course:
    """Holds conversations with `service`, and where that can't be had with `fallback`, which `wanted` has start.

    `emit` is given what the present session of a conversation tells, `awaited` a conversation that waits for the
    fallback. `seed` gives what another session should know of the conversation, `position` the newest capture frame's
    index. The `recorder` is given everything that passes.
    """

    def __init__(
        self,
        service: Service,
        fallback: Service | None,
        access: Access,
        recorder: Recorder | None,
        *,
        wanted: Callable[[], None],
        emit: Callable[[Talk, Event], None],
        awaited: Callable[[Talk], None],
        seed: Callable[[], Sequence[Mapping[str, Any]]],
        position: Callable[[], int],
        clock: Callable[[], float],
        resume_seconds: float,
    ) -> None:
        self._service = service
        self._fallback = fallback
        self._access = access
        self._recorder = recorder
        self._wanted = wanted
        self._emit = emit
        self._awaited = awaited
        self._seed = seed
        self._position = position
        self._clock = clock
        self._resume_seconds = service.target.connect_seconds if fallback is not None else resume_seconds

    async def converse(self, talk: Talk) -> Failure | None:
        """Hold it; what it ended of, None where nothing is wrong."""
        failure = self._access.blocked()
        if failure is None:
            ready = asyncio.get_running_loop().call_later(
                self._service.target.connect_seconds * READY_SHARE, self._make_ready_if_late, talk
            )
            try:
                failure = await self._over(talk, self._service)
            finally:
                ready.cancel()
        if failure is None or talk.over.is_set() or self._fallback is None or not talk.can_go_on:
            return failure
        self._want(talk)
        log.debug("the fallback answers: %s", failure.detail)
        talk.service = self._fallback
        self._awaited(talk)
        instead = await self._over(talk, self._fallback)
        return None if instead is None else failure

    def _make_ready_if_late(self, talk: Talk) -> None:
        if not talk.opened:
            self._make_ready(talk)

    def _make_ready(self, talk: Talk) -> None:
        """The service is late, or fails: have the fallback start meanwhile, unless nobody may want it."""
        if self._fallback is not None and talk.certain and not talk.over.is_set():
            self._want(talk)

    def _want(self, talk: Talk) -> None:
        if not talk.wanted:
            talk.wanted = True
            self._wanted()

    async def _over(self, talk: Talk, service: Service) -> Failure | None:
        """Hold it with one service, over several sessions where they break and it helps."""
        tracked = service is self._service
        latest = self._clock() + service.target.connect_seconds
        until = min(latest, self._clock() + PATIENCE_SECONDS)
        while not talk.over.is_set():
            full = await self._access.admit(latest, certain=talk.certain) if tracked else None
            if full is not None or talk.over.is_set():
                return full
            failure = await self._attempt(talk, service, latest)
            if failure is None or talk.over.is_set():
                return None
            if talk.session is not None and talk.session.opened:
                talk.resume = talk.continuity.resume_from(self._position())
                latest = until = self._clock() + self._resume_seconds
            if not tracked:
                log.warning("the fallback fails, too: %s", failure.detail)
                return failure
            if talk.can_go_on:
                self._make_ready(talk)
            again = await self._access.again(failure, until)
            if again is None or not talk.can_go_on:
                return failure
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(again):
                    await talk.over.wait()
        return None

    async def _attempt(self, talk: Talk, service: Service, until: float) -> Failure | None:
        """One session's life; it has to open in time."""
        patience = min(service.target.connect_seconds, max(until - self._clock(), QUICK_SECONDS))
        seed = self._seed() if talk.start is not None else ()

        def emit(event: Event) -> None:
            if talk.session is session:  # a closed session's last words are not about this one
                self._emit(talk, event)

        target = replace(service.target, connect_seconds=patience)
        metering = talk.spending.metered() if service is self._service else contextlib.nullcontext(ignore)
        with metering as metered, self._recorded(talk, service) as recorded:
            request = service.request(talk.persona)
            service.remote.asked(labels_of(request.get("tools")))
            session = Session(target, service.credential, request, emit, seed, both(metered, recorded))
            talk.session, talk.service = session, service
            failure = await session.run()
            service.remote.left()
        talk.live = talk.uplink_open = False
        if failure is not None:
            log.debug("%s: %s, request %s", failure.remedy, failure.detail, session.request_id)
            failure = replace(failure, detail=f"{failure.detail} [request {session.request_id}]")
        return failure

    @contextlib.contextmanager
    def _recorded(self, talk: Talk, service: Service) -> Iterator[Tap]:
        """A tap that writes one session down, where that is asked for."""
        take = None if self._recorder is None else self._recorder.session(service.name)
        if take is None:
            yield ignore
            return
        yield take.look
        if not talk.over.is_set():
            take.end()
