"""Why a session failed, from what the SDK threw or the service closed with."""

import aiohttp
from azure.ai.voicelive.aio import ConnectionClosed, ConnectionError  # noqa: A004 (the SDK shadows the builtin)

from voiced.assistant.events import FailureReason, SessionClosed, SessionFailed

_NORMAL = frozenset({1000})
_EXPIRED = "session_expired"
_REFUSED_STATUSES = frozenset({401, 403})
_BUSY_STATUSES = frozenset({408, 429})
_POLICY_VIOLATION = 1008
_TRY_LATER = frozenset({1012, 1013})


def classify(error: BaseException) -> SessionFailed:
    """What the owner can do about an exception from connecting, sending or receiving. Pure."""
    if isinstance(error, TimeoutError):  # its cause is only the cancellation that made it
        return SessionFailed(FailureReason.TIMED_OUT, "the service does not answer")
    cause = error.__cause__ or error
    match cause:
        case aiohttp.WSServerHandshakeError(status=status):
            return _by_status(status)
        case aiohttp.ClientConnectorDNSError():
            return SessionFailed(FailureReason.UNREACHABLE, f"the name {cause.host} can't be resolved")
        case aiohttp.ClientSSLError():
            return SessionFailed(FailureReason.UNREACHABLE, f"no trust in {cause.host} (is the clock right?): {cause}")
        case aiohttp.ClientConnectorError():
            return SessionFailed(FailureReason.UNREACHABLE, str(cause))
        case _:
            return SessionFailed(
                FailureReason.UNREACHABLE if isinstance(error, ConnectionError) else FailureReason.LOST, str(error)
            )


def _by_status(status: int) -> SessionFailed:
    if status in _REFUSED_STATUSES:
        return SessionFailed(FailureReason.REFUSED, f"the service refuses the credential (HTTP {status})")
    if status in _BUSY_STATUSES or status >= 500:
        return SessionFailed(FailureReason.BUSY, f"the service is busy (HTTP {status})")
    return SessionFailed(
        FailureReason.NOT_FOUND,
        f"no such endpoint, model or api_version (HTTP {status}); see voice_live in the configuration",
    )


def classify_close(code: int | None, last_error_code: str) -> SessionClosed | SessionFailed:
    """What a close code means; `last_error_code` is that of the last error frame (voice-live §1.4, §5.7). Pure.

    The SDK reports a broken connection as close 1000, so `code` must come from the socket itself.
    """
    if last_error_code == _EXPIRED:
        return SessionFailed(FailureReason.EXPIRED, "the service ended the session by age")
    if code in _NORMAL:
        return SessionClosed()
    if code == _POLICY_VIOLATION:
        return SessionFailed(FailureReason.REFUSED, f"closed by the service (code {code})")
    if code in _TRY_LATER:
        return SessionFailed(FailureReason.BUSY, f"closed by the service (code {code})")
    return SessionFailed(FailureReason.LOST, f"the connection broke (code {code})")


__all__ = ["ConnectionClosed", "classify", "classify_close"]
