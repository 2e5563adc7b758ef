"""The few tools that control everything which is exposed. Each exists where there is something for it."""

from collections.abc import Iterator

from voiced.tools.home_assistant import heating, lighting, openings, readings, switching
from voiced.tools.home_assistant.house import House
from voiced.tools.home_assistant.making import Speech
from voiced.tools.tool import Tool


def tools(house: House, locale: str) -> Iterator[Tool]:
    """The tools for what is exposed just now; `locale` is the language numbers are spelled out in."""
    speech = Speech(house, house.exposed, locale)
    for make in (
        switching.turn,
        lighting.brightness,
        lighting.color,
        heating.temperature,
        openings.covers,
        openings.locks,
        switching.activate,
        readings.state,
    ):
        yield from make(speech)
