"""Tools of one action each, called through the runner."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from voiced.tools.broker_settings import BrokerSettings
from voiced.tools.building import build
from voiced.tools.calls import Caller, ToolOutcome
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner
from voiced.tools.settings import ToolSettings
from voiced.tools.wires import Wires

SECRET = "s3cret-value"
Call = Callable[..., Awaitable[ToolOutcome]]


@pytest.fixture
def make() -> Callable[..., ToolSettings]:
    """A tool of an action, as its YAML gives it."""

    def made(name: str = "probe", parameters: dict[str, Any] | None = None, **rest: Any) -> ToolSettings:
        given = {"name": name, "description": "A probe.", "parameters": parameters or {}, **rest}
        return ToolSettings.model_validate_json(json.dumps(given), strict=True)

    return made


@pytest.fixture
def calling() -> Callable[..., Any]:
    """Within the context, tools can be called."""

    @asynccontextmanager
    async def opened(*tools: ToolSettings, mqtt: BrokerSettings | None = None) -> AsyncIterator[Call]:
        async with Wires(lambda _: SECRET, mqtt) as wires:
            runner = Runner(Registry(build(tools, wires)))

            async def call(name: str = "probe", caller: Caller | None = None, **arguments: Any) -> ToolOutcome:
                return await runner.call(name, json.dumps(arguments), caller or Caller())

            yield call

    return opened


@pytest.fixture
def once(make: Callable[..., ToolSettings], calling: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """One call of a tool of one action; its answer to the model, as JSON."""

    async def call(action: dict[str, Any], parameters: dict[str, Any] | None = None, **arguments: Any) -> Any:
        async with calling(make(parameters=parameters, **action)) as run:
            return json.loads((await run(**arguments)).output)

    return call
