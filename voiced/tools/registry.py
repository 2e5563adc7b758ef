"""The tool set as the model is told of it, and as the cascade understands it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from voiced.tools.settings import ParameterSettings, ToolSettings
from voiced.tools.suggestion import suggestion


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """A tool as a model sees it.

    Attributes:
        parameters: JSON Schema (Draft 2020-12) of the arguments, an object that allows nothing else.
    """

    name: str
    description: str
    parameters: dict[str, JsonValue]


class UnknownToolError(LookupError):
    """There is no tool of this name; the text suggests the nearest."""


class Registry:
    """Tools by name. Raises `ValueError` where two have the same."""

    def __init__(self, tools: Iterable[ToolSettings]) -> None:
        self._tools: dict[str, ToolSettings] = {}
        for tool in tools:
            if tool.name in self._tools:
                raise ValueError(f"two tools are named '{tool.name}'; rename one")
            self._tools[tool.name] = tool

    def __iter__(self) -> Iterator[ToolSettings]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __getitem__(self, name: str) -> ToolSettings:
        """The tool; raises `UnknownToolError`."""
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownToolError(f"there is no tool '{name[:64]}'{suggestion(name[:64], self._tools)}") from None

    def definitions(self) -> tuple[FunctionDefinition, ...]:
        """Every tool in the order of the configuration."""
        return tuple(FunctionDefinition(tool.name, tool.description, json_schema(tool.parameters)) for tool in self)

    def phrases(self) -> dict[str, tuple[str, ...]]:
        """Tool name to the hassil templates that call it, of those that have any."""
        return {tool.name: tuple(tool.phrases) for tool in self if tool.phrases}


def json_schema(parameters: dict[str, ParameterSettings]) -> dict[str, JsonValue]:
    """The JSON Schema of a tool's arguments; a parameter with a default is not required."""
    return {
        "type": "object",
        "properties": {
            name: parameter.model_dump(mode="json", exclude_none=True) for name, parameter in parameters.items()
        },
        "required": [name for name, parameter in parameters.items() if parameter.default is None],
        "additionalProperties": False,
    }
