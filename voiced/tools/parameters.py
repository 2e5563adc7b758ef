"""What a tool is called with: the types and limits of its parameters."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, JsonValue, field_validator, model_validator

from voiced.settings import Mistakes, Settings
from voiced.tools.coercion import NUMERIC, Coercion
from voiced.tools.moments import FORMS, ParameterFormat, in_form
from voiced.tools.suggestion import suggestion

Scalar = bool | int | float | str
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name}' can't be a name: letters, digits and _ only, no digit first, up to 64")
    return name


ParameterName = Annotated[str, AfterValidator(_named)]


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
_NUMBERS = frozenset({ParameterType.INTEGER, ParameterType.NUMBER})


class ParameterSettings(Settings):
    """One value that a tool is called with."""

    type: ParameterType = ParameterType.STRING
    """string, integer, number or boolean."""
    format: ParameterFormat | None = None
    """Of numbers: duration (whole seconds), percent. Of strings: time (HH:MM), date (YYYY-MM-DD), weekday (monday)."""
    many: bool = False
    """Several values as a list. Not understood offline."""
    description: str | None = None
    """What it means, for the model."""
    unit: str | None = Field(default=None, min_length=1)
    """What a number counts, for the model: percent, degrees Celsius."""
    enum: list[Scalar] | None = Field(default=None, min_length=1)
    """The only values there are. Understood offline where they are words."""
    synonyms: dict[str, list[str]] = Field(default_factory=dict)
    """Other words for a value of the enum: `living room: [lounge, parlour]`. Understood offline, and by the model."""
    minimum: int | float | None = None
    """Lowest number allowed."""
    maximum: int | float | None = None
    """Highest number allowed."""
    default: Scalar | None = None
    """Used where the caller says nothing; a parameter with a default is optional."""
    optional: bool = False
    """Whether it may be left out without a default: then it is null, which templates write as nothing."""
    coerce: tuple[Coercion, ...] = ()
    """What models may send instead. Of numbers: percent ("50%"), number_words ("fifty"), digits ("50"), round (49.6),
    clamp (to minimum and maximum). Of strings: lower ("ON"). Of booleans: switch ("on", "no")."""
    private: bool = False
    """Whether its value is kept out of the log of calls: a code, for example."""

    @field_validator("coerce", mode="before")
    @classmethod
    def _several(cls, given: Any) -> Any:  # noqa: ANN401 (whatever YAML holds)
        if isinstance(given, str):
            return (given,)
        return tuple(given) if isinstance(given, list) else given

    @model_validator(mode="before")
    @classmethod
    def _type_of_format(cls, given: Any) -> Any:  # noqa: ANN401 (whatever YAML holds)
        numeric = isinstance(given, dict) and given.get("format") in (ParameterFormat.DURATION, ParameterFormat.PERCENT)
        if numeric and "type" not in given:
            return {**given, "type": ParameterType.INTEGER.value}
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = [*self._mistakes()]
        if found:
            raise Mistakes(found)
        return self

    @property
    def required(self) -> bool:
        """Whether a caller has to give it."""
        return self.default is None and not self.optional

    @property
    def words(self) -> Mapping[str, Scalar]:
        """The words of the `synonyms`, in lower case, and the values they stand for."""
        values = {str(_plain(value)): value for value in self.enum or ()}
        return {word.casefold(): values[value] for value, words in self.synonyms.items() for word in words}

    def described(self) -> dict[str, JsonValue]:
        """The JSON Schema of its value."""
        one: dict[str, JsonValue] = {"type": self.type.value}
        for key in ("format", "enum", "minimum", "maximum"):
            if (given := getattr(self, key)) is not None:
                one[key] = given.value if isinstance(given, ParameterFormat) else given
        whole: dict[str, JsonValue] = {"type": "array", "items": one} if self.many else one
        if self.default is not None:
            whole["default"] = self.default
        described = " ".join(self._sentences())
        return whole | ({"description": described} if described else {})

    def _sentences(self) -> Iterator[str]:
        if self.description:
            yield self.description
        if self.format is not None:
            yield f"Give {FORMS[self.format]}."
        if self.unit:
            yield f"In {self.unit}."
        for value, words in self.synonyms.items():
            yield f"'{value}' is also called {', '.join(words)}."

    def _mistakes(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from self._enum_mistakes()
        if self.type not in _NUMBERS:
            for name in ("minimum", "maximum", "unit"):
                if getattr(self, name) is not None:
                    yield (name,), f"only a number has one, and the type is {self.type}"
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            yield ("minimum",), f"minimum {self.minimum} is above maximum {self.maximum}"
        yield from self._synonym_mistakes()
        if self.format is not None:
            fitting = _TYPES_OF_FORMATS.get(self.format, (ParameterType.STRING,))
            if self.type not in fitting:
                yield ("format",), f"a {self.format} needs the type {' or '.join(fitting)}, not {self.type}"
        for coercion in self.coerce:
            types = _NUMBERS if coercion in NUMERIC else {_COERCED[coercion]}
            if self.type not in types:
                yield ("coerce",), f"{coercion} is for the type {' or '.join(sorted(types))}, not {self.type}"
        if self.default is not None:
            yield from self._default_mistakes(self.default)

    def _enum_mistakes(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for index, value in enumerate(self.enum or ()):
            if not self._fits(value):
                quoting = "; put it in quotes" if self.type is ParameterType.STRING else ""
                yield ("enum", index), f"{_yaml(value)} is not of type {self.type}{quoting}"
            elif value in (self.enum or ())[:index]:
                yield ("enum", index), f"the value {_yaml(value)} is there twice"

    def _synonym_mistakes(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        values = {str(_plain(value)): value for value in self.enum or ()}
        taken = {value.casefold(): value for value in values}
        for value, words in self.synonyms.items():
            if value not in values:
                why = f"'{value}' is not in the enum{suggestion(value, values)}" if values else "there is no enum"
                yield ("synonyms", value), why
            for index, word in enumerate(words):
                other = taken.setdefault(word.casefold(), value)
                if not word.strip():
                    yield ("synonyms", value, index), "a word is expected"
                elif other != value:
                    yield ("synonyms", value, index), f"'{word}' stands for '{other}' already"

    def _default_mistakes(self, default: Scalar) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.many:
            yield ("default",), "a list has none; write `optional: true` for an empty one"
        elif not self._fits(default):
            yield ("default",), f"{_yaml(default)} is not of type {self.type}"
        elif self.enum is not None and default not in self.enum:
            yield ("default",), f"{_yaml(default)} is not in the enum"
        elif isinstance(default, str):
            try:
                if self.format is not None:
                    in_form(default, self.format)
            except ValueError:
                yield ("default",), f"{_yaml(default)} is not {FORMS[self.format or ParameterFormat.TIME]}"
        else:
            below = self.minimum is not None and default < self.minimum
            if below or (self.maximum is not None and default > self.maximum):
                yield ("default",), f"{default} is outside minimum and maximum"

    def _fits(self, value: Scalar) -> bool:
        if isinstance(value, bool):  # which Python counts among the integers
            return self.type is ParameterType.BOOLEAN
        return isinstance(value, _PYTHON_TYPES[self.type])


_TYPES_OF_FORMATS = {
    ParameterFormat.DURATION: (ParameterType.INTEGER,),
    ParameterFormat.PERCENT: (ParameterType.INTEGER, ParameterType.NUMBER),
}
_COERCED: Mapping[str, ParameterType] = {"lower": ParameterType.STRING, "switch": ParameterType.BOOLEAN}


def json_schema(parameters: Mapping[str, ParameterSettings]) -> dict[str, JsonValue]:
    """The JSON Schema of a tool's arguments; one with a default, or that is optional, is not required."""
    return {
        "type": "object",
        "properties": {name: parameter.described() for name, parameter in parameters.items()},
        "required": [name for name, parameter in parameters.items() if parameter.required],
        "additionalProperties": False,
    }


def _plain(value: Scalar) -> Scalar:
    """As it is written as a key: `true`, not Python's `True`."""
    return _yaml(value) if isinstance(value, bool) else value


def _yaml(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
