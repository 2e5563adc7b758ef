"""What was played of a reply that is sent faster, or slower, than it is heard."""

import pytest

from voiced.cascade.history import Item
from voiced.cascade.playout import Playout


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def playout(clock):
    return Playout(clock)


def send(playout, item, ms):
    item.audio_ms += ms
    playout.sent(item)


def test_what_was_sent_is_heard_in_its_time(playout, clock):
    item = Item({"id": "a"})
    for _ in range(4):
        send(playout, item, 500)
    clock.now += 1.2
    assert playout.playing
    assert playout.stop() == (item, 1200)
    assert not playout.playing


def test_what_was_heard_to_its_end_is_not_cut(playout, clock):
    send(playout, Item({"id": "a"}), 500)
    clock.now += 0.5
    assert not playout.playing
    assert playout.stop() is None


def test_a_sentence_that_comes_after_a_silence_is_heard_from_its_beginning(playout, clock):
    item = Item({"id": "a"})
    send(playout, item, 1000)
    clock.now += 4.0
    send(playout, item, 1000)
    clock.now += 0.25
    send(playout, item, 1000)
    assert playout.playing
    assert playout.stop() == (item, 1250)
