"""When to try the service again. Pure: times are monotonic seconds that the caller reads, chance is given."""

from collections.abc import Callable
from dataclasses import dataclass

from voiced.assistant.events import FailureReason
from voiced.voicelive.failures import Failure, Remedy

QUICK_SECONDS = 0.2
"""The wait before the second attempt while the user waits; each further one is twice as long, jittered."""
BLOCK_SECONDS = 5.0
"""For how long the first failure of an outage keeps the speaker from asking; doubled each time, jittered."""
LONGEST_CONFIGURATION_BLOCK = 60.0
"""Cap for what the owner has to mend: the mending should show at once."""
LONGEST_BLOCK = 300.0
SETTLED_SECONDS = 10.0
"""A session that breaks sooner after it was opened has not ended the trouble."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after so many seconds; `renew` asks for another credential first."""

    after: float
    renew: bool = False


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without the service.

    Attributes:
        since: when it began.
        attempts: how often the service was tried in it.
        failure: what failed last.
        until: before this the service is not asked again.
    """

    since: float
    attempts: int
    failure: Failure
    until: float

    @property
    def owners(self) -> bool:
        """Whether it lasts until the owner does something."""
        return self.failure.remedy is Remedy.FIX_CONFIGURATION or self.failure.reason is FailureReason.SIGN_IN


class Reconnection:
    """One service's troubles. Tell it every `failed` attempt and every `opened` session; ask before each `blocked`.

    `chance` gives a random number from 0 to 1.
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._quick = 0
        self._blocks = 0
        self._renewed = False
        self._opened_at: float | None = None
        self._outage: Outage | None = None

    @property
    def outage(self) -> Outage | None:
        """The present one, if there is one."""
        return self._outage

    def blocked(self, now: float, *, elsewhere: bool) -> Failure | None:
        """What to tell in place of an attempt, or None where one may be made.

        Where the user can be helped `elsewhere`, the network's troubles are not waited out a second time either; where
        not, they are tried at each wake word, because they may be over.
        """
        outage = self._outage
        if outage is None or now >= outage.until:
            return None
        if outage.failure.remedy in (Remedy.RETRY_LATER, Remedy.FIX_CONFIGURATION) or elsewhere:
            return outage.failure
        return None

    def opened(self, now: float) -> Outage | None:
        """A session was opened: the outage that it ends, if one was."""
        ended, self._outage = self._outage, None
        if self._opened_at is not None:  # the session before ended as it should
            self._renewed = False
        self._opened_at = now
        return ended

    def failed(self, failure: Failure, now: float, until: float) -> Retry | None:
        """What to do about a failure while the user waits `until` then; None: tell the user, or go elsewhere."""
        opened_at, self._opened_at = self._opened_at, None
        if opened_at is not None and now - opened_at >= SETTLED_SECONDS:
            self._quick = self._blocks = 0
            self._renewed = False
        if failure.remedy is Remedy.RENEW and not self._renewed:
            self._renewed = True
            return Retry(0.0, renew=failure.reason is FailureReason.REFUSED)
        if failure.remedy is Remedy.RENEW:
            failure = _renewed_in_vain(failure, let_in=opened_at is not None)
        wait = self._wait(failure)
        if wait is not None and now + wait < until:
            self._note(failure, now, now + wait)
            return Retry(wait)
        self._block(failure, now)
        return None

    def _wait(self, failure: Failure) -> float | None:
        """Seconds to wait beside the user; None where nothing would change."""
        match failure.remedy:
            case Remedy.RETRY_NOW:
                self._quick += 1
                return float(QUICK_SECONDS * 2 ** min(self._quick - 1, 10) * self._jitter())
            case Remedy.RETRY_LATER:
                return failure.after
            case _:
                return None

    def _block(self, failure: Failure, now: float) -> None:
        """The user has been told, or helped elsewhere: don't ask again at once."""
        self._quick = 0
        self._renewed = False
        if failure.reason is FailureReason.SIGN_IN:  # known without asking the service
            self._note(failure, now, now)
            return
        longest = LONGEST_CONFIGURATION_BLOCK if failure.remedy is Remedy.FIX_CONFIGURATION else LONGEST_BLOCK
        wait = min(BLOCK_SECONDS * 2 ** min(self._blocks, 10), longest) * self._jitter()
        self._blocks += 1
        self._note(failure, now, now + max(wait, failure.after or 0.0))

    def _note(self, failure: Failure, now: float, until: float) -> None:
        before = self._outage
        self._outage = (
            Outage(now, 1, failure, until)
            if before is None
            else Outage(before.since, before.attempts + 1, failure, until)
        )

    def _jitter(self) -> float:
        """0.75 to 1.25: speakers that lost the same network don't come back at the same moment."""
        return 0.75 + self._chance() / 2


def _renewed_in_vain(failure: Failure, *, let_in: bool) -> Failure:
    """A second failure of the kind that a renewal mends, with no session between that lasted.

    It is the owner's where the credential is refused, but not after the service had let us in; else the network's.
    """
    refused = failure.reason is FailureReason.REFUSED and not let_in
    remedy = Remedy.FIX_CONFIGURATION if refused else Remedy.RETRY_NOW
    return Failure(failure.reason, remedy, failure.detail, failure.after)
