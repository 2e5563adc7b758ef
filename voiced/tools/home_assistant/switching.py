"""On and off, scenes and scripts."""

from collections.abc import Iterator

from pydantic import JsonValue

from voiced.tools.home_assistant.making import Speech, choice
from voiced.tools.home_assistant.targets import KINDS
from voiced.tools.policy import Policy
from voiced.tools.templates import Values
from voiced.tools.tool import Tool

SWITCHED = sorted(frozenset[str]().union(*(domains for domains, _ in KINDS.values())))


def turn(speech: Speech) -> Iterator[Tool]:
    """`ha_turn`, which asks first where a switch is called a door or a gate."""
    targets = speech.targets(*SWITCHED)
    if not targets:
        return

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = targets.meant(values)
        to = str(values["to"])
        if to == "toggle":
            return await speech.call(meant, "homeassistant.toggle", f"Toggled {meant.words}.")
        return await speech.call(meant, f"homeassistant.turn_{to}", f"Turned {to} {meant.words}.")

    yield speech.tool(
        "ha_turn",
        "Turn something in the house on or off: one by its name, or all of a kind in an area.",
        {
            "to": choice(["on", "off", "toggle"]),
            **targets.name(optional=True),
            **targets.area(),
            **targets.kind(),
        },
        do,
        (
            "(turn|switch) {to} [the] {name}",
            "(turn|switch) [the] {name} {to}",
            "(turn|switch) {to} [all] [the] {area} {kind}",
            "(turn|switch) [all] [the] {area} {kind} {to}",
            "(turn|switch) {to} [all] [the] {kind} in [the] {area}",
        ),
        Policy(
            confirm=lambda values: speech.asks(targets.of(values)),
            question="Shall I {{ 'toggle' if to == 'toggle' else 'turn ' ~ to }} the "
            "{{ name or ('switches of the ' ~ area) }}?",
        ),
    )


def activate(speech: Speech) -> Iterator[Tool]:
    """`ha_activate`, which asks first where it is not known what it does."""
    routines = speech.targets("scene", "script")
    if not routines:
        return

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = routines.meant(values)
        return await speech.call(meant, f"{meant.things[0].domain}.turn_on", f"Started {meant.things[0].name}.")

    yield speech.tool(
        "ha_activate",
        "Set a scene of the house, or run one of its scripts; the user may be asked first.",
        routines.name(),
        do,
        ("(activate|start|run) [the] [scene|script] {name} [scene|script]",),
        Policy(confirm=lambda values: speech.asks(routines.of(values)), question="Shall I start {{ name }}?"),
    )
