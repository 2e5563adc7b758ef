"""What is wrong with tools that are each right: what they share, and how they call each other."""

from collections.abc import Iterator

from voiced.config.documents import Path_
from voiced.config.schema import VoicedSettings
from voiced.tools import scenes
from voiced.tools.actions.gpio import use_of
from voiced.tools.builtin_settings import switched_on

Problem = tuple[Path_, str] | tuple[Path_, str, Path_]


def problems(settings: VoicedSettings) -> Iterator[Problem]:
    """What can't be used together."""
    exposed = () if settings.home_assistant is None else settings.home_assistant.tools
    others = None if settings.mcp_servers else {*switched_on(settings.builtins), *exposed}
    yield from scenes.problems(settings.tools, others)
    yield from _labels(settings)
    yield from _pins(settings)
    for index, tool in enumerate(settings.tools):
        if tool.mqtt is not None and settings.mqtt is None:
            yield ("tools", index, "mqtt"), "there is no broker: give `mqtt: {host: …}` in voiced.yaml"
        if tool.home_assistant is not None and settings.home_assistant is None:
            yield (
                ("tools", index, "home_assistant"),
                "there is no house: give `home_assistant: {url: …}` in voiced.yaml",
            )


def advice(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    """What looks like a mistake and may be none: tools in the place of others that come by themselves."""
    exposed = () if settings.home_assistant is None else settings.home_assistant.tools
    whose = dict.fromkeys(exposed, "what Home Assistant exposes") | dict.fromkeys(
        switched_on(settings.builtins), "the built-ins"
    )
    for index, tool in enumerate(settings.tools):
        if tool.name in whose:
            yield (
                ("tools", index, "name"),
                f"takes the place of {tool.name} of {whose[tool.name]}; take another name to have both",
            )


def _labels(settings: VoicedSettings) -> Iterator[Problem]:
    first: dict[str, Path_] = {
        server.label: ("voice_live", "mcp_servers", index, "label")
        for index, server in enumerate(settings.voice_live.mcp_servers)
    }
    for index, server in enumerate(settings.mcp_servers):
        path: Path_ = ("mcp_servers", index, "label")
        if first.setdefault(server.label, path) != path:
            yield path, f"the MCP server '{server.label}' is there already", first[server.label]


def _pins(settings: VoicedSettings) -> Iterator[Problem]:
    taken: dict[int, tuple[str, Path_]] = {
        number: ("SPI's, on which the lights are" if at == ("driver",) else "a light's", ("lights", *at))
        for number, at in settings.lights.pins_in_use()
    }
    for number, at in settings.buttons.pins_in_use():
        path: Path_ = ("buttons", *at)
        whose, where = taken.setdefault(number, ("a button's", path))
        if where != path:
            yield path, f"GPIO {number} is {whose}", where
    used: dict[int, tuple[object, Path_]] = {}
    for index, tool in enumerate(settings.tools):
        if tool.gpio is None:
            continue
        pin = tool.gpio.pin
        path = ("tools", index, "gpio", "input" if tool.gpio.output is None else "output")
        if pin in taken:
            whose, where = taken[pin]
            yield path, f"GPIO {pin} is {whose}", where
            continue
        use = use_of(tool.gpio)
        other, where = used.setdefault(pin, (use, path))
        if other != use:
            yield path, f"GPIO {pin} is used otherwise already: output or input, active_high, at_exit, value", where
