"""Why a session failed and what helps, from what the SDK threw or the service closed with. Pure."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import aiohttp
from azure.ai.voicelive.aio import ConnectionError  # noqa: A004 (the SDK shadows the builtin)

from voiced.assistant.events import FailureReason, SessionFailed


class Remedy(StrEnum):
    """What helps against a failure."""

    RETRY_NOW = "retry_now"
    """It may work the next moment: the network, a broken connection."""
    RETRY_LATER = "retry_later"
    """The service, or the clock, needs time."""
    RENEW = "renew"
    """The session or the token is at its end; a new one will do."""
    FIX_CONFIGURATION = "fix_configuration"
    """Nothing changes until the owner does something."""
    GIVE_UP = "give_up"
    """The same would happen again, and it is not the owner's fault."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed session.

    Attributes:
        reason: what the user is told.
        remedy: what the speaker does about it.
        detail: one line for the journal.
        after: seconds for which the service asks not to be asked again.
    """

    reason: FailureReason
    remedy: Remedy
    detail: str
    after: float | None = None

    def event(self) -> SessionFailed:
        """The failure as the assistant is told."""
        return SessionFailed(self.reason, self.detail)


class CredentialError(Exception):
    """There is nothing to show to the service; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


_EXPIRED = "session_expired"
_LIMITS = frozenset({"rate_limit_exceeded", "insufficient_quota", "too_many_requests"})
_NOT_YET_VALID, _NO_LONGER_VALID = 9, 10
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
_REQUEST_IDS = ("apim-request-id", "x-ms-request-id", "x-request-id")
_NEVER_SHORTER = 0.0
_NEVER_LONGER = 3600.0
"""Seconds that a date to wait for may be ahead: a Raspberry Pi without a network believes in the wrong year."""

_CLOSE_CODES: Mapping[int, tuple[FailureReason, Remedy, str]] = {
    1001: (FailureReason.LOST, Remedy.RENEW, "the service goes away"),
    1002: (FailureReason.LOST, Remedy.GIVE_UP, "the service calls our protocol wrong"),
    1003: (FailureReason.LOST, Remedy.GIVE_UP, "the service can't take what we sent"),
    1007: (FailureReason.LOST, Remedy.GIVE_UP, "a frame was no text"),
    1008: (FailureReason.REFUSED, Remedy.RENEW, "the service refuses us"),
    1009: (FailureReason.LOST, Remedy.GIVE_UP, "a frame was too big"),
    1010: (FailureReason.LOST, Remedy.GIVE_UP, "an extension is missing"),
    1011: (FailureReason.LOST, Remedy.RETRY_NOW, "the service broke"),
    1012: (FailureReason.BUSY, Remedy.RETRY_NOW, "the service starts anew"),
    1013: (FailureReason.BUSY, Remedy.RETRY_LATER, "the service is busy"),
    1014: (FailureReason.BUSY, Remedy.RETRY_NOW, "a gateway before the service broke"),
    3000: (FailureReason.REFUSED, Remedy.RENEW, "the service refuses the credential"),
    3003: (FailureReason.REFUSED, Remedy.FIX_CONFIGURATION, "the service forbids it"),
    4401: (FailureReason.REFUSED, Remedy.RENEW, "the service refuses the credential"),
    4403: (FailureReason.REFUSED, Remedy.FIX_CONFIGURATION, "the service forbids it"),
    4404: (FailureReason.NOT_FOUND, Remedy.FIX_CONFIGURATION, "the service does not know it"),
    4429: (FailureReason.BUSY, Remedy.RETRY_LATER, "the service is busy"),
}
"""Codes of RFC 6455 and of IANA's registry, and those of 4000 + an HTTP status that services use by habit."""


def classify(  # noqa: C901, PLR0911 (a flat table reads best whole)
    error: BaseException, now: datetime | None = None
) -> Failure:
    """What helps against an exception from connecting. `now`, for a `Retry-After` that is a date, is the clock's."""
    if isinstance(error, CredentialError):
        return error.failure
    if isinstance(error, TimeoutError):  # its cause is only the cancellation that made it
        return Failure(FailureReason.TIMED_OUT, Remedy.RETRY_NOW, "the service does not answer")
    cause = error.__cause__ or error
    match cause:
        case aiohttp.ClientHttpProxyError():
            return _unreachable(f"the proxy refuses (HTTP {cause.status}); see voice_live.proxy", fix=True)
        case aiohttp.WSServerHandshakeError():
            return _by_status(cause.status, cause.headers or {}, now or datetime.now(UTC))
        case aiohttp.ClientConnectorDNSError():
            return _unreachable(f"the name {cause.host} can't be resolved")
        case aiohttp.ClientConnectorCertificateError():
            return _by_certificate(cause)
        case aiohttp.ClientSSLError():
            return _unreachable(f"no TLS with {cause.host}: {cause.os_error}", fix=True)
        case aiohttp.ClientProxyConnectionError():
            return _unreachable(f"the proxy can't be reached: {cause}")
        case aiohttp.ClientConnectionError() | OSError():
            return _unreachable(str(cause) or type(cause).__name__)
        case aiohttp.ClientError() | ValueError():  # a redirect, which the SDK refuses, or no address at all
            return Failure(FailureReason.NOT_FOUND, Remedy.FIX_CONFIGURATION, f"not the service's address: {cause}")
        case _:
            reason = FailureReason.UNREACHABLE if isinstance(error, ConnectionError) else FailureReason.LOST
            return Failure(reason, Remedy.GIVE_UP, str(error) or type(error).__name__)


def _unreachable(detail: str, *, fix: bool = False) -> Failure:
    return Failure(FailureReason.UNREACHABLE, Remedy.FIX_CONFIGURATION if fix else Remedy.RETRY_NOW, detail)


def _by_certificate(error: aiohttp.ClientConnectorCertificateError) -> Failure:
    problem = error.certificate_error
    code = problem.verify_code if isinstance(problem, ssl.SSLCertVerificationError) else 0
    if code == _NOT_YET_VALID:
        return Failure(
            FailureReason.WRONG_CLOCK,
            Remedy.RETRY_LATER,
            f"this device's clock is wrong: the certificate of {error.host} is not valid yet by it; see `timedatectl`",
        )
    if code == _NO_LONGER_VALID:
        return _unreachable(f"the certificate of {error.host} has expired, or this device's clock is ahead", fix=True)
    return _unreachable(
        f"no trust in {error.host}: {problem}; a proxy or a login page of the network may stand between", fix=True
    )


def _by_status(status: int, headers: Mapping[str, str], now: datetime) -> Failure:
    after = _retry_after(headers, now)
    named = next((f", the service's request {headers[name]}" for name in _REQUEST_IDS if name in headers), "")
    told = f"(HTTP {status}{named})"
    match status:
        case 401:
            return Failure(FailureReason.REFUSED, Remedy.RENEW, f"the service refuses the credential {told}")
        case 403:
            return Failure(
                FailureReason.REFUSED,
                Remedy.FIX_CONFIGURATION,
                f"the credential may not use the service {told}; it needs the role Cognitive Services User, "
                "and the resource's network rules must let this device in",
            )
        case 429 | 503:
            return Failure(FailureReason.BUSY, Remedy.RETRY_LATER, f"the service is busy {told}", after)
        case 408 | 425 | 500 | 502 | 504 if after is None:
            return Failure(FailureReason.BUSY, Remedy.RETRY_NOW, f"the service is busy {told}")
        case _ if status >= 500 or status in (408, 425):
            return Failure(FailureReason.BUSY, Remedy.RETRY_LATER, f"the service is busy {told}", after)
        case _:
            return Failure(
                FailureReason.NOT_FOUND,
                Remedy.FIX_CONFIGURATION,
                f"no such endpoint, model or api_version {told}; see voice_live in the configuration",
            )


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds, from a number of them or a date; None where there is no sense in it."""
    text = headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    seconds = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return min(max(_NEVER_SHORTER, seconds), _NEVER_LONGER)


def classify_close(code: int | None, last_error_code: str = "", last_error_message: str = "") -> Failure | None:
    """What a close code means, None where it is an end like any other (voice-live §1.4, §5.7).

    `last_error_code` and its message are those of the last error frame. The SDK reports a broken connection as close
    1000, so `code` must come from the socket itself; it is None where there was no close frame.
    """
    told = f": {last_error_message}" if last_error_message else ""
    if last_error_code == _EXPIRED:
        return Failure(FailureReason.EXPIRED, Remedy.RENEW, "the service ended the session by age")
    if last_error_code in _LIMITS and code != 1000:
        return Failure(FailureReason.BUSY, Remedy.RETRY_LATER, f"a limit of the service is used up{told}")
    if code == 1000:
        return None
    reason, remedy, what = _CLOSE_CODES.get(code or 0, (FailureReason.LOST, Remedy.RETRY_NOW, "the connection broke"))
    return Failure(reason, remedy, f"{what} (code {code}){told}")


def rejected(message: str, param: str) -> Failure:
    """The service did not accept our `session.update`."""
    return Failure(FailureReason.REJECTED, Remedy.FIX_CONFIGURATION, f"{message} ({param or 'session'})")
