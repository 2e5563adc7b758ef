"""What every package's part of the configuration schema is made of."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator


class Settings(BaseModel):
    """A map of the configuration: closed, immutable, documented by the docstring under each field."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, strict=True, defer_build=True)


def leave_undescribed() -> None:
    """Classes of settings that are made from now on have no descriptions.

    To find the docstrings pydantic parses every source file again, which is half of what the schema costs at a start;
    only who shows the schema needs them.
    """
    Settings.model_config["use_attribute_docstrings"] = False


class Mistakes(ValueError):  # noqa: N818 (several, found by a validator)
    """What a validator found, each with the path from what it validates to the key that should change.

    A part of a path may stand for several steps, joined by dots: `json.lamp.0`.
    """

    def __init__(self, found: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
        self.found = tuple(found)
        super().__init__(
            "; ".join(": ".join([*filter(None, [".".join(map(str, at))]), what]) for at, what in self.found)
        )


_NOES = ("off", "no", "none")


def _is_wav(path: Path) -> Path:
    if path.suffix.lower() != ".wav":
        hint = " (did you mean false? YAML's booleans are true and false)" if path.name.lower() in _NOES else ""
        raise ValueError(f"true, false or the path of a .wav file is expected{hint}")
    return path


ChimeChoice = bool | Annotated[Path, AfterValidator(_is_wav)]
"""Whether a short sound is played, or which: the path of a WAV file."""


class SecretReference(Settings):
    """Where a secret is kept; the configuration never holds the secret itself. Exactly one of the three."""

    credential: str | None = None
    """Name of a systemd credential (`LoadCredential=` in the unit)."""
    file: Path | None = None
    """A file that only its owner may read; one trailing newline is dropped."""
    env: str | None = None
    """Name of an environment variable."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(place is not None for place in (self.credential, self.file, self.env)) != 1:
            raise ValueError("give exactly one of credential, file, env")
        return self
