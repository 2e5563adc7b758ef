"""`voiced check --probe`: whether what tools talk to is there. A connection is made and closed, nothing is sent."""

import asyncio
import socket
from collections.abc import Iterable

from voiced.config.documents import Path_
from voiced.config.schema import VoicedSettings
from voiced.tools.settings import ACTIONS

SECONDS = 3.0
"""How long a device may take to answer; all are asked at a time."""


def probe(settings: VoicedSettings) -> Iterable[tuple[Path_, str]]:
    """Each address that can't be reached, with the path of the key that names it."""
    places: dict[tuple[str, int], list[Path_]] = {}
    for index, tool in enumerate(settings.tools):
        kind = next(kind for kind in ACTIONS if getattr(tool, kind) is not None)
        for key, host, port in tool.action.addresses():
            places.setdefault((host, port), []).append(("tools", index, kind, key))
    if settings.home_assistant is not None:
        places.setdefault(settings.home_assistant.address, []).append(("home_assistant", "url"))
    if settings.mqtt is not None:
        places.setdefault(settings.mqtt.address, []).append(("mqtt", "host"))
    for index, server in enumerate(settings.mcp_servers):
        if server.address is not None:
            places.setdefault(server.address, []).append(("mcp_servers", index, "url"))
    troubles = asyncio.run(_troubles(list(places)))
    return [
        (path, f"{host}:{port} can't be reached: {trouble}")
        for (host, port), trouble in troubles.items()
        for path in places[host, port]
    ]


async def _troubles(addresses: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    found = await asyncio.gather(*(_trouble(host, port) for host, port in addresses))
    return {address: trouble for address, trouble in zip(addresses, found, strict=True) if trouble}


async def _trouble(host: str, port: int) -> str:
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"no answer within {SECONDS:g} s"
    except socket.gaierror:
        return "the name is not known on this network"
    except OSError as error:
        return error.strerror or str(error)
    writer.close()
    return ""
