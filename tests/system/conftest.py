from collections.abc import Iterator
from pathlib import Path

import pytest
from demonstration.soundcard import SoundCard


@pytest.fixture(scope="session")
def sound_card() -> Iterator[SoundCard]:
    """One virtual sound card for the whole run: a process starts, and plays silence, as often as a test likes."""
    with SoundCard() as card:
        yield card


@pytest.hookimpl(tryfirst=True)  # before -m looks
def pytest_collection_modifyitems(items):
    """A sound card in real time, and a Debian that boots, leave no room beside them."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.alone)
