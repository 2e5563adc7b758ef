import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # what these tests share lies beside them, and is no test

from soundcard import SoundCard


@pytest.fixture(scope="session")
def sound_card() -> Iterator[SoundCard]:
    """One virtual sound card for the whole run: a process starts, and plays silence, as often as a test likes."""
    with SoundCard() as card:
        yield card
