"""Brightness and colour of lights."""

from collections.abc import Iterator

from pydantic import JsonValue

from voiced.tools.home_assistant.making import Speech, choice
from voiced.tools.moments import ParameterFormat
from voiced.tools.parameters import ParameterSettings, ParameterType
from voiced.tools.templates import Values
from voiced.tools.tool import Tool

COLORS = ("red", "orange", "yellow", "green", "turquoise", "cyan", "blue", "purple", "magenta", "pink", "white")
"""Of CSS, whose names Home Assistant knows."""
WHITES = {"warm white": 2700, "neutral white": 4000, "cool white": 6500}
"""Kelvin."""


def brightness(speech: Speech) -> Iterator[Tool]:
    """`ha_set_brightness`."""
    lights = speech.targets("light")
    if not lights:
        return
    percent = ParameterSettings(
        type=ParameterType.INTEGER,
        format=ParameterFormat.PERCENT,
        minimum=0,
        maximum=100,
        coerce=("percent", "number_words", "digits", "round"),
    )

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = lights.meant(values, "lights")
        level = int(str(values["percent"]))
        return await speech.call(
            meant, "light.turn_on", f"Set {meant.words} to {level} percent.", {"brightness_pct": level}
        )

    yield speech.tool(
        "ha_set_brightness",
        "Dim or brighten lights: one by its name, or all in an area.",
        {"percent": percent, **lights.name(optional=True), **lights.area()},
        do,
        (
            "(set|dim|brighten) [the] {name} [brightness] to {percent}",
            "(set|dim|brighten) [the] {area} (light|lights) to {percent}",
        ),
    )


def color(speech: Speech) -> Iterator[Tool]:
    """`ha_set_color`."""
    lights = speech.targets("light")
    if not lights:
        return

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = lights.meant(values, "lights")
        wanted = str(values["color"])
        kelvin = WHITES.get(wanted)
        data: dict[str, JsonValue] = {"color_name": wanted} if kelvin is None else {"color_temp_kelvin": kelvin}
        return await speech.call(meant, "light.turn_on", f"Set {meant.words} to {wanted}.", data)

    yield speech.tool(
        "ha_set_color",
        "Change the colour of lights: one by its name, or all in an area.",
        {"color": choice([*COLORS, *WHITES]), **lights.name(optional=True), **lights.area()},
        do,
        ("(set|turn|make) [the] {name} [to] {color}", "(set|turn|make) [the] {area} (light|lights) [to] {color}"),
    )
