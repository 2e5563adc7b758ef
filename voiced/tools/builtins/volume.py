from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.builtins.making import make
from voiced.tools.builtins.speaker import Speaker
from voiced.tools.parameters import ParameterSettings, ParameterType
from voiced.tools.tool import Tool

STEP = 10
"""Percent that "louder" adds."""

_LEVEL = ParameterSettings(
    type=ParameterType.INTEGER,
    minimum=0,
    maximum=100,
    unit="percent",
    coerce=("percent", "number_words", "digits", "round", "clamp"),
)
_DIRECTION = ParameterSettings(enum=["up", "down"], coerce=("lower",))
_BY = ParameterSettings(
    type=ParameterType.INTEGER,
    minimum=1,
    maximum=100,
    default=STEP,
    unit="percent",
    coerce=("percent", "number_words", "digits", "round", "clamp"),
)


def volume(speaker: Speaker, locale: str) -> Iterator[Tool]:
    """Setting, changing and asking after the volume."""

    async def become(level: int) -> dict[str, JsonValue]:
        await speaker.set_volume(min(max(level, 0), 100))
        return {"said": f"The volume is {speaker.volume()} percent.", "volume": speaker.volume()}

    async def put(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        return await become(int(values["level"]))

    async def change(values: Mapping[str, Any]) -> dict[str, JsonValue]:
        by = int(values["by"])
        return await become(speaker.volume() + (by if values["direction"] == "up" else -by))

    def ask(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        return {"said": f"The volume is {speaker.volume()} percent.", "volume": speaker.volume()}

    yield make(
        "set_volume",
        "Set the speaker's volume.",
        put,
        {"level": _LEVEL},
        ("(set|turn) [the] volume to {level} [percent]", "volume {level} [percent]"),
        locale=locale,
    )
    yield make(
        "change_volume",
        "Make the speaker louder (up) or quieter (down).",
        change,
        {"direction": _DIRECTION, "by": _BY},
        ("turn [it|the volume] {direction}", "turn {direction} the volume", "volume {direction}"),
        locale=locale,
    )
    yield make("get_volume", "How loud the speaker is.", ask, {}, ("(what is|what's) the volume", "how loud are you"))
