from dataclasses import asdict

import pytest

from voiced.cascade.faults.chance import random_fault
from voiced.cascade.faults.kinds import parse


@pytest.fixture
def drawn(chance_of):
    return lambda seed: list(map(random_fault, [chance_of(seed)] * 300))


def test_the_same_seed_gives_the_same_faults(drawn):
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


def test_every_drawn_fault_is_one_that_can_be_asked_for(drawn):
    for fault in drawn(1):
        assert parse({name: value for name, value in asdict(fault).items() if name != "_"}) == fault
        assert fault.connections == 1


def test_chance_knows_every_kind(drawn):
    assert {fault.kind for fault in drawn(1)} == {
        "refuse", "hang", "slow", "stop_reading", "stop_ponging", "half_open", "stall", "duplicate", "alter",
        "close", "drop", "reset", "expire", "inject",
    }  # fmt: skip
