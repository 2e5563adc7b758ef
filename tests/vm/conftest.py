import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # what these tests share lies beside them, and is no test

from machine import Machine


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """One virtual machine for the whole run: it takes half a minute to boot."""
    with Machine() as machine:
        yield machine
