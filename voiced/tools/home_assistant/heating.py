"""What temperature heating and air conditioning keep."""

from collections.abc import Iterator

from pydantic import JsonValue

from voiced.tools.home_assistant.making import Speech
from voiced.tools.parameters import ParameterSettings, ParameterType
from voiced.tools.templates import Values
from voiced.tools.tool import Tool


def temperature(speech: Speech) -> Iterator[Tool]:
    """`ha_set_temperature`; what a device can't do is refused by Home Assistant, which knows its range."""
    thermostats = speech.targets("climate")
    if not thermostats:
        return
    degrees = ParameterSettings(
        type=ParameterType.NUMBER,
        minimum=5,
        maximum=95,
        coerce=("number_words", "digits"),
        description="Degrees, in the unit of the house.",
    )

    async def do(values: Values) -> dict[str, JsonValue]:
        meant = thermostats.meant(values, "heating")
        wanted = float(str(values["degrees"]))
        done = f"Set {meant.words} to {wanted:g} degrees."
        return await speech.call(meant, "climate.set_temperature", done, {"temperature": wanted})

    yield speech.tool(
        "ha_set_temperature",
        "Set what temperature the heating or air conditioning keeps: one by its name, or all in an area.",
        {"degrees": degrees, **thermostats.name(optional=True), **thermostats.area()},
        do,
        ("set [the] {name} to {degrees} [degrees]", "set [the] {area} (heating|temperature) to {degrees} [degrees]"),
    )
