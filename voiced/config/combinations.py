"""What is wrong with settings that are each right."""

import difflib
from collections.abc import Iterator

from voiced.assistant.conversation import END_CONVERSATION
from voiced.cascade import assembly
from voiced.config import tool_combinations
from voiced.config.documents import Path_
from voiced.config.schema import VoicedSettings
from voiced.tools.builtin_settings import switched_on
from voiced.voicelive import rules, tracing
from voiced.wakeword.models import check_name, word_name

Problem = tuple[Path_, str] | tuple[Path_, str, Path_]
"""The path of the key that should change, what is wrong with it, and the path of what it doesn't go with, if any."""


def problems(settings: VoicedSettings) -> Iterator[Problem]:
    """What can't be used together."""
    yield from _wake_words(settings)
    yield from _personas(settings)
    yield from _twice([word_name(word.model) for word in settings.wake_words], ("wake_words",), "model", "wake word")
    yield from _twice([tool.name for tool in settings.tools], ("tools",), "name", "tool")
    for index, tool in enumerate(settings.tools):
        if tool.name == END_CONVERSATION:
            yield ("tools", index, "name"), f"{END_CONVERSATION} is the speaker's own, and hangs up; take another name"
    yield from _tools_of_personas(settings)
    yield from _personas_of_tools(settings)
    yield from _ducking(settings)
    yield from _stop_words(settings)
    yield from tool_combinations.problems(settings)
    yield from ((("cascade", *at), message) for at, message in assembly.problems(settings.cascade))
    yield from rules.problems(_asked(settings))
    missing = tracing.lacking(settings.voice_live.traces)
    if missing is not None:
        yield ("voice_live", "traces"), missing


def advice(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    """What looks like a mistake and may be none, likewise."""
    yield from rules.advice(_asked(settings))
    yield from tool_combinations.advice(settings)
    if settings.cascade.reply.chat is not None and settings.cascade.recognition.engine == "pocketsphinx":
        yield (
            ("cascade", "reply", "chat"),
            "is reached in writing only: pocketsphinx hears no words but those of tools; take another recognition",
        )


def _asked(settings: VoicedSettings) -> rules.Asked:
    """What sessions are asked for: with every persona that is configured, and every one that a wake word calls."""
    names = dict.fromkeys([*settings.personas, *(word.persona for word in settings.wake_words)])
    return rules.Asked(settings.voice_live, {name: settings.persona(name) for name in names}, settings.speaker.locale)


def _own_tools(settings: VoicedSettings) -> list[str]:
    own = sorted(switched_on(settings.builtins))
    own += () if settings.home_assistant is None else settings.home_assistant.tools
    return [tool.name for tool in settings.tools] + own


def _ducking(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    if settings.mcp_servers:
        return  # what their tools are called shows when they run
    known = _own_tools(settings)
    for key, step in (("begin", settings.ducking.begin), ("end", settings.ducking.end)):
        if step is not None and step.call not in known:
            close = difflib.get_close_matches(step.call, known, 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            yield ("ducking", key, "call"), f"there is no tool {step.call!r}{hint}"


def _tools_of_personas(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    if settings.mcp_servers:
        return  # likewise
    known = _own_tools(settings) + [server.label for server in settings.voice_live.mcp_servers]
    for name, persona in settings.personas.items():
        for index, tool in enumerate(persona.tools or ()):
            if tool not in known:
                close = difflib.get_close_matches(tool, known, 1)
                hint = f" (did you mean {close[0]}?)" if close else ""
                yield ("personas", name, "tools", index), f"there is no tool {tool!r}{hint}"


def _stop_words(settings: VoicedSettings) -> Iterator[tuple[Path_, str]]:
    if "stop_words" not in settings.conversation.model_fields_set:
        return
    from voiced.cascade.decoding import RecogniserError  # noqa: PLC0415 (a recogniser: only for who chose words)
    from voiced.cascade.stop_words import StopWordError, pronunciations  # noqa: PLC0415 (likewise)

    for index, phrase in enumerate(settings.conversation.stop_words):
        try:
            pronunciations([phrase])
        except StopWordError as error:
            yield ("conversation", "stop_words", index), str(error)
        except RecogniserError:
            return  # which is no mistake in the settings; `voiced doctor` and the start tell of it


def _personas_of_tools(settings: VoicedSettings) -> Iterator[Problem]:
    known = settings.persona_names()
    for index, tool in enumerate(settings.tools):
        for place, persona in enumerate(tool.personas or ()):
            if persona not in known:
                close = difflib.get_close_matches(persona, known, 1)
                hint = f" (did you mean {close[0]}?)" if close else ""
                yield ("tools", index, "personas", place), f"there is no persona {persona!r}{hint}"


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


def _twice(names: list[str], at: Path_, key: str, what: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if first.setdefault(name, index) != index:
            yield (*at, index, key), f"the {what} {name!r} is there already", (*at, first[name], key)
