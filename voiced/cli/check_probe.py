"""`voiced check --probe`: whether what tools talk to is there, and what the house has to be called.

A connection is made and closed, and nothing is sent; only Home Assistant is asked for its names.
"""

import asyncio
import socket
from collections.abc import Iterable, Iterator

from voiced.cli.visiting import visited
from voiced.config.documents import Path_
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import resolve
from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant.generic import tools
from voiced.tools.home_assistant.line import LostError
from voiced.tools.home_assistant.settings import HomeAssistantSettings
from voiced.tools.settings import ACTIONS
from voiced.tools.tool import Tool

SECONDS = 3.0
"""How long a device may take to answer; all are asked at a time."""
_HOUSE_SECONDS = 20.0


def probe(settings: VoicedSettings) -> Iterable[tuple[Path_, str]]:
    """Each address that can't be reached, with the path of the key that names it, and each phrase that is taken."""
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
    for (host, port), trouble in troubles.items():
        for path in places[host, port]:
            yield path, f"{host}:{port} can't be reached: {trouble}"
    if settings.home_assistant is not None and settings.home_assistant.address not in troubles:
        yield from _of_the_house(settings, settings.home_assistant)


def _of_the_house(settings: VoicedSettings, home: HomeAssistantSettings) -> Iterator[tuple[Path_, str]]:
    """Phrases of the owner's that are said like what Home Assistant exposes."""
    from voiced.config.collisions import taken  # noqa: PLC0415 (which takes its time)

    if home.expose is None or not any(tool.phrases for tool in settings.tools):
        return
    try:
        exposed = asyncio.run(_exposed(home, settings.speaker.locale))
    except (LostError, ActionError) as error:
        yield ("home_assistant", "url"), f"what it exposes can't be known: {error}"
    else:
        yield from taken(settings.tools, exposed, "what Home Assistant exposes")


async def _exposed(home: HomeAssistantSettings, locale: str) -> list[Tool]:
    async with visited(home, resolve, _HOUSE_SECONDS) as house:
        return list(tools(house, locale))


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
