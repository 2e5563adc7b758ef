from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, zip_longest
from typing import Any

from pydantic import JsonValue

from voiced.tools.builtins.making import make
from voiced.tools.builtins.wording import listed
from voiced.tools.tool import Tool

ABILITIES = "what_can_you_do"
"""The tool's name."""
_SPOKEN = 4
"""So many examples are said; nobody remembers more."""


def abilities(tools: Callable[[], Iterable[Tool]], own: frozenset[str], leading: frozenset[str]) -> Iterator[Tool]:
    """What can be said: of the owner's tools, and of the speaker's `own` those that are `leading` for the others."""

    def tell(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        from voiced.tools.builtins.examples import example  # noqa: PLC0415 (hassil: only for who asks)

        known = [tool for tool in tools() if tool.name != ABILITIES]
        owners = [tool for tool in known if tool.name not in own]
        others = [tool for tool in known if tool.name in leading]
        mixed = [tool for tool in chain(*zip_longest(owners, others)) if tool is not None]
        sayings = [saying for tool in mixed if (saying := example(tool))]
        told = f"You can say, for example: {listed(sayings[:_SPOKEN])}." if sayings else "I can answer questions."
        listing: list[JsonValue] = [
            {"name": tool.name, "does": tool.definition.description, "example": example(tool)} for tool in mixed
        ]
        return {"said": told, "tools": listing}

    yield make(
        ABILITIES,
        "What this speaker can do, with examples of what to say.",
        tell,
        {},
        ("what can (you do|i say|i ask)", "what do you understand"),
    )
