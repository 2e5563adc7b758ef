"""Which tools the remote servers of a session have: what the service found, and when it is asked again. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voiced.assistant.events import RemoteToolsFailed, RemoteToolsListed
from voiced.voicelive.mcp import LIST_TYPE, item_of, labels_of, reason, text

RETRY_SECONDS = (2.0, 8.0, 30.0)
"""After how long a failed listing is tried again, and how often in a session."""
_UNSAID = "the service could not list its tools and does not say why"


@dataclass(slots=True)
class _Listing:
    """One attempt: what is known of it so far."""

    label: str = ""
    tools: tuple[str, ...] = ()
    error: str = ""
    ended: bool | None = None


class Listings:
    """Follows a session's frames. The service names a server only in an item that may come late, or never."""

    def __init__(self, tools: object, retry_seconds: Sequence[float] = RETRY_SECONDS) -> None:
        self._retry_seconds = retry_seconds
        self._waiting = list(labels_of(tools))
        self._listings: dict[str, _Listing] = {}
        self._failures: Counter[str] = Counter()
        self._done: set[str] = set()

    def again(self, label: str) -> None:
        """The service has been asked again."""
        if label not in self._waiting:
            self._waiting.append(label)

    def feed(self, frame: Mapping[str, Any]) -> list[RemoteToolsListed | RemoteToolsFailed]:
        """What a frame makes known."""
        item, kind = item_of(frame), frame.get("type")
        if text(frame if item is None else item, "item_id" if item is None else "id") in self._done:
            return []
        if item is not None and item.get("type") == LIST_TYPE:
            self._name(item)
        elif kind in ("mcp_list_tools.in_progress", "mcp_list_tools.completed", "mcp_list_tools.failed"):
            listing = self._listings.setdefault(text(frame, "item_id"), _Listing())
            if kind != "mcp_list_tools.in_progress":
                listing.ended = kind == "mcp_list_tools.completed"
        else:
            return []
        return self._known()

    def retry_after(self, label: str) -> float | None:
        """Seconds after which a listing that has just failed is tried again; None where it has been often enough."""
        failures = self._failures[label]
        return self._retry_seconds[failures - 1] if 0 < failures <= len(self._retry_seconds) else None

    def _name(self, item: Mapping[str, Any]) -> None:
        listing = self._listings.setdefault(text(item, "id"), _Listing())
        listing.label = text(item, "server_label") or listing.label
        listing.error = reason(item.get("error")) or listing.error
        tools = item.get("tools")
        if isinstance(tools, list):
            listing.tools = tuple(text(tool, "name") for tool in tools if isinstance(tool, Mapping))

    def _known(self) -> list[RemoteToolsListed | RemoteToolsFailed]:
        """Listings that have ended and can be told apart: by name, or as the last one."""
        found: list[RemoteToolsListed | RemoteToolsFailed] = []
        for identity, listing in list(self._listings.items()):
            label = listing.label or self._last_one()
            if listing.ended is None or not label:
                continue
            del self._listings[identity]
            if identity:
                self._done.add(identity)
            if label in self._waiting:
                self._waiting.remove(label)
            if listing.ended:
                self._failures.pop(label, None)
                found.append(RemoteToolsListed(label, listing.tools))
            else:
                self._failures[label] += 1
                found.append(RemoteToolsFailed(label, listing.error or _UNSAID))
        return found

    def _last_one(self) -> str:
        named = {listing.label for listing in self._listings.values()}
        left = [label for label in self._waiting if label not in named]
        nameless = sum(not listing.label for listing in self._listings.values())
        return left[0] if len(left) == nameless == 1 else ""


def asking_again(tools: Sequence[Mapping[str, Any]], label: str) -> list[dict[str, Any]]:
    """The two `session.update` frames that have the service list a server anew: without it, and with it again.

    What it does with a label that it has already is not documented; one that it doesn't have it looks up.
    """
    without = [tool for tool in tools if not (tool.get("type") == "mcp" and tool.get("server_label") == label)]
    return [{"type": "session.update", "session": {"tools": list(each)}} for each in (without, tools)]
