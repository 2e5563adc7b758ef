"""What the service refuses of settings that are each right, told before it is asked (voice-live §4).

Each rule is a function from what is asked to findings: the path of the key that should change, and what is wrong with
the fix. `problems` keep a session from working; `advice` is about what we can't be sure of.
"""

from collections.abc import Iterator

from voiced.voicelive.rules import agents, answers, known, remote, sound, transcripts, turns, voices
from voiced.voicelive.rules.asked import Asked, Finding, Rule

PROBLEMS: tuple[Rule, ...] = (
    *agents.PROBLEMS, *answers.PROBLEMS, *remote.PROBLEMS, *sound.PROBLEMS, *transcripts.PROBLEMS, *turns.PROBLEMS,
    *voices.PROBLEMS,
)  # fmt: skip
ADVICE: tuple[Rule, ...] = (*known.ADVICE, *agents.ADVICE, *remote.ADVICE, *turns.ADVICE, *voices.ADVICE)

__all__ = ["ADVICE", "PROBLEMS", "Asked", "Finding", "Rule", "advice", "problems"]


def problems(asked: Asked) -> Iterator[Finding]:
    """Everything the service would refuse or ignore."""
    for rule in PROBLEMS:
        yield from rule(asked)


def advice(asked: Asked) -> Iterator[Finding]:
    """Everything that looks like a mistake, and may be none."""
    for rule in ADVICE:
        yield from rule(asked)
