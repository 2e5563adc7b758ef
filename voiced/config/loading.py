"""Files to settings, or to every error at once."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from voiced.config import combinations
from voiced.config.deprecated import deprecated
from voiced.config.documents import Document, DocumentError, Mark, Path_, merge, read
from voiced.config.environment import overlay
from voiced.config.schema import VoicedSettings
from voiced.config.wording import worded
from voiced.paths import CONFIGURATION
from voiced.settings import ChimeChoice, Mistakes


class ConfigurationError(Exception):
    """The configuration can't be used; `problems` has one line for each error, with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def load(
    path: Path,
    advise: Callable[[str], None] = lambda _: None,
    *,
    environment: Mapping[str, str] = os.environ,
    thorough: bool = False,
    probe: Callable[[VoicedSettings], Iterable[tuple[Path_, str]]] = lambda _: (),
) -> VoicedSettings:
    """Read a configuration file, `conf.d` and `tools.d` beside it. Raises `ConfigurationError` with every problem.

    `advise` gets a line, with its place, for each thing that looks like a mistake and may be none; also for what comes
    from the `environment`, and for what is deprecated. `thorough` finds phrases that collide, too, which takes its time
    where there are many; a speaker with such phrases works, and takes the first meaning. What `probe` finds is told to
    `advise`, too.
    """
    document, problems = _read_all(path)
    borrowed = overlay(document, environment)
    if not problems:
        try:
            settings = VoicedSettings.model_validate_json(json.dumps(document.data), strict=True)
            found = list(combinations.problems(settings))
            if thorough:
                from voiced.config.collisions import collisions  # noqa: PLC0415 (a start does not need them)

                found += collisions(settings.tools)
            found.sort(key=lambda problem: _order(document.locate(problem[0])))
            problems = [
                _tell(at, message + _beside(document, beside), document, path) for at, message, *beside in found
            ]
            if not problems:
                if borrowed:
                    advise(f"{path}: names no endpoint, so the environment's count: {', '.join(borrowed)}")
                doubts = _doubts(settings) if thorough else ()
                for at, message in (*deprecated(settings), *combinations.advice(settings), *doubts, *probe(settings)):
                    advise(_tell(at, message, document, path))
                return settings
        except ValidationError as error:
            everything = error.errors()
            details = [one for each in everything if not _follows(each, everything) for one in _each_mistake(each)]
            details.sort(key=lambda detail: _order(document.locate(_known_path(detail["loc"], document.data))))
            problems = [_explain(detail, document, path) for detail in details]
    raise ConfigurationError(list(dict.fromkeys(problems)))


def _doubts(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    """What takes its time to find."""
    from voiced.config.collisions import taken, unspeakable  # noqa: PLC0415 (likewise)
    from voiced.tools.builtins.catalogue import to_look_at  # noqa: PLC0415 (likewise)

    yield from unspeakable(settings.tools)
    yield from _unusable_chimes(settings)
    if any(tool.phrases for tool in settings.tools):
        yield from taken(settings.tools, to_look_at(settings.builtins, settings.speaker.locale), "the built-ins")


def _unusable_chimes(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    """Sounds of the owner's that the speaker would start without."""
    from voiced.audio.chimes import SCORES, read_chime  # noqa: PLC0415 (likewise)

    wanted: dict[Path_, ChimeChoice] = {
        ("audio", "chimes", name): getattr(settings.audio.chimes, name) for name in SCORES
    }
    wanted |= {("wake_words", index, "chime"): word.chime for index, word in enumerate(settings.wake_words)}
    for at, choice in wanted.items():
        if isinstance(choice, Path):
            try:
                read_chime(choice)
            except ValueError as error:
                yield at, f"{error}; the usual sound is played instead"


def _read_all(path: Path) -> tuple[Document, list[str]]:
    """The merged document, and what could not be read of it."""
    document = Document()
    problems = [f"{file}: rename it to end in .yaml, or it is not read" for file in _misnamed(path)]
    tools: list[Any] = []
    marks: dict[Path_, Mark] = {}
    for file in _files(path):
        try:
            found = read(file)
        except DocumentError as error:
            problems.append(str(error))
            continue
        except OSError as error:
            problems.append(f"{file}: can't be read: {error.strerror}")
            continue
        if file.parent == path.parent / "tools.d":
            problems += _only_tools(found)
            _append_tools(found, tools, marks)
        else:
            document = merge(document, found)
    if tools and isinstance(document.data.setdefault("tools", []), list):
        offset = len(document.data["tools"])
        document.data["tools"] = [*document.data["tools"], *tools]
        document.marks.update({("tools", int(at[0]) + offset, *at[1:]): mark for at, mark in marks.items()})
    return document, problems


def _files(path: Path) -> Iterator[Path]:
    """The files in the order in which they are read; without /etc/voiced/voiced.yaml the defaults hold."""
    if path != CONFIGURATION or path.exists():
        yield path
    for folder in ("conf.d", "tools.d"):
        yield from sorted((path.parent / folder).glob("*.yaml"))


def _misnamed(path: Path) -> list[Path]:
    return sorted(file for folder in ("conf.d", "tools.d") for file in (path.parent / folder).glob("*.yml"))


def _only_tools(document: Document) -> list[str]:
    tools = document.data.get("tools", [])
    if not isinstance(tools, list):
        return [f"{document.marks[('tools',)]}: tools: a list is expected here (`- name: …`)"]
    return [
        f"{document.marks[(key,)]}: {key}: only `tools:` belongs in tools.d" for key in document.data if key != "tools"
    ]


def _append_tools(document: Document, tools: list[Any], marks: dict[Path_, Mark]) -> None:
    found = document.data.get("tools")
    if not isinstance(found, list):
        return
    marks.update(
        {
            (len(tools) + int(at[1]), *at[2:]): mark
            for at, mark in document.marks.items()
            if at[:1] == ("tools",) and len(at) > 1
        }
    )
    tools.extend(found)


def _explain(detail: ErrorDetails, document: Document, path: Path) -> str:
    """One problem as `file:line:col: key: what is wrong (did you mean …)`."""
    at = _known_path(detail["loc"], document.data)
    message = worded(detail, at)
    return _tell(at, message, document, path, str(detail["loc"][-1]) if detail["type"] == "missing" else "")


def _tell(at: Path_, message: str, document: Document, path: Path, missing: str = "") -> str:
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at)
    key = f"{key}.{missing}".strip(".")
    place = document.locate(at) or path
    return f"{place}: {key}: {message}" if key else f"{place}: {message}"


def _beside(document: Document, places: Sequence[Path_]) -> str:
    """Where the other one is that something doesn't go with."""
    return "".join(f", at {place}" for at in places if (place := document.locate(at)) is not None)


def _follows(detail: ErrorDetails, all_details: list[ErrorDetails]) -> bool:
    """Whether a problem only follows from another.

    A list is called too short when its items are wrong; what may also be something else than true or false is told as
    that.
    """
    if detail["type"] == "too_short":
        return bool(detail["input"])
    beside = [other for other in all_details if other["loc"][:-1] == detail["loc"][:-1] and other is not detail]
    return detail["loc"][-1] == "bool" and any(other["type"] != "bool_type" for other in beside)


def _each_mistake(detail: ErrorDetails) -> Iterator[ErrorDetails]:
    """A problem as it is, or as many as its validator found, each at its own place."""
    cause = detail.get("ctx", {}).get("error")
    if not isinstance(cause, Mistakes):
        yield detail
        return
    for at, message in cause.found:
        yield {**detail, "loc": (*detail["loc"], *at), "msg": message}


def _order(mark: Mark | None) -> tuple[str, int, int]:
    """Problems are told in the order of the files' lines."""
    return ("", 0, 0) if mark is None else (str(mark.file), mark.line, mark.column)


def _known_path(loc: tuple[int | str, ...], data: Any) -> Path_:  # noqa: ANN401 (whatever YAML holds)
    """The part of an error's location that is in the data; pydantic adds names of its own in between."""
    path: list[int | str] = []
    for part in loc:
        if not isinstance(data, dict | list):
            break
        for step in _steps(part, data):
            data = data[step]
            path.append(step)
    return tuple(path)


def _steps(part: int | str, data: Any) -> list[Any]:  # noqa: ANN401 (whatever YAML holds)
    """The keys and indices that a part of a location stands for: none where it is pydantic's own or is missing."""
    if isinstance(data, list):
        head, _, rest = str(part).partition(".")
        index = int(head) if head.isdecimal() and head.isascii() else len(data)
        return [] if index >= len(data) else [index, *(_steps(rest, data[index]) if rest else [])]
    if not isinstance(data, dict) or part in data:
        return [part] if isinstance(data, dict) else []
    # a template's place is told with dots, and a key may have some of its own
    heads = [key for key in data if str(part).startswith(f"{key}.")]
    longest = max(heads, key=len, default="")
    return [longest, *_steps(str(part).removeprefix(f"{longest}."), data[longest])] if longest else []
