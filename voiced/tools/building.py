"""The owner's settings to tools; the only place that knows every action."""

from collections.abc import Iterable, Iterator

from voiced.tools.actions.action import Action
from voiced.tools.actions.http import HttpRequest
from voiced.tools.actions.http_settings import HttpAction
from voiced.tools.actions.settings import ActionSettings
from voiced.tools.arguments import Arguments
from voiced.tools.parameters import json_schema
from voiced.tools.settings import ToolSettings
from voiced.tools.templates import Text
from voiced.tools.tool import FunctionDefinition, Policy, Tool
from voiced.tools.wires import Wires


def build(tools: Iterable[ToolSettings], wires: Wires) -> Iterator[Tool]:
    """Each tool, its templates compiled; nothing is opened."""
    for settings in tools:
        yield Tool(
            FunctionDefinition(settings.name, settings.description, json_schema(settings.parameters)),
            Arguments(settings.parameters),
            _action(settings.action, wires),
            Policy(settings.timeout_seconds),
            tuple(settings.phrases),
            reply=None if settings.reply is None else Text(settings.reply),
        )


def _action(settings: ActionSettings, wires: Wires) -> Action:
    match settings:
        case HttpAction():
            return HttpRequest(settings, wires)
        case _:
            raise TypeError(f"no action is known for {type(settings).__name__}")
