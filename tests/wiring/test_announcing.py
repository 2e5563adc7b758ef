import pytest

from voiced.assistant.events import AnnouncementMade
from voiced.wiring.announcing import WAITING, AnnouncementError, Announcing

SECOND = bytes(48_000)


class Voice:
    def __init__(self):
        self.error = None

    async def speak(self, text):
        if self.error:
            raise self.error
        return SECOND * len(text)


@pytest.fixture
def voice():
    return Voice()


@pytest.fixture
def told():
    return []


@pytest.fixture
def announcing(voice, told):
    return Announcing(voice.speak, told.append)


async def test_text_is_spoken_and_its_length_told(announcing, told):
    await announcing.say("ab")
    assert told == [AnnouncementMade(2.0, "ab")]
    assert announcing.next() == SECOND * 2
    assert announcing.next() == b""


async def test_announcements_keep_their_order(announcing):
    await announcing.say("ab")
    announcing.play(SECOND)
    assert [len(announcing.next()), len(announcing.next())] == [96_000, 48_000]


async def test_as_many_as_may_wait_are_taken_and_one_more_is_refused(announcing, told):
    for _ in range(WAITING):
        await announcing.say("a")
    with pytest.raises(AnnouncementError, match="wait already"):
        await announcing.say("a")
    assert len(told) == WAITING
    announcing.next()
    await announcing.say("a")
    announcing.drop(WAITING)
    assert announcing.next() == b""


@pytest.mark.parametrize(("text", "error"), [("", None), ("a", RuntimeError("no voice")), ("a", OSError("no fork"))])
async def test_text_that_cannot_be_spoken_is_told_and_takes_no_place(announcing, voice, told, text, error):
    voice.error = error
    for _ in range(WAITING + 1):
        with pytest.raises(AnnouncementError, match=str(error) if error else "nothing in the text"):
            await announcing.say(text)
    assert told == []


async def test_announcements_that_nobody_will_hear_are_told_of(announcing, caplog):
    announcing.close()
    assert not caplog.text
    await announcing.say("a")
    announcing.close()
    assert "not said, because the speaker ends: 1" in caplog.text
