"""The few tools that control everything which is exposed. Each exists where there is something for it."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.arguments import Arguments
from voiced.tools.home_assistant.exposure import Exposed, Thing
from voiced.tools.home_assistant.house import House, available, call_service, number
from voiced.tools.home_assistant.states import UNAVAILABLE, UNKNOWN
from voiced.tools.home_assistant.targets import KINDS, Meant, Targets
from voiced.tools.parameters import ParameterSettings, ParameterType
from voiced.tools.policy import Policy
from voiced.tools.templates import Text, Values
from voiced.tools.tool import FunctionDefinition, Tool, json_schema

SWITCHED = frozenset().union(*(domains for domains, _ in KINDS.values()))
GUARDED = frozenset({"door", "garage", "gate"})
"""Covers that let somebody in: they ask first."""
COLORS = ("red", "orange", "yellow", "green", "turquoise", "cyan", "blue", "purple", "magenta", "pink", "white")
WHITES = {"warm white": 2700, "neutral white": 4000, "cool white": 6500}
"""Kelvin."""
_REPLY = Text("{{ result.said }}")
_LISTED = 40
_SPOKEN = 5

Do = Callable[[Values], Awaitable[dict[str, JsonValue]]]


def tools(house: House, locale: str) -> Iterator[Tool]:
    """The tools for what is exposed just now; `locale` is the language numbers are spelled out in."""
    exposed = house.exposed
    makers = (_turn, _brightness, _color, _temperature, _cover, _door, _lock, _unlock, _activate, _state)
    for make in makers:
        found = make(house, exposed)
        if found is not None:
            name, description, parameters, do, phrases, policy = found
            yield _tool(name, description, parameters, do, phrases, policy, locale)


_Made = tuple[str, str, dict[str, ParameterSettings], Do, tuple[str, ...], Policy] | None


def _tool(
    name: str,
    description: str,
    parameters: dict[str, ParameterSettings],
    do: Do,
    phrases: tuple[str, ...],
    policy: Policy,
    locale: str,
) -> Tool:
    async def action(values: Values) -> Answer:
        return Answer(await do(values))

    return Tool(
        FunctionDefinition(name, description, json_schema(parameters)),
        Arguments(parameters, locale),
        action,
        policy,
        tuple(phrase for phrase in phrases if "{area}" not in phrase or "area" in parameters),
        words={key: parameter.words for key, parameter in parameters.items() if parameter.synonyms},
        reply=_REPLY,
    )


def _of(exposed: Exposed, *domains: str, fits: Callable[[Thing], bool] = lambda _: True) -> Targets:
    return Targets(exposed, (thing for thing in exposed.things if thing.domain in domains and fits(thing)))


async def _call(
    house: House, meant: Meant, service: str, done: str, data: Mapping[str, JsonValue] | None = None
) -> dict[str, JsonValue]:
    """Call it for those that are available; what was done, and for which of them it was not."""
    await house.ready()
    usable = available(house, meant.ids)
    await call_service(house, service, {"entity_id": usable or meant.ids}, data)
    missing = [thing.name for thing in meant.things if thing.id not in usable]
    said = done if not missing else f"{done} Not available: {', '.join(missing)}."
    result: dict[str, JsonValue] = {"said": said, "done": [each.name for each in meant.things if each.id in usable]}
    return result | ({"not_available": list(missing)} if missing else {})


def _turn(house: House, exposed: Exposed) -> _Made:
    targets = _of(exposed, *SWITCHED)
    if not targets:
        return None
    to = ParameterSettings(enum=["on", "off", "toggle"], coerce=("lower",))

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = targets.meant(values)
        how = str(values["to"])
        done = f"Toggled the {meant.words}." if how == "toggle" else f"Turned {how} the {meant.words}."
        return await _call(house, meant, f"homeassistant.{'toggle' if how == 'toggle' else f'turn_{how}'}", done)

    return (
        "ha_turn",
        "Turn something in the house on or off: one by its name, or all of a kind in an area.",
        {"to": to, **targets.name(optional=True), **targets.area(), **targets.kind()},
        do,
        (
            "(turn|switch) {to} [the] {name}",
            "(turn|switch) [the] {name} {to}",
            "(turn|switch) {to} [all] [the] {area} {kind}",
            "(turn|switch) [all] [the] {area} {kind} {to}",
            "(turn|switch) {to} [all] [the] {kind} in [the] {area}",
        ),
        Policy(),
    )


def _brightness(house: House, exposed: Exposed) -> _Made:
    lights = _of(exposed, "light")
    if not lights:
        return None
    percent = ParameterSettings.model_validate(
        {"format": "percent", "minimum": 0, "maximum": 100, "coerce": ["percent", "number_words", "digits", "round"]},
        strict=False,
    )

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = lights.meant(values, "lights")
        done = f"Set the {meant.words} to {values['percent']} percent."
        return await _call(house, meant, "light.turn_on", done, {"brightness_pct": _json(values["percent"])})

    return (
        "ha_set_brightness",
        "Dim or brighten lights: one by its name, or all in an area.",
        {"percent": percent, **lights.name(optional=True), **lights.area()},
        do,
        (
            "(set|dim|brighten) [the] {name} [brightness] to {percent}",
            "(set|dim|brighten) [the] {area} (light|lights) to {percent}",
        ),
        Policy(),
    )


def _color(house: House, exposed: Exposed) -> _Made:
    lights = _of(exposed, "light")
    if not lights:
        return None
    color = ParameterSettings(enum=[*COLORS, *WHITES], coerce=("lower",))

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = lights.meant(values, "lights")
        wanted = str(values["color"])
        kelvin = WHITES.get(wanted)
        data: dict[str, JsonValue] = {"color_name": wanted} if kelvin is None else {"color_temp_kelvin": kelvin}
        return await _call(house, meant, "light.turn_on", f"Set the {meant.words} to {wanted}.", data)

    return (
        "ha_set_color",
        "Change the colour of lights: one by its name, or all in an area.",
        {"color": color, **lights.name(optional=True), **lights.area()},
        do,
        ("(set|turn|make) [the] {name} [to] {color}", "(set|turn|make) [the] {area} (light|lights) [to] {color}"),
        Policy(),
    )


def _temperature(house: House, exposed: Exposed) -> _Made:
    thermostats = _of(exposed, "climate")
    if not thermostats:
        return None
    degrees = ParameterSettings(
        type=ParameterType.NUMBER,
        minimum=5,
        maximum=95,
        coerce=("number_words", "digits"),
        description="Degrees, in the unit of the house.",
    )

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = thermostats.meant(values, "heating")
        done = f"Set the {meant.words} to {values['degrees']:g} degrees."
        return await _call(house, meant, "climate.set_temperature", done, {"temperature": _json(values["degrees"])})

    return (
        "ha_set_temperature",
        "Set what temperature the heating or air conditioning keeps: one by its name, or all in an area.",
        {"degrees": degrees, **thermostats.name(optional=True), **thermostats.area()},
        do,
        ("set [the] {name} to {degrees} [degrees]", "set [the] {area} (heating|temperature) to {degrees} [degrees]"),
        Policy(),
    )


_MOVES = {"open": ("open_cover", "Opening"), "close": ("close_cover", "Closing"), "stop": ("stop_cover", "Stopped")}


def _move(house: House, targets: Targets) -> Do:
    async def do(values: Values) -> dict[str, JsonValue]:
        meant = targets.meant(values, "blinds")
        service, doing = _MOVES[str(values["to"])]
        return await _call(house, meant, f"cover.{service}", f"{doing} the {meant.words}.")

    return do


def _cover(house: House, exposed: Exposed) -> _Made:
    covers = _of(exposed, "cover", fits=lambda thing: thing.device_class not in GUARDED)
    if not covers:
        return None
    to = ParameterSettings(enum=[*_MOVES], synonyms={"close": ["shut", "lower"], "open": ["raise"]}, coerce=("lower",))
    return (
        "ha_cover",
        "Open, close or stop blinds, shutters, curtains and awnings: one by its name, or all in an area.",
        {"to": to, **covers.name(optional=True), **covers.area()},
        _move(house, covers),
        ("{to} [the] {name}", "{to} [all] [the] {area} (blinds|shutters|curtains)"),
        Policy(),
    )


def _door(house: House, exposed: Exposed) -> _Made:
    doors = _of(exposed, "cover", fits=lambda thing: thing.device_class in GUARDED)
    if not doors:
        return None
    to = ParameterSettings(enum=[*_MOVES], synonyms={"close": ["shut"]}, coerce=("lower",))
    return (
        "ha_door",
        "Open, close or stop a door, gate or garage door; the user is asked first.",
        {"to": to, **doors.name()},
        _move(house, doors),
        ("{to} [the] {name}",),
        Policy(confirm=True, question="Shall I {{ to }} the {{ name }}?"),
    )


def _lock(house: House, exposed: Exposed) -> _Made:
    locks = _of(exposed, "lock")
    if not locks:
        return None

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = locks.meant(values)
        return await _call(house, meant, "lock.lock", f"Locked the {meant.words}.")

    return "ha_lock", "Lock a door.", locks.name(), do, ("lock [the] {name}",), Policy()


def _unlock(house: House, exposed: Exposed) -> _Made:
    locks = _of(exposed, "lock")
    if not locks:
        return None

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = locks.meant(values)
        return await _call(house, meant, "lock.unlock", f"Unlocked the {meant.words}.")

    policy = Policy(confirm=True, question="Shall I unlock the {{ name }}?")
    return "ha_unlock", "Unlock a door; the user is asked first.", locks.name(), do, ("unlock [the] {name}",), policy


def _activate(house: House, exposed: Exposed) -> _Made:
    routines = _of(exposed, "scene", "script")
    if not routines:
        return None

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = routines.meant(values)
        return await _call(house, meant, f"{meant.things[0].domain}.turn_on", f"Started {meant.words}.")

    return (
        "ha_activate",
        "Set a scene of the house, or run one of its scripts.",
        routines.name(),
        do,
        ("(activate|start|run) [the] [scene|script] {name} [scene|script]",),
        Policy(),
    )


def _state(house: House, exposed: Exposed) -> _Made:
    readable = [thing for thing in exposed.things if thing.domain not in ("scene", "script")]
    targets = Targets(exposed, readable)
    if not targets:
        return None

    async def do(values: Values) -> dict[str, JsonValue]:
        await house.ready()
        meant = targets.meant(values)
        readings = [_reading(house, thing) for thing in meant.things[:_LISTED]]
        if len(meant.things) == 1 and not readings[0]["known"]:
            raise ActionError(str(readings[0]["said"]))
        said = " ".join(str(reading.pop("said")) for reading in readings[:_SPOKEN])
        listed: list[JsonValue] = [
            {key: value for key, value in reading.items() if key not in ("said", "known")} for reading in readings
        ]
        return {"said": said, "states": listed}

    return (
        "ha_state",
        "What something in the house is or measures just now: one by its name, or all in an area.",
        {**targets.name(optional=True), **targets.area()},
        do,
        (
            "(what is|what's) [the] [state of] [the] {name}",
            "is [the] {name} (on|off|open|closed|locked|unlocked)",
        ),
        Policy(),
    )


def _reading(house: House, thing: Thing) -> dict[str, Any]:
    state = house.states.get(thing.id)
    value = UNAVAILABLE if state is None else state.value
    unit = "" if state is None else str(state.attributes.get("unit_of_measurement") or "")
    known = value not in (UNAVAILABLE, UNKNOWN)
    words = f"{value} {unit}".strip() if known else "not available" if value == UNAVAILABLE else "not known"
    found: dict[str, Any] = {"name": thing.name, "state": number(value)}
    if unit:
        found["unit"] = unit
    return {**found, "known": known, "said": f"The {thing.name} is {words.replace('_', ' ')}."}


def _json(value: object) -> JsonValue:
    """A number of the arguments."""
    return value if isinstance(value, int | float) else None
