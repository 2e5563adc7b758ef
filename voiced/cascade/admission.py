"""Who may open a session, and how many. Pure."""

import hmac
import ipaddress
from collections import deque
from collections.abc import Mapping

_MINUTE = 60.0


class Admission:
    """Counts connections of the last minute.

    Args:
        key: what clients have to show; None admits everybody.
        a_minute: connections in any 60 s.
    """

    def __init__(self, key: str | None, a_minute: int) -> None:
        self._key = key
        self._a_minute = a_minute
        self._times: deque[float] = deque(maxlen=a_minute)

    def knows(self, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Whether the key was shown, in any of the ways of Voice Live; wrong ones take as long as right ones."""
        if self._key is None:
            return True
        bearer = headers.get("Authorization") or query.get("Authorization", "")
        given = (
            headers.get("api-key", ""),
            query.get("api-key", ""),
            bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else "",
        )
        wanted = self._key.encode()
        shown = [hmac.compare_digest(each.encode(errors="surrogateescape"), wanted) for each in given]
        return any(shown)

    def wait(self, now: float) -> float:
        """Seconds until one more connection is admitted; 0 admits it, and counts it."""
        if len(self._times) == self._a_minute and now - self._times[0] < _MINUTE:
            return self._times[0] + _MINUTE - now
        self._times.append(now)
        return 0.0


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach an address to listen on."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
