"""The `command` action's part of a tool's settings."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Discriminator, Field, Tag, field_validator

from voiced.settings import SecretReference
from voiced.tools import templates
from voiced.tools.actions.picking import Picked
from voiced.tools.actions.settings import ActionSettings
from voiced.tools.parameters import ParameterSettings
from voiced.tools.plain_secrets import FIX, is_secret

OUTPUT_BYTES = 65_536

EnvironmentValue = Annotated[
    Annotated[str, Tag("text")] | Annotated[SecretReference, Tag("secret")],
    Discriminator(lambda value: "secret" if isinstance(value, dict | SecretReference) else "text"),
]


class CommandAction(ActionSettings):
    """A program that is run, never a shell. It has the rights of the speaker, and ends within the tool's time limit."""

    argv: list[str] = Field(min_length=1)
    """The program and its arguments, one item each: [mpc, volume, "{{ level }}"]. Templates, but for the program. An
    argument that a value begins can't begin with - or /: write `--` before it, or `--level={{ level }}`."""
    stdin: str | None = None
    """What it reads: a template."""
    environment: dict[str, EnvironmentValue] = Field(default_factory=dict)
    """Variables it is given beside PATH, HOME and LANG; a value as text, or as {credential: …}, {file: …}, {env: …}."""
    directory: str | None = None
    """Where it runs; / where this is left out."""
    output_bytes: int = Field(default=OUTPUT_BYTES, ge=1, le=1_048_576)
    """It is ended where it writes more than this to its standard output."""
    result: Picked = None
    """What of its output, where that is JSON, is the result: a JMESPath expression like `sensors[0].temperature`."""

    @field_validator("argv", mode="after")
    @classmethod
    def _fixed_program(cls, argv: list[str]) -> list[str]:
        if not argv[0].strip():
            raise ValueError("the first item is the program")
        return argv

    @field_validator("directory", mode="after")
    @classmethod
    def _absolute(cls, directory: str | None) -> str | None:
        if directory is not None and not directory.startswith("/"):
            raise ValueError("a path that begins with / is expected")
        return directory

    @field_validator("environment", mode="after")
    @classmethod
    def _nameable(cls, environment: dict[str, str | SecretReference]) -> dict[str, str | SecretReference]:
        for name, value in environment.items():
            if not name or "=" in name or "\0" in name:
                raise ValueError(f"'{name}' can't be a variable's name")
            if isinstance(value, str) and is_secret(name):
                raise ValueError(f"{name}: {FIX.partition(':')[0]}: give {{credential: NAME}} or {{file: PATH}}")
        return environment

    def templates(self) -> Iterator[tuple[str, str]]:
        """Every template with the key that holds it."""
        yield from templates.strings_in(list(self.argv), "argv")
        if self.stdin is not None:
            yield "stdin", self.stdin

    def problems(self, parameters: Mapping[str, ParameterSettings]) -> list[str]:
        """What is wrong with this command in a tool with these parameters, each with its key."""
        found = super().problems(parameters)
        if not found and templates.variables(self.argv[0]):
            # otherwise what the model says would choose which program is run
            found.append("argv.0: the program can't come from a template")
        return found
