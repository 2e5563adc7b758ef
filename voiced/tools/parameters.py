"""What a tool is called with: the types and limits of its parameters."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from voiced.settings import Settings

ParameterName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,63}$")]
Scalar = bool | int | float | str


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


def _yaml(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
