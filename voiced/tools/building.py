"""The owner's settings to tools; the only place that knows every action."""

from collections.abc import Iterable, Iterator

from voiced.tools.actions.action import Action
from voiced.tools.actions.command import Command
from voiced.tools.actions.command_settings import CommandAction
from voiced.tools.actions.gpio import Gpio
from voiced.tools.actions.gpio_settings import GpioAction
from voiced.tools.actions.home_assistant import HomeAssistantCall
from voiced.tools.actions.home_assistant_settings import HomeAssistantAction
from voiced.tools.actions.http import HttpRequest
from voiced.tools.actions.http_settings import HttpAction
from voiced.tools.actions.mqtt import MqttMessage
from voiced.tools.actions.mqtt_settings import MqttAction
from voiced.tools.actions.scene import Scene
from voiced.tools.actions.scene_settings import SceneAction
from voiced.tools.actions.wake_on_lan import WakeOnLan
from voiced.tools.actions.wake_on_lan_settings import WakeOnLanAction
from voiced.tools.arguments import Arguments
from voiced.tools.parameters import json_schema
from voiced.tools.policy import Policy
from voiced.tools.secrecy import Secrets
from voiced.tools.settings import ToolSettings
from voiced.tools.templates import Text
from voiced.tools.tool import FunctionDefinition, Tool
from voiced.tools.wires import Wires


def build(tools: Iterable[ToolSettings], wires: Wires, locale: str = "en-US") -> Iterator[Tool]:
    """Each tool, its templates compiled; nothing is opened. `locale` is the language numbers are spelled out in."""
    for settings in tools:
        parameters = settings.parameters
        yield Tool(
            FunctionDefinition(settings.name, settings.description, json_schema(parameters)),
            Arguments(parameters, locale),
            _action(settings, wires),
            _policy(settings),
            tuple(settings.phrases),
            words={name: parameter.words for name, parameter in parameters.items() if parameter.synonyms},
            reply=None if settings.reply is None else Text(settings.reply),
            secrets=Secrets(settings.secrets, wires.resolve),
            private=frozenset(name for name, parameter in parameters.items() if parameter.private),
        )


def _policy(settings: ToolSettings) -> Policy:
    hours = settings.quiet_hours
    return Policy(
        settings.timeout_seconds,
        settings.concurrency,
        settings.rate_limit,
        confirm=settings.confirm is not False,
        question=settings.confirm if isinstance(settings.confirm, str) else "",
        personas=None if settings.personas is None else frozenset(settings.personas),
        quiet_hours=None if hours is None else hours.hours(),
        dry_run=settings.dry_run,
    )


def _action(tool: ToolSettings, wires: Wires) -> Action:  # noqa: PLR0911 (one return for each kind)
    match settings := tool.action:
        case HttpAction():
            return HttpRequest(settings, wires)
        case HomeAssistantAction():
            return HomeAssistantCall(settings, wires)
        case MqttAction():
            return MqttMessage(settings, wires)
        case CommandAction():
            listed = [name for name, parameter in tool.parameters.items() if parameter.enum is not None]
            return Command(settings, wires, listed)
        case GpioAction():
            return Gpio(settings, wires)
        case WakeOnLanAction():
            return WakeOnLan(settings)
        case SceneAction():
            return Scene(settings)
        case _:
            raise TypeError(f"no action is known for {type(settings).__name__}")
