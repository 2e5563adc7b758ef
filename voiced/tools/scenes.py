"""What is wrong with scenes, seen with the tools that they call."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from voiced.tools.actions.scene_settings import SceneStep
from voiced.tools.settings import ToolSettings
from voiced.tools.suggestion import suggestion

Problem = tuple[tuple[str | int, ...], str]
"""The path of the key that should change, and what is wrong with it."""


def problems(tools: Sequence[ToolSettings], others: Collection[str] | None) -> Iterator[Problem]:
    """Calls of tools that are not there, that lead back, that don't fit, and that would ask in between.

    `others` are tools that are not the owner's; None where nobody can know them all.
    """
    known = {tool.name: tool for tool in tools}
    for index, tool in enumerate(tools):
        if tool.scene is None:
            continue
        path = ("tools", index, "scene", "steps")
        for place, step in enumerate(tool.scene.steps):
            if step.call is not None:
                for key, what in _of_step(tool, step, step.call, known, others):
                    yield (*path, place, key), what
        if tool.scene.waits >= tool.timeout_seconds:
            limit = f"{tool.timeout_seconds:g} seconds"
            what = f"it pauses for {tool.scene.waits:g} seconds, and ends after {limit}: give it more `timeout_seconds`"
            yield ("tools", index, "scene"), what


def _of_step(
    scene: ToolSettings, step: SceneStep, name: str, known: Mapping[str, ToolSettings], others: Collection[str] | None
) -> Iterator[tuple[str, str]]:
    called = known.get(name)
    if called is None:
        if others is not None and name not in others:
            yield "call", f"there is no tool '{name}'{suggestion(name, [*known, *others])}"
        return
    back = _way(name, scene.name, known, frozenset())
    if back is not None:
        yield "call", f"it would never end: {' calls '.join([scene.name, *back])}"
        return
    if called.confirm is not False and scene.confirm is False:
        yield (
            "call",
            f"{name} is asked about, so give the scene `confirm: true`: then it is asked once, at the beginning",
        )
    for argument in step.arguments:
        if argument not in called.parameters:
            yield "with", f"{name} has no parameter '{argument}'{suggestion(argument, called.parameters)}"
    missing = [each for each, one in called.parameters.items() if one.required and each not in step.arguments]
    if missing:
        yield "with", f"{name} needs {', '.join(missing)}"


def _way(begin: str, end: str, known: Mapping[str, ToolSettings], seen: frozenset[str]) -> list[str] | None:
    """The tools from one to another by calls of scenes, both included; None where there is no way."""
    if begin == end:
        return [end]
    tool = known.get(begin)
    if tool is None or tool.scene is None or begin in seen:
        return None
    for step in tool.scene.steps:
        rest = None if step.call is None else _way(step.call, end, known, seen | {begin})
        if rest is not None:
            return [begin, *rest]
    return None
