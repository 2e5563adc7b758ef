"""Tools as an owner writes them, validated as voiced.config does it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from voiced.tools.settings import ToolSettings


@pytest.fixture
def validate() -> Callable[[dict[str, Any]], ToolSettings]:
    return lambda tool: ToolSettings.model_validate_json(json.dumps(tool), strict=True)


@pytest.fixture
def set_light() -> dict[str, Any]:
    """The design's own example."""
    return {
        "name": "set_light",
        "description": "Turn a light on or off.",
        "parameters": {
            "room": {"type": "string", "enum": ["kitchen", "living room/east", "attic"]},
            "state": {"type": "string", "enum": ["on", "off"]},
        },
        "phrases": ["(turn|switch) {state} [the] {room} (light|lamp)"],
        "http": {"method": "POST", "url": "http://lamp.local/{{ room }}", "json": {"state": "{{ state }}"}},
        "reply": "The {{ room }} light is {{ state }}.",
    }
