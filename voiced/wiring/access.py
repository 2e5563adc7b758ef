"""Whether the service can be had: its troubles, its quota, the budget, and what is told of them."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from voiced.assistant.events import Event, FailureReason, FallbackBegan, SessionOpened
from voiced.messages import Message, explained
from voiced.voicelive.budget import Budget
from voiced.voicelive.failures import CredentialError, Failure, Remedy, classify
from voiced.voicelive.quotas import RESERVE, ConnectionQuota
from voiced.voicelive.reconnect import QUICK_SECONDS, Outage, Reconnection
from voiced.voicelive.session import Session
from voiced.voicelive.spending import Spending
from voiced.wiring.services import Service

log = logging.getLogger(__name__)

_PROBE_PERSONA = "default"
_SHORTEST_PROBE_SECONDS = 1.0
_SPENT_PROBE_SECONDS = 60.0
"""How often it is looked whether the budget allows a probe again: the day has to end for that."""


class Access:
    """The way to one service. Ask before each connection, tell each end; the journal is told of an outage once.

    `stand_in` is the name of who answers in the service's place, `chance` gives random numbers from 0 to 1, `clock`
    monotonic seconds. The `budget` counts what is used, and may forbid it; None where it costs nothing.
    """

    def __init__(
        self,
        service: Service,
        stand_in: str | None,
        chance: Callable[[], float],
        clock: Callable[[], float],
        budget: Budget | None = None,
    ) -> None:
        self._service = service
        self._stand_in = stand_in
        self._clock = clock
        self._budget = budget
        self._reconnection = Reconnection(chance)
        self._quota = None if service.limit is None else ConnectionQuota(service.limit)
        self._trouble = asyncio.Event()
        self._told: set[FailureReason | None] = set()

    @property
    def out(self) -> bool:
        """Whether there is an outage, or the budget forbids the service."""
        return self._reconnection.outage is not None or self._forbidden() is not None

    def news(self) -> FallbackBegan | None:
        """What the owner has to hear now that somebody stands in; None where they have heard it in this outage.

        A network that fails in another way is no news; what the owner has to mend is.
        """
        outage = self._reconnection.outage
        failure = self._forbidden() or (None if outage is None else outage.failure)
        if failure is None:  # only too many connections in a minute
            return None
        owners = failure.remedy is Remedy.FIX_CONFIGURATION or failure.reason is FailureReason.SIGN_IN
        key = failure.reason if owners else None
        if key in self._told or (self._told and not owners):
            return None
        self._told.add(key)
        return FallbackBegan(failure.reason, failure.detail, owners)

    def blocked(self) -> Failure | None:
        """What to tell in place of an attempt, or None where one may be made."""
        return self._forbidden() or self._reconnection.blocked(self._clock(), elsewhere=self._stand_in is not None)

    async def admit(self, until: float, *, certain: bool) -> Failure | None:
        """Wait for a place in the service's quota, as long as the user does; who isn't certain does not wait.

        What to tell where there is none, or where the budget is used up.
        """
        while True:
            forbidden = self._forbidden()
            if forbidden is not None:
                return forbidden
            if self._quota is None or self._quota.take(self._clock(), reserve=0 if certain else RESERVE):
                return None
            wait = self._quota.wait(self._clock())
            if not certain or self._clock() + wait > until:
                log.debug("no connection: too many in the last minute")
                return Failure(FailureReason.BUSY, Remedy.RETRY_LATER, "too many connections in a minute", wait)
            await asyncio.sleep(wait)

    async def again(self, failure: Failure, until: float) -> float | None:
        """Seconds after which to try again while the user waits `until` then, or None; renews the credential first."""
        before = self._reconnection.outage
        retry = self._reconnection.failed(failure, self._clock(), until)
        if retry is not None and retry.renew:
            try:
                async with asyncio.timeout(max(until - self._clock(), QUICK_SECONDS)):
                    renewed = await self._service.credential.renew()
            except (CredentialError, TimeoutError) as error:
                failure, renewed = classify(error), False
            if not renewed:
                retry = self._reconnection.failed(failure, self._clock(), until)
        self._tell(before)
        return None if retry is None else retry.after

    def back(self) -> None:
        """A session was opened. Tells the end of an outage."""
        self._told.clear()
        ended = self._reconnection.opened(self._clock())
        if ended is not None:
            seconds = self._clock() - ended.since
            log.info(
                "Voice Live is back after %.0f s and %d attempts",
                seconds,
                ended.attempts,
                extra=explained(Message.SERVICE_BACK),
            )
            self._trouble.clear()

    async def watch(self, busy: Callable[[], bool]) -> None:
        """While somebody stands in, look from time to time whether the service is back, unless `busy`.

        A session is opened and closed; nothing is said in it.
        """
        while True:
            await self._trouble.wait()
            outage = self._reconnection.outage
            if outage is None or self._stand_in is None or outage.owners:
                self._trouble.clear()  # what the owner mends is tried at the next wake word
                continue
            shortest = _SHORTEST_PROBE_SECONDS if self._forbidden() is None else _SPENT_PROBE_SECONDS
            await asyncio.sleep(max(outage.until - self._clock(), shortest))
            if not busy() and self._reconnection.outage is outage:
                await self._probe()

    def status(self) -> Mapping[str, Any]:
        """Who answers, and what is wrong with the service if anything is."""
        outage, now = self._reconnection.outage, self._clock()
        sign_in = self._service.credential.sign_in
        return {
            "name": self._service.name,
            "fallback": self._stand_in,
            "outage": None
            if outage is None
            else {
                "reason": outage.failure.reason.value,
                "remedy": outage.failure.remedy.value,
                "detail": outage.failure.detail,
                "seconds": round(now - outage.since),
                "attempts": outage.attempts,
                "retry_seconds": max(0, round(outage.until - now)),
            },
            "sign_in": None if sign_in is None else {"address": sign_in.address, "code": sign_in.code},
        }

    def _forbidden(self) -> Failure | None:
        """What to tell where the budget lets nothing be sent to the service."""
        reached = None if self._budget is None else self._budget.spent()
        return None if reached is None else Failure(FailureReason.SPENT, Remedy.FIX_CONFIGURATION, reached)

    def _tell(self, before: Outage | None) -> None:
        outage = self._reconnection.outage
        if outage is None:
            return
        if before is None:
            instead = "" if self._stand_in is None else f"; the {self._stand_in} on this device answers meanwhile"
            log.warning(
                "Voice Live can't be had: %s%s",
                outage.failure.detail,
                instead,
                extra=explained(Message.SERVICE_LOST, reason=outage.failure.reason.value),
            )
        self._trouble.set()

    async def _probe(self) -> None:
        if self._forbidden() is not None:
            return
        if self._quota is not None and not self._quota.take(self._clock(), reserve=RESERVE):
            return

        def emit(event: Event) -> None:
            if isinstance(event, SessionOpened):
                session.close()

        service = self._service
        with Spending(self._budget, self._clock).metered() as tap:
            session = Session(service.target, service.credential, service.request(_PROBE_PERSONA), emit, tap=tap)
            failure = await session.run()
        if failure is None:
            self.back()
        else:
            await self.again(failure, self._clock())
