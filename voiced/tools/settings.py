"""The tools' part of the configuration: `tools:` of voiced.yaml and of /etc/voiced/tools.d/*.yaml."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from voiced.settings import Settings
from voiced.tools import phrases as sentence_templates
from voiced.tools import templates
from voiced.tools.actions.http_settings import HttpAction
from voiced.tools.actions.settings import ActionSettings
from voiced.tools.parameters import ParameterName, ParameterSettings

RESULT = "result"
"""What a reply may name beside the parameters: the device's answer."""
ACTIONS = ("http",)
"""The keys of a tool of which exactly one is given."""

ToolName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$")]
Sentence = Annotated[str, StringConstraints(min_length=1)]


class ToolSettings(Settings):
    """A thing the speaker can do, as the model sees it and as the device wants it."""

    name: ToolName
    """Letters, digits, _ and -; not beginning with a digit; up to 64."""
    description: Sentence
    """For the model: what it does and when to use it."""
    parameters: dict[ParameterName, ParameterSettings] = Field(default_factory=dict)
    """Name to type and limits."""
    phrases: list[str] = Field(default_factory=list)
    """Sentences that call it offline, as hassil templates: (one|other), [optional], {parameter}."""
    reply: str | None = None
    """What is said offline when it is done: a template over the parameters and `result`, the device's answer."""
    timeout_seconds: float = Field(default=8, gt=0, le=120)
    """How long the device may take."""
    http: HttpAction | None = None
    """The action: an HTTP request."""

    @field_validator("parameters", mode="after")
    @classmethod
    def _free_names(cls, parameters: dict[str, ParameterSettings]) -> dict[str, ParameterSettings]:
        if RESULT in parameters:
            raise ValueError(f"'{RESULT}' means the device's answer in a reply; choose another name")
        return parameters

    # These read what was validated before them: fields are validated in the order above, and one that is
    # wrong is absent from info.data. Each problem so belongs to its key and not to the tool as a whole.
    @field_validator("phrases", mode="after")
    @classmethod
    def _speakable(cls, phrases: list[str], info: ValidationInfo) -> list[str]:
        parameters: dict[str, ParameterSettings] | None = info.data.get("parameters")
        if parameters is not None:
            required = [name for name, parameter in parameters.items() if parameter.required]
            _refuse(
                problem for phrase in phrases for problem in sentence_templates.problems(phrase, parameters, required)
            )
        return phrases

    @field_validator("reply", mode="after")
    @classmethod
    def _renderable(cls, reply: str | None, info: ValidationInfo) -> str | None:
        parameters: dict[str, ParameterSettings] | None = info.data.get("parameters")
        if reply is not None and parameters is not None:
            _refuse(templates.problems(reply, [*parameters, RESULT]))
        return reply

    @field_validator(*ACTIONS, mode="after")
    @classmethod
    def _callable(cls, action: ActionSettings | None, info: ValidationInfo) -> ActionSettings | None:
        parameters: dict[str, ParameterSettings] | None = info.data.get("parameters")
        if action is not None and parameters is not None:
            _refuse(action.problems(parameters))
        return action

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        given = [kind for kind in ACTIONS if getattr(self, kind) is not None]
        if len(given) != 1:
            found = f", not {' and '.join(given)}" if given else ""
            raise ValueError(f"a tool needs exactly one action{found}: {', '.join(ACTIONS)}")
        return self

    @property
    def action(self) -> ActionSettings:
        """The one action there is."""
        return next(action for kind in ACTIONS if isinstance(action := getattr(self, kind), ActionSettings))


def _refuse(problems: Iterator[str] | list[str]) -> None:
    found = "; ".join(problems)
    if found:
        raise ValueError(found)
