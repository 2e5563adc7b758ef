"""The `wake_on_lan` action's part of a tool's settings."""

import ipaddress
import re
from collections.abc import Iterator

from pydantic import Field, field_validator

from voiced.tools.actions.settings import ActionSettings

MAC = re.compile(r"[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}")


class WakeOnLanAction(ActionSettings):
    """A magic packet, at which a computer that sleeps starts. Its owner has to allow that in its firmware."""

    mac: str
    """The hardware address of its network card, like 00:11:22:aa:bb:cc; or a template that gives one."""
    broadcast: str = "255.255.255.255"
    """Where to: the network's broadcast address, like 192.168.1.255, where the speaker is in several networks."""
    port: int = Field(default=9, ge=1, le=65_535)
    """The UDP port; 9 and 7 are usual."""

    @field_validator("mac", mode="after")
    @classmethod
    def _is_mac(cls, mac: str) -> str:
        if "{" not in mac and not MAC.fullmatch(mac):
            raise ValueError(f"'{mac}' is no hardware address like 00:11:22:aa:bb:cc")
        return mac

    @field_validator("broadcast", mode="after")
    @classmethod
    def _is_address(cls, broadcast: str) -> str:
        try:
            ipaddress.IPv4Address(broadcast)
        except ValueError:
            raise ValueError(f"'{broadcast}' is no IPv4 address like 192.168.1.255") from None
        return broadcast

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key that holds it."""
        yield "mac", self.mac
