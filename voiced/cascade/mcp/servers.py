"""An MCP server as a session names it among its tools (reference/voice-live.md §4.7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from voiced.cascade.parameters.checks import as_object, invalid
from voiced.cascade.protocol import Frame, ProtocolError

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRETS = ("authorization", "headers")


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """Where a server is and what of it may be used.

    Attributes:
        label: what the session calls it.
        url: of its streamable HTTP endpoint.
        headers: sent with every request; they may prove who the session's owner is.
        allowed: the tools that may be called; None is all.
        trusted: the tools whose calls the client need not approve; None is all.
    """

    label: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    allowed: frozenset[str] | None = None
    trusted: frozenset[str] | None = frozenset()

    def allows(self, tool: str) -> bool:
        """Whether a tool may be called at all."""
        return self.allowed is None or tool in self.allowed

    def asks_for(self, tool: str) -> bool:
        """Whether the client has to approve a call; also of a tool that no list names (§4.7)."""
        return self.trusted is not None and tool not in self.trusted


def remote_server(tool: Mapping[str, Any], where: str) -> RemoteServer:
    """Read a tool of type mcp; `ProtocolError` where it can't be."""
    label, url = (_required(tool, name, where) for name in ("server_label", "server_url"))
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # which raises where it is none
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise invalid(f"{where}.server_url", url, "an http or https address")
    headers = as_object(f"{where}.headers", tool.get("headers") or {})
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or not isinstance(value, str) or not value.isprintable():
            raise invalid(f"{where}.headers", name, "names and texts of HTTP headers")
    token = tool.get("authorization")
    if token is not None:
        if not isinstance(token, str) or not token.isprintable():
            raise ProtocolError(
                "invalid_value", f"Invalid value for '{where}.authorization'.", f"{where}.authorization"
            )
        headers = {**headers, "Authorization": token if " " in token else f"Bearer {token}"}
    allowed = tool.get("allowed_tools")
    if allowed is not None:
        allowed = _names(allowed, f"{where}.allowed_tools")
    return RemoteServer(label, url, headers, allowed, _trusted(tool.get("require_approval"), where))


def function_name(label: str, tool: str) -> str:
    """What a server's tool is called where it stands among functions."""
    return f"{label}__{tool}"


def without_secrets(tools: Sequence[Frame]) -> list[Frame]:
    """Tools as they are shown to a client: what proves to servers who it is stays here."""
    return [{name: value for name, value in tool.items() if name not in _SECRETS} for tool in tools]


def _required(tool: Mapping[str, Any], name: str, where: str) -> str:
    value = tool.get(name)
    if not isinstance(value, str) or not value:
        raise ProtocolError("missing_required_parameter", f"Missing required parameter: '{where}.{name}'.", where)
    return value


def _names(value: object, where: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise invalid(where, value, "a list of tools' names")
    return frozenset(value)


def _trusted(approval: object, where: str) -> frozenset[str] | None:
    where = f"{where}.require_approval"
    match approval:
        case None | "always":
            return frozenset()
        case "never":
            return None
        case dict():
            lists = {name: _names(approval.get(name) or [], f"{where}.{name}") for name in ("always", "never")}
            return lists["never"] - lists["always"]
    raise invalid(where, approval, "always, never, or lists of tools for both")
