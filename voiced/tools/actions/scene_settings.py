"""The `scene` action's part of a tool's settings."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from voiced.settings import Settings
from voiced.tools import templates
from voiced.tools.actions.settings import ActionSettings
from voiced.tools.parameters import ParameterName, ParameterSettings


class SceneStep(Settings):
    """One step: another tool is called, or time passes."""

    call: str | None = None
    """The tool's name."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict, alias="with")
    """What it is called with, parameter to value or template: {room: kitchen, level: "{{ level }}"}."""
    when: Annotated[str, Field(min_length=1)] | None = None
    """Only then: a template that gives true or false, like "{{ now.hour >= 18 }}"."""
    wait_seconds: float | None = Field(default=None, gt=0, le=110)
    """In place of call: how long the scene pauses here."""
    save: ParameterName | None = Field(default=None, alias="as")
    """What further steps name its result by, null where it failed or was not done."""

    @model_validator(mode="after")
    def _one_deed(self) -> Self:
        if (self.call is None) == (self.wait_seconds is None):
            raise ValueError("a step needs either call or wait_seconds")
        if self.call is None and (self.arguments or self.save is not None):
            raise ValueError("only a call has `with` and `as`")
        return self


class SceneAction(ActionSettings):
    """Other tools, one after the other, each with its own time limit and policy; what failed is told."""

    steps: list[SceneStep] = Field(min_length=1, max_length=50)
    """What is done, in this order."""
    on_failure: Literal["continue", "stop"] = "continue"
    """Whether the steps after one that failed are still done."""

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key that holds it."""
        for index, step in enumerate(self.steps):
            yield from self._of(index, step)

    def problems(self, parameters: Mapping[str, ParameterSettings]) -> list[str]:
        """What is wrong with this scene in a tool with these parameters, each with its key."""
        known, found = list(parameters), []
        for index, step in enumerate(self.steps):
            found += [
                f"{key}: {problem}"
                for key, source in self._of(index, step)
                for problem in templates.problems(source, known)
            ]
            if step.save is not None:
                if step.save in known or step.save in templates.SURROUNDINGS:
                    found.append(f"steps.{index}.as: '{step.save}' means something else already; choose another name")
                known.append(step.save)
        return found

    @property
    def waits(self) -> float:
        """Seconds that it takes at least."""
        return sum(step.wait_seconds or 0 for step in self.steps)

    @staticmethod
    def _of(index: int, step: SceneStep) -> Iterator[tuple[str, str]]:
        if step.when is not None:
            yield f"steps.{index}.when", step.when
        yield from templates.strings_in(dict(step.arguments), f"steps.{index}.with")
