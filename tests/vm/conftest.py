import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # what these tests share lies beside them, and is no test

from machine import Machine

_FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash[_FIGURES]:
        terminalreporter.section("measured in the virtual machine")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Sentences with what was measured; they are printed at the end."""
    return pytestconfig.stash[_FIGURES]


@pytest.fixture(scope="module")
def machine(figures: list[str]) -> Iterator[Machine]:
    """One virtual machine for all tests of a file: it takes half a minute to boot, and no two should run at once."""
    with Machine() as machine:
        figures.append(f"it booted in {machine.boot_seconds:.0f} s")
        yield machine
