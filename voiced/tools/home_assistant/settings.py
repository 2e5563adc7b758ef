"""Home Assistant's part of the configuration: `home_assistant:` of voiced.yaml."""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, Field, model_validator

from voiced.settings import SecretReference, Settings
from voiced.tools.tls_settings import TlsSettings

ENTITY_ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
NAMES = 100
TOOLS = (
    "ha_turn",
    "ha_set_brightness",
    "ha_set_color",
    "ha_set_temperature",
    "ha_cover",
    "ha_door",
    "ha_stop",
    "ha_lock",
    "ha_unlock",
    "ha_activate",
    "ha_state",
)
"""What `expose` may become, each where there is something for it."""
_API = "/api/websocket"


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        found = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        found = False
    if not found:
        raise ValueError("must begin with http:// or https:// and a host, like http://homeassistant.local:8123")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("only scheme, host, port and path are expected; the token has a key of its own")
    return url


def _entity(entity_id: str) -> str:
    if not ENTITY_ID.fullmatch(entity_id):
        raise ValueError(f"'{entity_id}' is no entity; one is written like light.kitchen")
    return entity_id


def _domain(domain: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", domain):
        raise ValueError(f"'{domain}' is no domain; one is written like light or media_player")
    return domain


def _entity_or_domain(given: str) -> str:
    return _entity(given) if "." in given else _domain(given)


EntityId = Annotated[str, AfterValidator(_entity)]
Domain = Annotated[str, AfterValidator(_domain)]
Chosen = Annotated[list[str], Field(min_length=1)]


class ExposeSettings(Settings):
    """Which of the house becomes tools by itself: the entities that fit each of the conditions given here.

    They can be switched, dimmed, coloured, opened, locked, started and asked for their state by their names, areas and
    aliases of Home Assistant; changes there are followed. What may let somebody in asks first: unlocking, doors, gates,
    garages, windows, opening a cover without a device class, scripts, and scenes unless all that they set is harmless;
    also a switch that is called a door, gate or garage. One with a name in another language is better excluded here and
    given a tool of its own with `confirm: true`.
    """

    assist: bool = False
    """Those that Home Assistant itself exposes to Assist (Settings, Voice assistants, Expose)."""
    areas: Chosen | None = None
    """Those in these areas, by name, alias or id."""
    domains: Annotated[list[Domain], Field(min_length=1)] | None = None
    """Those of these kinds: [light, cover, sensor]."""
    labels: Chosen | None = None
    """Those with one of these labels, by name or id; an area's and a device's labels count, too."""
    entities: list[EntityId] = Field(default_factory=list)
    """These as well, whatever the conditions."""
    exclude: list[EntityId] = Field(default_factory=list)
    """Never these."""
    unasked: list[Annotated[str, AfterValidator(_entity_or_domain)]] = Field(default_factory=list)
    """What of it does not ask first although it may let somebody in: [script.movie_night, scene, cover.kitchen_blind].
    A cover that is a blind is better given its device class in Home Assistant ("Show as")."""
    names: int = Field(default=NAMES, ge=1, le=500)
    """At most this many, for every name is sent to the model and paid for. First `entities`, then what can be
    controlled, then what can be read, each in the order of their ids; what is left out is told in the journal."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.conditional and not self.entities:
            raise ValueError("say what to expose: assist: true, areas, domains, labels or entities")
        return self

    @property
    def conditional(self) -> bool:
        """Whether there is any condition."""
        return self.assist or any(given is not None for given in (self.areas, self.domains, self.labels))


class HomeAssistantSettings(Settings):
    """The Home Assistant that tools with `home_assistant:` talk to."""

    url: Annotated[str, AfterValidator(_address)]
    """Where its web page is: http://homeassistant.local:8123."""
    token: SecretReference
    """Where a long-lived access token is kept (its page: your name, Security, Long-lived access tokens)."""
    tls: TlsSettings = TlsSettings()
    """With https: {ca_file: PATH} for a certificate of your own, {verify: false} for any."""
    expose: ExposeSettings | None = None
    """What of the house becomes tools by itself; nothing where this is left out."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The names of the tools that there may be by themselves."""
        return () if self.expose is None else TOOLS

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def api(self) -> str:
        """The address of its WebSocket API."""
        parts = urlsplit(self.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + _API, "", ""))
