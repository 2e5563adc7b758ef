"""A tool ready to be called, whoever described it: the owner's YAML, a built-in, a server in the house."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from voiced.tools.actions.action import Action
from voiced.tools.parameters import Scalar, json_schema
from voiced.tools.policy import Policy
from voiced.tools.secrecy import Secrets
from voiced.tools.templates import Text

__all__ = ["ArgumentReader", "FunctionDefinition", "Policy", "Tool", "json_schema"]


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """A tool as a model sees it.

    Attributes:
        parameters: JSON Schema (Draft 2020-12) of the arguments, an object that allows nothing else.
    """

    name: str
    description: str
    parameters: dict[str, JsonValue]


class ArgumentReader(Protocol):
    """Checks what a model sent. A seam, because a server in the house brings a schema of its own."""

    def read(self, text: str) -> dict[str, JsonValue]:
        """Every parameter's value, defaults filled in; raises `ArgumentsError`. Empty text is an empty object."""
        ...


@dataclass(frozen=True, slots=True)
class Tool:
    """One thing the speaker can do.

    Attributes:
        phrases: hassil templates that call it offline.
        words: parameter to spoken word to the value it stands for, where they differ.
        reply: what is said when it is done.
        secrets: what its templates may name as `secret`.
        private: parameters whose values stay out of the log of calls.
        discreet: whether what it answers stays out of it, too.
    """

    definition: FunctionDefinition
    arguments: ArgumentReader
    action: Action
    policy: Policy = field(default_factory=Policy)
    phrases: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    reply: Text | None = None
    secrets: Secrets | None = None
    private: frozenset[str] = frozenset()
    discreet: bool = False

    @property
    def name(self) -> str:
        """What it is called by."""
        return self.definition.name
