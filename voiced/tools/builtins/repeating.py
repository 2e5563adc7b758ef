from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from voiced.tools.actions.action import ActionError
from voiced.tools.builtins.making import make
from voiced.tools.builtins.speaker import Speaker
from voiced.tools.tool import Tool

REPEAT = "repeat"
"""The tool's name."""


def repeating(speaker: Speaker) -> Iterator[Tool]:
    """Saying the last reply again."""

    def repeat(_: Mapping[str, Any]) -> dict[str, JsonValue]:
        reply = speaker.last_reply()
        if not reply:
            raise ActionError("I have said nothing yet.")
        return {"said": reply}

    yield make(
        REPEAT,
        "What you said last, to say it again.",
        repeat,
        {},
        ("(repeat|say) that [again]", "(what did you say|say it again|come again)"),
    )
