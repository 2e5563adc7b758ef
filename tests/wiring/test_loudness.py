import asyncio

import pytest

from voiced.wiring.loudness import Loudness


class Card:
    def __init__(self):
        self.volume = None

    async def set_volume(self, volume):
        self.volume = volume


@pytest.fixture
def card():
    return Card()


@pytest.fixture
def opened(card, tmp_path):
    return lambda configured=60: Loudness(configured, tmp_path / "state" / "volume.json", card.set_volume)


async def test_volume_is_the_configured_one_until_it_is_set_and_then_kept(opened, card):
    loudness = opened()
    assert loudness.volume == 60
    await loudness.set(35)
    assert (loudness.volume, card.volume) == (35, 35)
    assert opened().volume == 35


async def test_another_configured_volume_counts_again(opened):
    await opened(60).set(35)
    assert opened(80).volume == 80


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"configured": 60, "volume": "loud"}', '{"configured": 60}'])
async def test_damaged_file_leaves_the_configured_one(opened, tmp_path, text):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "volume.json").write_text(text)
    assert opened().volume == 60


async def test_file_that_cannot_be_written_is_a_warning(opened, card, tmp_path, caplog):
    (tmp_path / "state").write_text("")
    await opened().set(35)
    assert card.volume == 35
    assert "can't be kept" in caplog.text


async def test_control_socket_asks_and_sets(opened, card):
    loudness = opened()
    assert await loudness.errand({"verb": "volume"}) == {"volume": 60}
    assert await loudness.errand({"verb": "volume", "percent": 20}) == {"volume": 20}
    assert card.volume == 20


@pytest.mark.parametrize("percent", [-1, 101, "20", True, 20.5, [20]])
async def test_control_socket_refuses_what_is_no_percentage(opened, card, percent):
    answer = await opened().errand({"percent": percent})
    assert answer == {"error": "the volume is a whole number from 0 to 100"}
    assert card.volume is None


async def test_changes_at_the_same_time_get_in_no_ones_way(opened, caplog):
    loudness = opened()
    await asyncio.gather(*(loudness.set(percent) for percent in range(100)))
    assert opened().volume == loudness.volume == 99
    assert "can't be" not in caplog.text
