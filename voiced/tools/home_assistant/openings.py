"""Blinds, doors and locks. What lets somebody in asks first."""

from collections.abc import Iterator

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant.exposure import Thing
from voiced.tools.home_assistant.guarding import DOORS
from voiced.tools.home_assistant.making import Do, Speech, choice
from voiced.tools.home_assistant.targets import Targets
from voiced.tools.policy import Policy
from voiced.tools.templates import Values
from voiced.tools.tool import Tool

_MOVES = {"open": "Opening", "close": "Closing"}


def covers(speech: Speech) -> Iterator[Tool]:
    """`ha_cover`, `ha_door` and `ha_stop`, which never asks: what moves may have to stop at once."""
    blinds = speech.targets("cover", fits=lambda thing: not _a_door(thing))
    if blinds:
        synonyms = {"close": ["shut", "lower"], "open": ["raise"]}
        yield speech.tool(
            "ha_cover",
            "Open or close blinds, shutters, curtains and awnings: one by its name, or all in an area.",
            {"to": choice([*_MOVES], synonyms), **blinds.name(optional=True), **blinds.area()},
            _move(speech, blinds),
            ("{to} [the] {name}", "{to} [all] [the] {area} (blinds|shutters|curtains)"),
            Policy(
                confirm=lambda values: values.get("to") == "open" and speech.asks(blinds.of(values)),
                question="Shall I {{ to }} the {{ name or area ~ ' blinds' }}?",
            ),
        )
    doors = speech.targets("cover", fits=_a_door)
    if doors:
        yield speech.tool(
            "ha_door",
            "Open or close a door, gate or garage door; the user is asked first.",
            {"to": choice([*_MOVES], {"close": ["shut"]}), **doors.name()},
            _move(speech, doors),
            ("{to} [the] {name}",),
            Policy(confirm=lambda values: speech.asks(doors.of(values)), question="Shall I {{ to }} the {{ name }}?"),
        )
    moving = speech.targets("cover")
    if moving:

        async def stop(values: Values) -> dict[str, JsonValue]:
            meant = moving.meant(values)
            return await speech.call(meant, "cover.stop_cover", f"Stopped {meant.words}.")

        yield speech.tool(
            "ha_stop", "Stop a blind, door or gate that moves.", moving.name(), stop, ("stop [the] {name}",)
        )


def locks(speech: Speech) -> Iterator[Tool]:
    """`ha_lock` and `ha_unlock`."""
    doors = speech.targets("lock")
    if not doors:
        return
    yield speech.tool("ha_lock", "Lock a door.", doors.name(), _bolt(speech, doors, "lock"), ("lock [the] {name}",))
    yield speech.tool(
        "ha_unlock",
        "Unlock a door; the user is asked first.",
        doors.name(),
        _bolt(speech, doors, "unlock"),
        ("unlock [the] {name}",),
        Policy(confirm=lambda values: speech.asks(doors.of(values)), question="Shall I unlock the {{ name }}?"),
    )


def _a_door(thing: Thing) -> bool:
    return thing.device_class in DOORS


def _move(speech: Speech, targets: Targets) -> Do:
    async def do(values: Values) -> dict[str, JsonValue]:
        meant = targets.meant(values, "blinds")
        to = str(values["to"])
        return await speech.call(meant, f"cover.{to}_cover", f"{_MOVES[to]} {meant.words}.")

    return do


def _bolt(speech: Speech, targets: Targets, how: str) -> Do:
    async def do(values: Values) -> dict[str, JsonValue]:
        meant = targets.meant(values)
        result = await speech.call(meant, f"lock.{how}", f"{how.capitalize()}ed {meant.words}.")
        thing = meant.things[0]
        state = speech.house.states.get(thing.id)
        if state is not None and state.value == "jammed":
            raise ActionError(f"The {thing.name} is jammed.", thing.id)
        if state is not None and state.value != f"{how}ed":  # on its way, or nobody can tell
            result["said"] = f"{how.capitalize()}ing {meant.words}."
        return result

    return do
