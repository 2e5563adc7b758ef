"""What tools do with the house: services called, states read, and honest sentences where that fails."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant.exposure import Exposed
from voiced.tools.home_assistant.inventory import Inventory
from voiced.tools.home_assistant.states import UNAVAILABLE, UNKNOWN, State
from voiced.tools.suggestion import suggestion


class House(Protocol):
    """Home Assistant as tools need it; `Connection` is one."""

    @property
    def states(self) -> Mapping[str, State]:
        """Every entity's."""
        ...

    @property
    def inventory(self) -> Inventory:
        """What the house is made of."""
        ...

    @property
    def exposed(self) -> Exposed:
        """What can be spoken of."""
        ...

    async def ready(self) -> None:
        """Wait a moment for a connection; raises `ActionError`."""
        ...

    async def command(self, type_: str, fields: dict[str, JsonValue] | None = None) -> JsonValue:
        """A command's result; raises `ActionError`."""
        ...


async def call_service(
    house: House,
    service: str,
    target: Mapping[str, list[str]],
    data: Mapping[str, JsonValue] | None = None,
    *,
    response: bool = False,
) -> JsonValue:
    """Call `light.turn_on` and the like, and wait until it is done; what it answers where a response is asked for.

    Home Assistant ignores a target that it doesn't know and a device that is off: here both are an `ActionError`.
    """
    await house.ready()
    _check(house, target)
    domain, _, name = service.partition(".")
    fields: dict[str, JsonValue] = {"domain": domain, "service": name, "service_data": dict(data or {})}
    if target:
        fields["target"] = {kind: list(ids) for kind, ids in target.items()}
    if response:
        fields["return_response"] = True
    result = await house.command("call_service", fields)
    return result.get("response") if response and isinstance(result, dict) else None


def state_of(house: House, entity_id: str) -> State:
    """An entity's state; raises `ActionError` where there is none."""
    state = house.states.get(entity_id)
    if state is None:
        raise ActionError(f"Home Assistant has no {entity_id}{suggestion(entity_id, house.states)}.")
    return state


def called(house: House, entity_id: str) -> str:
    """What people call an entity."""
    state = house.states.get(entity_id)
    return (state and state.name) or entity_id.partition(".")[2].replace("_", " ")


def reading(house: House, entity_id: str) -> JsonValue:
    """An entity's state, a number where it is one; raises `ActionError` where nothing is known of it."""
    value = state_of(house, entity_id).value
    if value == UNAVAILABLE:
        raise ActionError(f"{called(house, entity_id)} is not available.", entity_id)
    if value == UNKNOWN:
        raise ActionError(f"The state of {called(house, entity_id)} is not known.", entity_id)
    return number(value)


def number(value: str) -> JsonValue:
    """The number that a text is, else the text."""
    try:
        found = float(value)
    except ValueError:
        return value
    if found - found != 0:  # infinity and NaN, which JSON doesn't have
        return value
    return int(found) if found.is_integer() and "." not in value and "e" not in value.lower() else found


def available(house: House, ids: Iterable[str]) -> list[str]:
    """Those that can be used just now."""
    return [each for each in ids if each in house.states and house.states[each].value != UNAVAILABLE]


def _check(house: House, target: Mapping[str, list[str]]) -> None:
    entities = target.get("entity_id", [])
    for entity_id in entities:
        state_of(house, entity_id)
    if entities and not available(house, entities):
        names = ", ".join(called(house, each) for each in entities)
        raise ActionError(f"{names} {'is' if len(entities) == 1 else 'are'} not available.", ", ".join(entities))
    inventory = house.inventory
    for kind, known in (
        ("area_id", inventory.areas),
        ("device_id", inventory.devices),
        ("label_id", inventory.labels),
    ):
        for each in target.get(kind, []):
            if each not in known:
                noun = kind.removesuffix("_id")
                raise ActionError(f"Home Assistant has no {noun} {each}{suggestion(each, known)}.")
