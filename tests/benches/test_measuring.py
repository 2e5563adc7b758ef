import subprocess

import pytest
from benches.measuring import in_turns, measure

BUSY = "import time\nwhile time.process_time() < 0.3: pass"


def test_measure_counts_the_cpu_of_this_child_only() -> None:
    measure("-c", BUSY)
    idle = measure("-c", "print('told')")
    assert measure("-c", BUSY).cpu_seconds >= 0.3
    assert idle.cpu_seconds < 0.3
    assert idle.output == "told\n"


def test_measure_raises_when_the_program_fails() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        measure("-c", "raise SystemExit(3)")


def test_in_turns_interleaves_and_drops_the_first_pair() -> None:
    order: list[str] = []
    numbers = iter(range(100))

    def side(name: str) -> int:
        order.append(name)
        return next(numbers)

    assert in_turns(lambda: side("ours"), lambda: side("peer"), pairs=2) == [(2, 3), (4, 5)]
    assert order == ["ours", "peer"] * 3
