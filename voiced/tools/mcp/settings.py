"""The local MCP servers' part of the configuration: `mcp_servers:` of voiced.yaml."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from voiced.settings import SecretReference, Settings
from voiced.tools.plain_secrets import FIX, is_secret

SetValue = Annotated[
    Annotated[str, Tag("text")] | Annotated[SecretReference, Tag("secret")],
    Discriminator(lambda given: "secret" if isinstance(given, dict | SecretReference) else "text"),
]
"""A value, or where it is kept."""


class LocalMcpServerSettings(Settings):
    """A server of tools on this device (`command`) or in the house (`url`), which the speaker calls itself.

    One on the internet belongs into `voice_live: {mcp_servers: …}`.
    """

    label: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")
    """What it is called in messages, and before the name of a tool whose name is taken; each only once."""
    command: tuple[Annotated[str, Field(min_length=1)], ...] | None = Field(default=None, min_length=1)
    """The program and its arguments, which is kept running: [npx, some-mcp-server, /srv/notes]."""
    environment: dict[str, SetValue] = Field(default_factory=dict)
    """Variables it is given beside PATH, HOME and the like; secrets as {credential: …}, {file: …} or {env: …}."""
    directory: str | None = Field(default=None, pattern="^/")
    """Where it runs."""
    url: str | None = None
    """In place of command: its address, as http://nas.local:8000/mcp."""
    headers: dict[str, SetValue] = Field(default_factory=dict)
    """HTTP headers that it wants; secrets as {credential: …}, {file: …} or {env: …}."""
    allowed_tools: tuple[Annotated[str, Field(min_length=1)], ...] | None = Field(default=None, min_length=1)
    """Which of its tools may be called; every one where this is left out."""
    confirm: bool | tuple[str, ...] = True
    """Whether you are asked by voice before a tool is called, or before which tools: [delete_note]."""
    personas: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Who may use its tools; everybody where this is left out."""
    timeout_seconds: float = Field(default=30.0, gt=0, le=120)
    """How long a call may take."""

    @field_validator("url", mode="after")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 (raises where it is none)
        except ValueError as error:
            raise ValueError(f"this is no address: {error}") from error
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("an address like http://nas.local:8000/mcp is expected")
        if parts.username is not None or parts.password is not None:
            raise ValueError("an address holds no password; use `headers`")
        return url

    @field_validator("environment", "headers", mode="after")
    @classmethod
    def _hide_secrets(cls, given: dict[str, str | SecretReference]) -> dict[str, str | SecretReference]:
        for name, value in given.items():
            if isinstance(value, str) and is_secret(name):
                raise ValueError(f"{name}: {FIX.partition(':')[0]}: give {{credential: NAME}} or {{file: PATH}}")
        return given

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("give command, for a program on this device, or url, for a server in the house")
        if self.command is None and (self.environment or self.directory):
            raise ValueError("environment and directory are a program's; a server at a url has headers")
        if self.url is None and self.headers:
            raise ValueError("headers are for a server at a url; a program has an environment")
        return self

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port of a server at a url."""
        parts = urlsplit(self.url or "")
        return (
            None if parts.hostname is None else (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        )

    def asks(self, tool: str) -> bool:
        """Whether a tool is asked about."""
        return self.confirm if isinstance(self.confirm, bool) else tool in self.confirm
