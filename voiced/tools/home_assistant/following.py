"""The house's tools in the registry, as they change."""

import contextlib
import logging

from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant.connection import Connection
from voiced.tools.home_assistant.generic import tools
from voiced.tools.registry import Registry

SOURCE = "Home Assistant"

_log = logging.getLogger(__name__)


def follow(house: Connection, registry: Registry, locale: str) -> None:
    """Supply the registry with the tools for what is exposed, from the first connection on and at every change.

    While Home Assistant can't be reached they stay, and say so.
    """
    told: set[str] = set()

    def supply() -> None:
        exposed = house.exposed
        found = tuple(tools(house, locale))
        _log.info("Home Assistant: %d names, %d tools", len(exposed.things), len(found))
        doubts = {f"Home Assistant has no {what}" for what in exposed.missing}
        if exposed.left_out:
            doubts.add(f"{exposed.left_out} entities more are chosen than names allows; choose fewer, or raise names")
        for doubt in sorted(doubts - told):
            _log.warning("home_assistant.expose: %s", doubt)
        told.clear()
        told.update(doubts)
        registry.supply(SOURCE, found)

    house.on_change(supply)


async def follow_once(house: Connection, registry: Registry, locale: str) -> None:
    """Supply the registry with the tools for what is exposed now, where Home Assistant can be reached."""
    with contextlib.suppress(ActionError):  # which is told in the journal, once an outage
        await house.ready()
        registry.supply(SOURCE, tools(house, locale))
