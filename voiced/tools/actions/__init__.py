"""What a tool does, one module a kind; `build` is the only place that knows them all."""

from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from voiced.settings import SecretReference
from voiced.tools.actions.action import Action
from voiced.tools.actions.http import HttpRequest
from voiced.tools.settings import ToolSettings

Resolve = Callable[[SecretReference], str]
"""The secret kept at a place; what it raises names the place and never the secret, for it is logged."""


@dataclass(frozen=True, slots=True)
class Wires:
    """What actions share, opened by the runner."""

    session: aiohttp.ClientSession
    resolve: Resolve


def build(tool: ToolSettings, wires: Wires) -> Action:
    """The action of a tool, its templates compiled."""
    return HttpRequest(tool.action, wires.session, wires.resolve)
