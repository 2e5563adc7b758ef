from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.builtins.making import make
from voiced.tools.builtins.speaker import Speaker
from voiced.tools.tool import Tool


def microphone(speaker: Speaker) -> Iterator[Tool]:
    """Switching the microphone off. No voice switches it on again: nobody is heard then."""

    async def mute(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        await speaker.mute()
        return {"said": "The microphone is off."}

    yield make(
        "mute_microphone",
        "Switch the microphone off at once; the speaker then tells how to switch it on.",
        mute,
        {},
        ("(mute|turn off|switch off) (the|your) microphone", "stop listening to us", "mute yourself"),
    )
