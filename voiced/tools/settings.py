"""The tools' part of the configuration: `tools:` of voiced.yaml and of /etc/voiced/tools.d/*.yaml."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from voiced.settings import SecretReference, Settings
from voiced.tools import phrases as sentence_templates
from voiced.tools import templates

RESULT = "result"
"""What a reply may name beside the parameters: the device's answer."""

ToolName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$")]
ParameterName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,63}$")]
Sentence = Annotated[str, StringConstraints(min_length=1)]
Scalar = bool | int | float | str
# told apart by shape first, so that a mistake is reported once and not for every member of the union
HeaderValue = Annotated[
    Annotated[str, Tag("text")] | Annotated[SecretReference, Tag("secret")],
    Discriminator(lambda value: "secret" if isinstance(value, dict | SecretReference) else "text"),
]


class ParameterType(StrEnum):
    """The types of JSON that a spoken value can have."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


_PYTHON_TYPES: dict[ParameterType, tuple[type, ...]] = {
    ParameterType.STRING: (str,),
    ParameterType.INTEGER: (int,),
    ParameterType.NUMBER: (int, float),
    ParameterType.BOOLEAN: (bool,),
}


class ParameterSettings(Settings):
    """One value that a tool is called with."""

    type: ParameterType = ParameterType.STRING
    """string, integer, number or boolean."""
    description: str | None = None
    """What it means, for the model."""
    enum: list[Scalar] | None = Field(default=None, min_length=1)
    """The only values there are. Understood offline where they are words."""
    minimum: int | float | None = None
    """Lowest number allowed."""
    maximum: int | float | None = None
    """Highest number allowed."""
    default: Scalar | None = None
    """Used where the caller says nothing; a parameter with a default is optional."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wrong = [value for value in self.enum or () if not self._fits(value)]
        if wrong:
            quoting = "; put it in quotes" if self.type is ParameterType.STRING else ""
            raise ValueError(f"enum: {_yaml(wrong[0])} is not of type {self.type}{quoting}")
        if self.enum and len(set(self.enum)) != len(self.enum):
            raise ValueError("enum: a value is there twice")
        if self.type not in {ParameterType.INTEGER, ParameterType.NUMBER}:
            bounds = [name for name in ("minimum", "maximum") if getattr(self, name) is not None]
            if bounds:
                raise ValueError(f"{bounds[0]}: only a number has one, and the type is {self.type}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        if self.default is not None:
            self._check_default(self.default)
        return self

    def _fits(self, value: Scalar) -> bool:
        if isinstance(value, bool):  # which Python counts among the integers
            return self.type is ParameterType.BOOLEAN
        return isinstance(value, _PYTHON_TYPES[self.type])

    def _check_default(self, default: Scalar) -> None:
        if not self._fits(default):
            raise ValueError(f"default: {_yaml(default)} is not of type {self.type}")
        if self.enum is not None and default not in self.enum:
            raise ValueError(f"default: {_yaml(default)} is not in the enum")
        if not isinstance(default, str):
            below = self.minimum is not None and default < self.minimum
            if below or (self.maximum is not None and default > self.maximum):
                raise ValueError(f"default: {default} is outside minimum and maximum")


class HttpAction(Settings):
    """One HTTP request. Strings are Jinja2 templates over the parameters; header names and JSON keys are not."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "GET"
    """GET, POST, PUT, PATCH, DELETE or HEAD."""
    url: str
    """http:// or https://. Values are percent-encoded. A parameter in the host needs an enum."""
    headers: dict[str, HeaderValue] = Field(default_factory=dict)
    """Header to value. A secret stands for the whole value: keep `Bearer …` in the secret itself."""
    body: JsonValue = Field(default=None, alias="json")
    """Body as JSON. A string that is only `{{ level }}` keeps the parameter's type."""
    form: dict[str, str] | None = None
    """Body as a form, field to value; not together with json."""

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        given = [name for name, part in (("json", self.body), ("form", self.form)) if part is not None]
        if len(given) > 1:
            raise ValueError("give json or form, not both")
        if given and self.method in {"GET", "HEAD"}:
            raise ValueError(f"{self.method} carries no {given[0]}; did you mean method: POST?")
        return self

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key that holds it."""
        yield "url", self.url
        for name, value in self.headers.items():
            if isinstance(value, str):
                yield f"headers.{name}", value
        yield from templates.strings_in(self.body, "json")
        for name, value in (self.form or {}).items():
            yield f"form.{name}", value

    def problems(self, parameters: dict[str, ParameterSettings]) -> list[str]:
        """What is wrong with this request in a tool with these parameters, each with its key."""
        found = [
            f"{key}: {problem}"
            for key, source in self.templates()
            for problem in templates.problems(source, parameters)
        ]
        return found or self._host_problems(parameters)

    def _host_problems(self, parameters: dict[str, ParameterSettings]) -> list[str]:
        authority = _AUTHORITY.match(self.url)
        if authority is None or not authority["host"]:
            return ["url: must begin with http:// or https:// and a host"]
        try:
            names = templates.variables(authority["host"])
        except ValueError:
            return ["url: no {% %} around the host"]
        # otherwise what the model says, or was told to say by a web page, would choose which machine is asked
        return [
            f"url: '{name}' is in the host, so it needs an enum"
            for name in sorted(names)
            if parameters[name].enum is None
        ]


_AUTHORITY = re.compile(r"https?://(?P<host>(?:\{\{.*?\}\}|[^/?#{]|\{(?!\{))*)")


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
            required = [name for name, parameter in parameters.items() if parameter.default is None]
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

    @field_validator("http", mode="after")
    @classmethod
    def _callable(cls, http: HttpAction | None, info: ValidationInfo) -> HttpAction | None:
        parameters: dict[str, ParameterSettings] | None = info.data.get("parameters")
        if http is not None and parameters is not None:
            _refuse(http.problems(parameters))
        return http

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        if self.http is None:
            raise ValueError("a tool needs exactly one action: http")
        return self

    @property
    def action(self) -> HttpAction:
        """The one action there is."""
        if self.http is None:
            raise LookupError("a tool without an action is never validated")
        return self.http


def _refuse(problems: Iterator[str] | list[str]) -> None:
    found = "; ".join(problems)
    if found:
        raise ValueError(found)


def _yaml(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
