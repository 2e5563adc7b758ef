import logging
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from voiced.cascade.ears import Ears
from voiced.cascade.outputs import Follow
from voiced.cascade.recogniser import Heard

SILENCE = np.zeros(1600, np.int16)


class Broken:
    """An engine whose every call fails, as long as it is told to."""

    name = "parrot"

    def __init__(self, fault):
        self.fault = fault

    def grammar(self, tools, phrases):
        self._fail()
        return "a grammar"

    def recognise(self, grammar, samples):
        self._fail()
        return Heard("louder", None)

    def follow(self, grammar, piece):
        self._fail()

    def _fail(self):
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def worker():
    with ThreadPoolExecutor(1) as thread:
        yield thread


def errors(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("fault", [RuntimeError("deaf"), ValueError("deaf"), MemoryError("deaf"), KeyError("deaf")])
async def test_an_engine_that_fails_on_a_turn_is_told_of_in_one_line(worker, caplog, fault):
    engine = Broken(None)
    ears = Ears(engine, worker, {})
    await ears.grammar([], {})
    engine.fault = fault
    heard = await ears.recognise(SILENCE)
    assert "deaf" in heard.failure
    (line,) = errors(caplog)
    assert "parrot" in line
    engine.fault = None
    assert (await ears.recognise(SILENCE)).transcript == "louder"


async def test_an_engine_that_fails_within_a_turn_is_told_of_once_a_turn(worker, caplog):
    engine = Broken(None)
    ears = Ears(engine, worker, {})
    await ears.grammar([], {})
    engine.fault = IndexError("deaf")
    for _ in range(5):
        assert await ears.follow(Follow("turn 1", SILENCE, quiet=True)) is None
    assert len(errors(caplog)) == 1
    await ears.follow(Follow("turn 2", SILENCE, quiet=True))
    assert len(errors(caplog)) == 2
    assert "parrot" in errors(caplog)[0]


async def test_an_engine_that_makes_no_grammar_at_all_leaves_the_built_in_sentences(worker, caplog):
    ears = Ears(Broken(ZeroDivisionError("deaf")), worker, {})
    grammar = await ears.grammar([], {})
    assert grammar.understand(["never", "mind"]) is not None
    assert len(errors(caplog)) == 1
