"""The seam between the runner's policy and what an action does."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from voiced.tools.templates import Values


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device answered.

    Attributes:
        result: its body, of any length up to the action's own limit.
        status: the HTTP status, None where the action has none.
    """

    result: JsonValue
    status: int | None = None


class ActionError(Exception):
    """An action that failed in a foreseen way; its text is a sentence that can be spoken.

    Attributes:
        detail: more for the log, one line; neither may hold a secret.
    """

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


class Action(Protocol):
    """One thing done with checked values. The runner adds the timeout, the log and the answer to the model."""

    async def __call__(self, values: Values) -> Answer:
        """Do it; raises `ActionError`, `RenderError`."""
        ...
