"""The host's part of the configuration."""

import ipaddress
from pathlib import Path

from pydantic import Field, field_validator

from voiced.settings import Settings

UNIX = "unix:"


def address_of(listen: str) -> tuple[str, int] | Path:
    """Where to listen: a host and a port, or a socket's path. Raises `ValueError` with what is wrong."""
    if listen.startswith(UNIX):
        path = Path(listen.removeprefix(UNIX))
        if not path.is_absolute():
            raise ValueError("a socket's path is absolute, as unix:/run/voiced/metrics.sock")
        return path
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise ValueError("HOST:PORT is expected, as 127.0.0.1:9477, or unix:/run/voiced/metrics.sock")
    host = host.strip("[]")
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(
            f"{host} is not this device, and metrics have no password: listen on 127.0.0.1 and let a collector or a "
            "proxy on this device hand them on"
        )
    return host, int(port)


class MetricsSettings(Settings):
    """Figures for Prometheus."""

    listen: str | None = Field(default=None)
    """Where they are served, as 127.0.0.1:9477 (path /metrics) or unix:/run/voiced/metrics.sock; null: nowhere."""

    @field_validator("listen", mode="after")
    @classmethod
    def _local(cls, listen: str | None) -> str | None:
        if listen is not None:
            address_of(listen)
        return listen
