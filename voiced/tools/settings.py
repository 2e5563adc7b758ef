"""The tools' part of the configuration: `tools:` of voiced.yaml and of /etc/voiced/tools.d/*.yaml."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from voiced.settings import Mistakes, SecretReference, Settings
from voiced.tools import phrases as sentence_templates
from voiced.tools import plain_secrets, templates
from voiced.tools.actions.command_settings import CommandAction
from voiced.tools.actions.gpio_settings import GpioAction
from voiced.tools.actions.home_assistant_settings import HomeAssistantAction
from voiced.tools.actions.http_settings import HttpAction
from voiced.tools.actions.mqtt_settings import MqttAction
from voiced.tools.actions.scene_settings import SceneAction
from voiced.tools.actions.settings import ActionSettings
from voiced.tools.actions.wake_on_lan_settings import WakeOnLanAction
from voiced.tools.parameters import ParameterName, ParameterSettings
from voiced.tools.policy import TIMEOUT_SECONDS
from voiced.tools.policy_settings import QuietHoursSettings
from voiced.tools.suggestion import suggestion
from voiced.tools.templates import SECRET, SURROUNDINGS

RESULT = "result"
"""What a reply may name beside the parameters: the device's answer."""
ACTIONS = ("http", "mqtt", "home_assistant", "command", "gpio", "wake_on_lan", "scene")
"""The keys of a tool of which exactly one is given."""

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"the service refuses '{name}': letters, digits, _ and - only, no digit first, 1 to 64")
    return name


ToolName = Annotated[str, AfterValidator(_named)]
Sentence = Annotated[str, StringConstraints(min_length=1)]


class ToolSettings(Settings):
    """A thing the speaker can do, as the model sees it and as the device wants it."""

    name: ToolName
    """Letters, digits, _ and -; not beginning with a digit; up to 64."""
    description: Sentence
    """For the model: what it does and when to use it."""
    parameters: dict[ParameterName, ParameterSettings] = Field(default_factory=dict)
    """Name to type and limits."""
    secrets: dict[ParameterName, SecretReference] = Field(default_factory=dict)
    """What the action's templates may name as `secret.NAME`; no model, log or error ever has it."""
    phrases: list[str] = Field(default_factory=list)
    """Sentences that call it offline, as hassil templates: (one|other), [optional], {parameter}."""
    reply: str | None = None
    """What is said offline when it is done: a template over the parameters and `result`, the device's answer."""
    timeout_seconds: float = Field(default=TIMEOUT_SECONDS, gt=0, le=120)
    """How long the device may take."""
    confirm: bool | Sentence = False
    """Whether you are asked by voice first, and silence is a no; or what is asked, a template over the parameters."""
    personas: list[str] | None = Field(default=None, min_length=1)
    """Who may use it; everybody where this is left out."""
    concurrency: int | None = Field(default=None, ge=1, le=100)
    """How many calls may run at a time; others wait within their time limit."""
    rate_limit: int | None = Field(default=None, ge=1, le=1000)
    """How many calls a minute may begin; others are refused."""
    quiet_hours: QuietHoursSettings | None = None
    """When it rests, in place of the hours of `tool_policy`."""
    dry_run: bool = False
    """Answer calls, do nothing."""
    http: HttpAction | None = None
    """The action: an HTTP request."""
    home_assistant: HomeAssistantAction | None = None
    """The action: a service of Home Assistant, or a state there."""
    mqtt: MqttAction | None = None
    """The action: an MQTT message, or a state that a device has told there."""
    command: CommandAction | None = None
    """The action: a program."""
    gpio: GpioAction | None = None
    """The action: a pin of the header."""
    wake_on_lan: WakeOnLanAction | None = None
    """The action: a computer that sleeps is started."""
    scene: SceneAction | None = None
    """The action: other tools, one after the other."""

    @field_validator("parameters", mode="before")
    @classmethod
    def _remember_names(cls, given: Any) -> Any:  # noqa: ANN401 (whatever YAML holds)
        _given.set({str(name): _ANYTHING for name in given} if isinstance(given, dict) else {})
        return given

    @field_validator("parameters", mode="after")
    @classmethod
    def _free_names(cls, parameters: dict[str, ParameterSettings]) -> dict[str, ParameterSettings]:
        taken = {RESULT: "the device's answer in a reply"} | dict.fromkeys(SURROUNDINGS, "something else in templates")
        _refuse(((name,), f"'{name}' means {taken[name]}; choose another name") for name in parameters if name in taken)
        return parameters

    # These read what was validated before them: fields are validated in the order above, and one that is
    # wrong is absent from info.data. Each problem so belongs to its key and not to the tool as a whole.
    @field_validator("phrases", mode="after")
    @classmethod
    def _speakable(cls, phrases: list[str], info: ValidationInfo) -> list[str]:
        parameters = _parameters(info)
        required = [name for name, parameter in parameters.items() if parameter.required]
        _refuse(
            ((index,), problem)
            for index, phrase in enumerate(phrases)
            for problem in sentence_templates.problems(phrase, parameters, required)
        )
        return phrases

    @field_validator("reply", mode="after")
    @classmethod
    def _renderable(cls, reply: str | None, info: ValidationInfo) -> str | None:
        _refuse(((), problem) for problem in _spoken_problems(reply, info, RESULT))
        return reply

    @field_validator("confirm", mode="after")
    @classmethod
    def _askable(cls, confirm: bool | str, info: ValidationInfo) -> bool | str:  # noqa: FBT001 (a field's value)
        _refuse(((), problem) for problem in _spoken_problems(confirm, info))
        return confirm

    @field_validator(*ACTIONS, mode="after")
    @classmethod
    def _callable(cls, action: ActionSettings | None, info: ValidationInfo) -> ActionSettings | None:
        secrets: dict[str, SecretReference] | None = info.data.get("secrets")
        if action is not None:
            found = [*action.problems(_parameters(info)), *plain_secrets.problems(action.templates())]
            if secrets is not None and not found:
                found += _undeclared(action, secrets)
            _refuse(_placed(problem) for problem in found)
        return action

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        given = [kind for kind in ACTIONS if getattr(self, kind) is not None]
        if not given:
            raise ValueError(f"a tool needs exactly one action: {', '.join(ACTIONS)}")
        _refuse(((kind,), f"a tool needs exactly one action, and {given[0]} is there already") for kind in given[1:])
        return self

    @property
    def action(self) -> ActionSettings:
        """The one action there is."""
        return next(action for kind in ACTIONS if isinstance(action := getattr(self, kind), ActionSettings))


_ANYTHING = ParameterSettings(enum=["?"], optional=True)
_given: ContextVar[Mapping[str, ParameterSettings]] = ContextVar("given")
"""The names of the parameters that are validated just now, for the fields behind them."""


def _parameters(info: ValidationInfo) -> Mapping[str, ParameterSettings]:
    """The tool's parameters; where one of them is wrong, their names at least."""
    parameters: Mapping[str, ParameterSettings] | None = info.data.get("parameters")
    return _given.get({}) if parameters is None else parameters


def _spoken_problems(source: object, info: ValidationInfo, *more: str) -> Iterator[str]:
    """What is wrong with a template that is said aloud."""
    if not isinstance(source, str):
        return
    found = templates.problems(source, [*_parameters(info), *more])
    yield from found
    if not found and SECRET in templates.variables(source):
        yield "this is said aloud, so it can't hold a secret"


def _undeclared(action: ActionSettings, secrets: dict[str, SecretReference]) -> Iterator[str]:
    for key, source in action.templates():
        for name in sorted(templates.attributes_of(SECRET, source) - set(secrets)):
            yield f"{key}: the secret '{name}' is not declared under `secrets`{suggestion(name, secrets)}"


def _placed(problem: str) -> tuple[tuple[str, ...], str]:
    """An action's problem as the path of its key and what is wrong there."""
    key, colon, what = problem.partition(": ")
    return ((key,), what) if colon else ((), problem)


def _refuse(problems: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    found = list(problems)
    if found:
        raise Mistakes(found)
