from collections.abc import Iterator

import pytest
from demonstration.soundcard import SoundCard


@pytest.fixture(scope="session")
def sound_card() -> Iterator[SoundCard]:
    """One virtual sound card for the whole run: a process starts, and plays silence, as often as a test likes."""
    with SoundCard() as card:
        yield card
