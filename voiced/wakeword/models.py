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
    heads: dict[str, Path] = {}
    for word in words:
        name, path = word_name(word), find_model(word)
        if name in heads:
            raise WakeWordError(f"two wake words are called {name}: {heads[name]} and {path}; rename one of the files")
        heads[name] = path
    return WakeModels(_find(known["melspectrogram"]), _find(known["embedding"]), heads)


def find_model(word: str) -> Path:
    """The model of a wake word (a known name or a path). Raises `WakeWordError`, which says how to get it.

    A path may begin with `~`; one that is relative is looked for in the folders where models are kept, then in the
    current one.
    """
    if Path(word).suffix not in SUFFIXES:
        try:
            check_name(word)
        except ValueError as error:
            raise WakeWordError(str(error)) from error
        return _find(manifest().words[word])
    try:
        path = Path(word).expanduser()
    except RuntimeError as error:  # ~nobody
        raise WakeWordError(f"wake model {word}: {error}") from error
    places = [path] if path.is_absolute() else [*(folder / path for folder in model_directories()), path.absolute()]
    for place in places:
        if place.is_file():
            return place
    raise WakeWordError(f"wake model {word} does not exist; looked for {', '.join(map(str, places))}")


def check_name(word: str) -> None:
    """Raise ValueError, with the known names, where a wake word is neither one of them nor a model's path."""
    known, suffix = manifest().words, Path(word).suffix
    if suffix in SUFFIXES or word in known:
        return
    if suffix or "/" in word:
        raise ValueError(f"{word!r} is neither an .onnx nor a .tflite file; other kinds of model are not loaded")
    close = difflib.get_close_matches(word, known, 1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    raise ValueError(f"unknown wake word {word!r}{hint}; known: {', '.join(sorted(known))}; or give an .onnx file")


def word_name(word: str) -> str:
    """What a wake word is called: its known name, or its file's without the ending."""
    path = Path(word)
    return path.stem if path.suffix in SUFFIXES else word


def _find(entry: ModelEntry) -> Path:
    for folder in model_directories():
        path = folder / entry.file
        if path.is_file():
            return path
    raise WakeWordError(f"the model {entry.file} is missing on this machine; get it with: voiced wake fetch")
