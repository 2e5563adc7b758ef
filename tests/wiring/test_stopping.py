from voiced.assistant.phases import Phase
from voiced.audio.frames import Frame
from voiced.wiring.stopping import AFTER, LATEST, Attention

FRAMES = 320


def frame(number):
    return Frame(bytes(2 * FRAMES), number * FRAMES, 0.02 * number)


def wanted(attention, numbers, phase, *, sounding):
    return [attention.wanted(frame(number), phase, sounding=sounding) for number in numbers]


def test_silence_is_not_listened_to():
    assert not any(wanted(Attention(), range(200), Phase.IDLE, sounding=False))


def test_chime_while_the_user_is_listened_to_is_not_listened_to():
    assert not any(wanted(Attention(), range(20), Phase.LISTENING, sounding=True))


def test_reply_and_alarm_are_listened_to_from_their_first_frame():
    for phase in (Phase.SPEAKING, Phase.ALERTING):
        assert all(wanted(Attention(), range(20), phase, sounding=True))


def test_word_that_cut_the_reply_short_is_heard_to_its_end_and_no_longer():
    attention = Attention()
    wanted(attention, range(100), Phase.SPEAKING, sounding=True)
    after = wanted(attention, range(100, 300), Phase.LISTENING, sounding=False)
    assert after.count(True) == AFTER // FRAMES - 1
    assert after == sorted(after, reverse=True)


def test_nothing_is_listened_to_once_the_conversation_is_over():
    attention = Attention()
    wanted(attention, range(100), Phase.SPEAKING, sounding=True)
    attention.end()
    assert not any(wanted(attention, range(100, 300), Phase.IDLE, sounding=False))


def test_word_of_an_earlier_reply_does_not_concern_this_one():
    attention = Attention()
    wanted(attention, range(100), Phase.SPEAKING, sounding=True)
    attention.end()
    wanted(attention, range(100, 200), Phase.IDLE, sounding=False)
    wanted(attention, range(200, 210), Phase.SPEAKING, sounding=True)
    assert not attention.concerns(90 * FRAMES)
    assert attention.concerns(205 * FRAMES)


def test_answer_that_comes_much_too_late_concerns_nothing():
    attention = Attention()
    wanted(attention, range(300), Phase.SPEAKING, sounding=True)
    assert attention.concerns(300 * FRAMES - LATEST)
    assert not attention.concerns(300 * FRAMES - LATEST - 1)
