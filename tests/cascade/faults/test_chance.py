from dataclasses import asdict
from random import Random

from voiced.cascade.faults.chance import random_fault
from voiced.cascade.faults.kinds import parse


def drawn(seed, count=300):
    chance = Random(seed)
    return [random_fault(chance) for _ in range(count)]


def test_the_same_seed_gives_the_same_faults():
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


def test_every_drawn_fault_is_one_that_can_be_asked_for():
    for fault in drawn(1):
        assert parse({name: value for name, value in asdict(fault).items() if name != "_"}) == fault
        assert fault.connections == 1


def test_chance_knows_every_kind():
    assert {fault.kind for fault in drawn(1)} == {
        "refuse", "hang", "slow", "stop_reading", "stop_ponging", "half_open", "stall", "duplicate", "alter",
        "close", "drop", "reset", "expire", "inject",
    }  # fmt: skip
