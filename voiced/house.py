"""Which addresses are in the house: on this device, or in its own network."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit


class NotInTheHouseError(Exception):
    """A name stands for an address on the internet; the message says for which."""


async def addresses_in_the_house(url: str) -> list[str]:
    """The addresses that a URL's name stands for now, all of them on this device or in the house.

    Only these may be connected to, by `pinning`: by the next look its name may stand for others.

    Raises:
        NotInTheHouseError: one is not.
        OSError: the name is not known.
    """
    parts = urlsplit(url)
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    for *_, address in found:
        place = ipaddress.ip_address(str(address[0]).partition("%")[0])
        if not (place.is_loopback or place.is_private or place.is_link_local):
            raise NotInTheHouseError(f"{parts.hostname} is at {place}, which is not in the house")
    return [str(address[0]) for *_, address in found]
