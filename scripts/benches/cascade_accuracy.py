"""How well the service on the device understands commands, and how well it tells them from other speech."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benches.cascade_corpus import TOOLS, Said, chatter, commands, household
from benches.cascade_voices import FORMANTS, HELD_OUT, VOICES, Noise, Utterance, in_a_room, spoken
from benches.figures import Figure
from benches.measuring import Wishes, measure
from voiced.cascade.grammar import Call, Grammar, Meaning, Several
from voiced.cascade.recogniser import Recogniser
from voiced.cascade.settings import CascadeSettings

_BENCH = "cascade-accuracy"
_COMMANDS, _SEVERAL = 504, 54
_HELD_OUT = 84
_FORMANTS = 168
_CHATTER = 300
_ROOMS: tuple[tuple[str, float | None, Noise, int], ...] = (
    ("clean", None, "pink", 1), ("10 dB", 10, "pink", 2), ("20 dB", 20, "pink", 3),
    ("10 dB of white noise", 10, "white", 12),
)  # fmt: skip
"""Name, decibels of speech over noise, that noise (pink is a fan's), and of how many sentences one is heard there."""
_GOALS = {"clean": 3.0, "10 dB": 10.0}
"""Percent of commands that may be understood wrongly, or not."""
_WRONGLY_EXECUTED = 1.0
_TOOLS = (1, 20, 200)


def run(wishes: Wishes) -> Iterator[Figure]:
    """Commands missed, other speech obeyed, and what it costs with more tools."""
    del wishes
    recogniser = Recogniser(CascadeSettings().wake_words)
    hearing = _Hearing(recogniser, recogniser.grammar(*household(len(TOOLS))))
    yield from hearing.missed("commands", commands(_COMMANDS, _SEVERAL), VOICES)
    yield from hearing.missed("commands, voice held out", commands(_HELD_OUT, _HELD_OUT // 9, seed=8), HELD_OUT)
    yield from hearing.missed("commands in formants", commands(_FORMANTS, _FORMANTS // 9, seed=6), FORMANTS)
    yield from hearing.obeyed(chatter(_CHATTER), [*VOICES, *FORMANTS, *HELD_OUT])
    yield from _growth()


@dataclass(frozen=True, slots=True)
class _Hearing:
    recogniser: Recogniser
    grammar: Grammar

    def missed(self, what: str, said: Sequence[Said], voices: Sequence[tuple[str, str]]) -> Iterator[Figure]:
        """The share of commands that did not become just the calls they mean."""
        utterances = spoken([each.text for each in said], voices)
        for room, ratio, noise, share in _ROOMS:
            chosen = _chosen(len(said), share)
            wrong = sum(
                _calls(self._meaning(utterances[index], ratio, noise, index))
                != [(name, dict(arguments)) for name, arguments in said[index].calls]
                for index in chosen
            )
            metric = f"{len(chosen)} {what}, missed, {room}"
            yield Figure.alone(_BENCH, metric, "%", [100 * wrong / len(chosen)], _GOALS.get(room))

    def obeyed(self, texts: Sequence[str], voices: Sequence[tuple[str, str]]) -> Iterator[Figure]:
        """The share of other sentences that had something done."""
        utterances = spoken(texts, voices)
        for room, ratio, noise, share in _ROOMS:
            chosen = _chosen(len(texts), share)
            done = sum(bool(_calls(self._meaning(utterances[index], ratio, noise, index))) for index in chosen)
            metric = f"{len(chosen)} other sentences, obeyed, {room}"
            yield Figure.alone(_BENCH, metric, "%", [100 * done / len(chosen)], _WRONGLY_EXECUTED)

    def _meaning(self, utterance: Utterance, ratio: float | None, noise: Noise, seed: int) -> Meaning | None:
        return self.recogniser.recognise(self.grammar, in_a_room(utterance, ratio, noise, seed)).meaning


def _chosen(count: int, share: int) -> list[int]:
    """Which of so many are heard where one of `share` is: of all voices, and always the same."""
    return sorted(random.Random(count).sample(range(count), count // share))  # noqa: S311 (nothing secret)


def _calls(meaning: Meaning | None) -> list[tuple[str, dict[str, object]]]:
    """A command's calls; what changes a command before does nothing where there was none."""
    calls = meaning.calls if isinstance(meaning, Several) else (meaning,)
    return [(call.name, dict(call.arguments)) for call in calls if isinstance(call, Call)]


def _growth() -> Iterator[Figure]:
    """Each number of tools in a process of its own."""
    costs = {}
    for tools in _TOOLS:
        usage = measure("-m", "benches.cascade_growth", str(tools))
        costs[tools] = json.loads(usage.output)
        yield Figure.alone(_BENCH, f"recognition, {tools} tools", "s/s", [costs[tools]["cpu"]])
        yield Figure.alone(_BENCH, f"grammar made, {tools} tools", "s", [costs[tools]["made"]])
        yield Figure.alone(_BENCH, f"memory, {tools} tools", "MB", [usage.peak_bytes / 1e6])
    for few, many in pairwise(_TOOLS):
        growth = costs[many]["cpu"] / costs[few]["cpu"]
        yield Figure.alone(_BENCH, f"recognition, {many} tools to {few}", "x", [growth], float(many // few))
