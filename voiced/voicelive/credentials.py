"""What is shown to the service: a key, or a token that is there before it is needed."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from azure.core.credentials import AccessToken, AzureKeyCredential

from voiced.assistant.events import FailureReason
from voiced.voicelive.connection import Proof
from voiced.voicelive.failures import CredentialError, Failure, Remedy

log = logging.getLogger(__name__)

AHEAD_SECONDS = 240.0
"""A token is renewed so long before its end. azure-identity gives the old one out until 300 s before."""
_TOO_OLD_SECONDS = 10.0
RETRY_SECONDS = (5.0, 15.0, 60.0, 300.0)
"""Waits between attempts to get a token while there is no network; the last repeats."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and the seconds it lasts from now."""

    value: str
    lifetime: float


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the owner has to do to let the speaker in: open `address` and enter `code`."""

    address: str
    code: str

    def failure(self) -> Failure:
        """Why there is no session yet."""
        return Failure(
            FailureReason.SIGN_IN, Remedy.GIVE_UP, f"to sign in, open {self.address} and enter the code {self.code}"
        )


class Credential(Protocol):
    """Where the proof comes from."""

    @property
    def sign_in(self) -> SignIn | None:
        """What the owner has to do first, if anything."""

    async def proof(self) -> Proof:
        """What to show now. Raises `CredentialError`."""

    async def renew(self) -> bool:
        """The service refused the last proof: whether the next one will be another. Raises `CredentialError`."""

    async def run(self) -> None:
        """Keep the proof fresh until cancelled."""


class KeyCredential:
    """The resource's key; `read` gets it from where it is kept, each time, so that a rotated key is found."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._used = ""
        self.sign_in: SignIn | None = None

    async def proof(self) -> AzureKeyCredential:
        """The key as it is kept now. Raises `CredentialError`."""
        self._used = self._read()
        return AzureKeyCredential(self._used)

    async def renew(self) -> bool:
        """Whether another key is kept now."""
        return self._read() != self._used

    async def run(self) -> None:
        """Nothing to do: a key does not age."""


class TokenCredential:
    """A token that `run` fetches at the start and renews ahead of its end; nobody else fetches.

    `fetch` blocks and is called in a thread of its own, with whether what is cached will not do; it raises
    `CredentialError`. `clock` gives monotonic seconds: a device's calendar may jump.
    """

    def __init__(self, fetch: Callable[[bool], Token], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token = ""
        self._good_until = 0.0
        self._failure: Failure | None = None
        self._fresh = False
        self._fetching = False
        self._wanted = asyncio.Event()
        self._settled = asyncio.Event()
        self.sign_in: SignIn | None = None

    async def proof(self) -> Proof:
        """The token; waits for one where there is none. Raises `CredentialError`."""
        if not self._token or self._clock() >= self._good_until:
            await self._ask()
        return _Bearer(AccessToken(self._token, 0))

    async def renew(self) -> bool:
        """Get another token than the last. Raises `CredentialError`."""
        before, self._token, self._fresh = self._token, "", True
        await self._ask()
        return self._token != before

    def asked(self, sign_in: SignIn) -> None:
        """The owner has to sign in before the token that is being fetched can come."""
        self.sign_in = sign_in
        self._failure = sign_in.failure()
        self._settled.set()

    async def run(self) -> None:
        """Fetch, and fetch again in time."""
        failures = 0
        while True:
            self._wanted.clear()
            fresh, self._fresh = self._fresh, False
            self._fetching = True
            wait: float | None
            try:
                token = await off_the_loop(lambda fresh=fresh: self._fetch(fresh))  # type: ignore[misc]  # (bound now)
            except CredentialError as error:
                failures += 1
                self.sign_in = None
                self._settle(error.failure)
                retried = error.failure.remedy is Remedy.RETRY_NOW
                wait = RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1] if retried else None
                log.log(logging.WARNING if failures == 1 else logging.DEBUG, "no Entra token: %s", error.failure.detail)
            else:
                failures = 0
                self.sign_in = None
                self._token = token.value
                self._good_until = self._clock() + token.lifetime - _TOO_OLD_SECONDS
                self._settle(None)
                wait = renewal_due(token.lifetime)
                log.debug("an Entra token for %.0f s; the next in %.0f s", token.lifetime, wait)
            self._fetching = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wanted.wait()

    def _settle(self, failure: Failure | None) -> None:
        self._failure = failure
        if not self._wanted.is_set():  # else somebody wants another than this
            self._settled.set()

    async def _ask(self) -> None:
        """Wait for what `run` gets. What has to be signed in for is not waited for."""
        if self.sign_in is None:
            self._settled.clear()
            if self._fresh or not self._fetching:
                self._wanted.set()
            await self._settled.wait()
        if self._failure is not None:
            raise CredentialError(self._failure)


def renewal_due(lifetime: float) -> float:
    """Seconds after which a token that lasts so long should be renewed. Pure."""
    return max(lifetime - AHEAD_SECONDS, lifetime / 2, 1.0)


async def off_the_loop(work: Callable[[], _T]) -> _T:
    """What `work` returns or raises, from a thread of its own that does not hold up the end of the process.

    asyncio's own threads would: signing in with a code waits for the owner for a quarter of an hour.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(set_outcome: Callable[[Any], None], outcome: Any) -> None:  # noqa: ANN401 (a value or an error)
        if not done.done():
            set_outcome(outcome)

    def run() -> None:
        try:
            outcome: tuple[Callable[[Any], None], Any] = done.set_result, work()
        except BaseException as error:  # noqa: BLE001 (it is raised again where it was asked for)
            outcome = done.set_exception, error
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, name="credential", daemon=True).start()
    return await done


class _Bearer:
    """A token in the shape that the SDK asks for."""

    def __init__(self, token: AccessToken) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401 (the SDK's protocol)
        return self._token

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Nothing is open."""
