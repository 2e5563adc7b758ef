"""Remote MCP servers, whose tools the service finds and calls by itself (voice-live §4.7)."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from voiced.settings import SecretReference, Settings
from voiced.voicelive.addresses import is_loopback

_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|password|signature", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def _value_kind(given: object) -> str:
    return "plain" if isinstance(given, str) else "secret"


HeaderValue = Annotated[
    Annotated[str, Tag("plain")] | Annotated[SecretReference, Tag("secret")], Discriminator(_value_kind)
]
"""What a header says, or where that is kept."""


class ApprovalSettings(Settings):
    """Which of a server's tools are asked about; one that is in neither list is asked about."""

    always: tuple[str, ...] = ()
    """Names of tools that the speaker asks about before each call."""
    never: tuple[str, ...] = ()
    """Names of tools that are called without asking."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        both = sorted({*self.always} & {*self.never})
        if both:
            raise ValueError(f"{both[0]!r} can't be asked about always and never")
        return self


def _policy_kind(given: object) -> str:
    return "whole" if isinstance(given, str) else "each"


Approval = Annotated[
    Annotated[Literal["always", "never"], Tag("whole")] | Annotated[ApprovalSettings, Tag("each")],
    Discriminator(_policy_kind),
]
"""A policy for all of a server's tools, or for each."""


class McpServerSettings(Settings):
    """A server of tools on the internet. The service connects to it, so it has to be reachable from there."""

    label: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")
    """What it is called in questions, status and personas' `tools`; each only once."""
    url: str
    """Its address, as https://learn.microsoft.com/api/mcp."""
    authorization: SecretReference | None = None
    """Where its access token is kept, if it wants one."""
    headers: dict[str, HeaderValue] = Field(default_factory=dict)
    """More HTTP headers that it wants; those that prove who you are as {credential: …}, {file: …} or {env: …}."""
    allowed_tools: tuple[Annotated[str, Field(min_length=1)], ...] | None = Field(default=None, min_length=1)
    """Which of its tools may be called at all; every one where this is left out."""
    approval: Approval = "always"
    """Whether the speaker asks aloud before a tool is called: always, never, or for each tool
    {always: [delete_note], never: [search]}."""

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 (raises where it is none)
        except ValueError as error:
            raise ValueError(f"this is no address: {error}") from error
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("an address like https://example.com/mcp is expected")
        if parts.username is not None or parts.password is not None:
            raise ValueError("an address holds no password; use `authorization`")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("an http:// address would send what is asked, and the token, in clear; use https://")
        return url

    @field_validator("headers")
    @classmethod
    def _hide_secrets(cls, headers: dict[str, str | SecretReference]) -> dict[str, str | SecretReference]:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name):
                raise ValueError(f"{name!r} is no header's name")
            if isinstance(value, str) and _SECRET_HEADER.search(name):
                raise ValueError(
                    f"{name} looks like a secret: give {{credential: NAME}}, {{file: PATH}} or {{env: NAME}}"
                )
        return headers

    @model_validator(mode="after")
    def _approves_what_is_allowed(self) -> Self:
        if self.allowed_tools is None or isinstance(self.approval, str):
            return self
        for tool in (*self.approval.always, *self.approval.never):
            if tool not in self.allowed_tools:
                raise ValueError(f"approval names {tool!r}, which is not among allowed_tools")
        return self

    @property
    def asks(self) -> bool:
        """Whether any call of it may be asked about; a tool that is in no list is."""
        return self.approval != "never"

    def payload(self, secret: Callable[[SecretReference], str]) -> dict[str, Any]:
        """The protocol's `mcp` tool; `secret` reads one, and what it raises passes through."""
        given: dict[str, Any] = {
            "type": "mcp",
            "server_label": self.label,
            "server_url": self.url,
            "require_approval": self.approval
            if isinstance(self.approval, str)
            else {"always": list(self.approval.always), "never": list(self.approval.never)},
        }
        if self.authorization is not None:
            given["authorization"] = secret(self.authorization)
        if self.headers:
            given["headers"] = {
                name: value if isinstance(value, str) else secret(value) for name, value in self.headers.items()
            }
        if self.allowed_tools is not None:
            given["allowed_tools"] = list(self.allowed_tools)
        return given
