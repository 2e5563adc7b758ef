"""What is asked of Home Assistant to know the house."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Protocol

from pydantic import JsonValue

from voiced.tools.home_assistant.exposure import Exposed, chosen, missing, named
from voiced.tools.home_assistant.inventory import Inventory, inventory, texts
from voiced.tools.home_assistant.line import CommandError
from voiced.tools.home_assistant.settings import ExposeSettings
from voiced.tools.home_assistant.states import State

_log = logging.getLogger(__name__)


class Command(Protocol):
    """Sends a command; raises `ActionError`."""

    def __call__(self, type_: str, fields: dict[str, JsonValue] | None = None, /) -> Awaitable[JsonValue]:
        """Its result."""
        ...


async def read_inventory(command: Command) -> Inventory:
    """What the house is made of; raises `ActionError`. A registry that can't be had is empty: labels came in 2024."""
    answers = (
        await command("config/area_registry/list"),
        await _optional(command, "config/label_registry/list"),
        await command("config/device_registry/list"),
        await command("config/entity_registry/list"),
        # for administrators only; others see what the entity registry says, which has all with a unique id
        await _optional(command, "homeassistant/expose_entity/list"),
    )
    return await asyncio.to_thread(inventory, *answers)  # of thousands of entities, while frames of sound don't wait


async def read_exposed(
    settings: ExposeSettings, house: Inventory, states: Mapping[str, State], command: Command
) -> Exposed:
    """What can be spoken of, with the aliases of its entities; raises `ActionError`."""
    ids = chosen(settings, house, states)
    kept: list[JsonValue] = [each for each in ids[: settings.names] if each in house.entries]
    fetched = await _optional(command, "config/entity_registry/get_entries", {"entity_ids": kept}) if kept else None
    aliases = {
        entity_id: texts(entry.get("aliases"))
        for entity_id, entry in (fetched.items() if isinstance(fetched, dict) else ())
        if isinstance(entry, dict)
    }
    found = named(ids, settings.names, house, states, aliases)
    return replace(found, missing=missing(settings, house, states), unasked=frozenset(settings.unasked))


async def _optional(command: Command, type_: str, fields: dict[str, JsonValue] | None = None) -> JsonValue:
    try:
        return await command(type_, fields)
    except CommandError as error:
        _log.info("Home Assistant does not answer %s: %s", type_, error.detail)
        return None
