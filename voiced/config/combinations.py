"""What is wrong with settings that are each right."""

import difflib
from collections.abc import Iterator

from voiced.config.documents import Path_
from voiced.config.schema import VoicedSettings
from voiced.wakeword.models import check_name, word_name


def problems(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    """Each problem with the path of the key that should change."""
    yield from _wake_words(settings)
    yield from _personas(settings)
    yield from _twice([word_name(word.model) for word in settings.wake_words], ("wake_words",), "model", "wake word")
    yield from _twice([tool.name for tool in settings.tools], ("tools",), "name", "tool")


def _wake_words(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    for index, word in enumerate(settings.wake_words):
        try:
            check_name(word.model)
        except ValueError as error:
            yield ("wake_words", index, "model"), str(error)


def _personas(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    for index, word in enumerate(settings.wake_words):
        if word.persona not in settings.personas and word.persona != "default":
            close = difflib.get_close_matches(word.persona, settings.personas, 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            yield ("wake_words", index, "persona"), f"there is no persona {word.persona!r}{hint}"


def _twice(names: list[str], at: Path_, key: str, what: str) -> Iterator[tuple[Path_, str]]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (*at, index, key), f"the {what} {name!r} is there already"
