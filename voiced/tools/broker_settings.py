"""The MQTT broker's part of the configuration: `mqtt:` of voiced.yaml."""

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from voiced.settings import SecretReference, Settings
from voiced.tools.tls_settings import TlsSettings

PORT, TLS_PORT = 1883, 8883

Tls = Annotated[
    Annotated[bool, Tag("whole")] | Annotated[TlsSettings, Tag("each")],
    Discriminator(lambda given: "each" if isinstance(given, dict | TlsSettings) else "whole"),
]


class BrokerSettings(Settings):
    """The MQTT broker that tools with `mqtt:` talk to."""

    host: str = Field(min_length=1)
    """Its name or address."""
    port: int | None = Field(default=None, ge=1, le=65_535)
    """1883 where this is left out, 8883 with TLS."""
    username: str | None = None
    """As whom it is logged in to."""
    password: SecretReference | None = None
    """Where the password is kept."""
    tls: Tls = False
    """true for TLS with the system's authorities, or {ca_file: PATH}, {verify: false}."""
    client_id: str | None = Field(default=None, min_length=1, max_length=65_535)
    """Another one for each client of a broker; the broker chooses one where this is left out."""

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if self.password is not None and self.username is None:
            raise ValueError("a password belongs to a username; give both")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or (TLS_PORT if self.tls else PORT)
