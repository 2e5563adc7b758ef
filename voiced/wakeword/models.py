"""Which wake words are known, and where their models are on this machine."""

import difflib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from voiced.paths import model_directories, shared_file

SUFFIXES = frozenset({".onnx", ".tflite"})


class WakeWordError(Exception):
    """A wake word can't be listened for; the message names the model and the fix."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model in the manifest: which registry package carries which file, with which checksum."""

    name: str
    package: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The known models, by name."""

    licence: str
    packages: dict[str, tuple[str, str]]
    """Package name -> (version, folder inside its wheel)."""
    features: dict[str, ModelEntry]
    words: dict[str, ModelEntry]

    @property
    def entries(self) -> list[ModelEntry]:
        """Every model."""
        return [*self.features.values(), *self.words.values()]


@cache
def manifest() -> Manifest:
    """The project's own manifest, `config/wake-models.json`."""
    data = json.loads(shared_file("wake-models.json").read_text())
    features, words = (
        {name: ModelEntry(name, **entry) for name, entry in data[kind].items()} for kind in ("features", "words")
    )
    packages = {name: (entry["version"], entry["folder"]) for name, entry in data["packages"].items()}
    return Manifest(data["licence"], packages, features, words)


@dataclass(frozen=True, slots=True)
class WakeModels:
    """The files one engine needs: the two feature models and a head for each wake word, by name."""

    melspectrogram: Path
    embedding: Path
    heads: dict[str, Path]


def find_models(words: list[str]) -> WakeModels:
    """Locate the models of some wake words (known names or paths). Raises `WakeWordError`."""
    known = manifest().features
    return WakeModels(
        _find(known["melspectrogram"]), _find(known["embedding"]), {_name(word): _head(word) for word in words}
    )


def check_name(word: str) -> None:
    """Raise ValueError, with the known names, where a wake word is neither one of them nor a model's path."""
    known = manifest().words
    if Path(word).suffix not in SUFFIXES and word not in known:
        close = difflib.get_close_matches(word, known, 1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise ValueError(f"unknown wake word {word!r}{hint}; known: {', '.join(sorted(known))}; or give an .onnx file")


def _name(word: str) -> str:
    path = Path(word)
    return path.stem if path.suffix in SUFFIXES else word


def _head(word: str) -> Path:
    path = Path(word).expanduser()
    if path.suffix in SUFFIXES:
        if not path.is_file():
            raise WakeWordError(f"wake model {word} does not exist")
        return path
    try:
        check_name(word)
    except ValueError as error:
        raise WakeWordError(str(error)) from error
    return _find(manifest().words[word])


def _find(entry: ModelEntry) -> Path:
    for folder in model_directories():
        path = folder / entry.file
        if path.is_file():
            return path
    raise WakeWordError(f"the model {entry.file} is missing on this machine; get it with: voiced wake fetch")
