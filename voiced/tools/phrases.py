"""The sentence templates that make a tool understood offline (hassil's syntax), checked when they are loaded."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from voiced.tools.suggestion import suggestion

if TYPE_CHECKING:
    from hassil.expression import Expression, ListReference, RuleReference


def problems(phrase: str, parameters: Collection[str], required: Collection[str]) -> list[str]:
    """What is wrong with a phrase of a tool with these parameters, one sentence each."""
    from hassil.expression import RuleReference  # noqa: PLC0415 (only for who has phrases; so below)
    from hassil.parse_expression import parse_sentence  # noqa: PLC0415
    from hassil.parser import ParseError  # noqa: PLC0415

    try:
        references = list(_references(parse_sentence(phrase).expression))
    except (ParseError, AssertionError, RecursionError):  # hassil asserts that braces are not empty
        return [f"'{phrase}': not a sentence template; check that every ( [ {{ is closed and not empty"]
    slots = set()
    found = []
    for reference in references:
        if isinstance(reference, RuleReference):
            found.append(f"'{phrase}': <{reference.rule_name}> is a rule, and there are none; write it out")
            continue
        slots.add(reference.slot_name)
        named = {reference.slot_name} if reference.is_inline_range else {reference.list_name, reference.slot_name}
        found += [
            f"'{phrase}': {{{name}}} is no parameter{suggestion(name, parameters)}"
            for name in sorted(named - set(parameters))
        ]
    found += [
        f"'{phrase}': never says {{{name}}}, which has no default"
        for name in required
        if not found and name not in slots
    ]
    return found


def _references(expression: "Expression") -> "Iterator[ListReference | RuleReference]":
    from hassil.expression import Group, ListReference, RuleReference  # noqa: PLC0415

    if isinstance(expression, ListReference | RuleReference):
        yield expression
    elif isinstance(expression, Group):
        for item in expression.items:
            yield from _references(item)
