import io

import numpy as np
import pytest
from demonstration import voice

from voiced.audio.frames import CAPTURE_RATE as RATE
from voiced.cascade.stop_word_stream import HEADER, read_record
from voiced.cascade.stop_words import StopWordError, StopWords, pronunciations

STORY = (
    "Here is a story about a small dog who lived near the old harbour, and used to bark at the boats that came in "
    "every morning. In the evening there was some rain, and the wind came from the west."
)
STOPS = "Say stop to end this. Stop! Stop it! Be quiet! To stop the music, say stop. You can stop. Stop."
PIECE = 320
LEARNT = 5.0
"""Seconds of a reply after which the room is known."""


@pytest.fixture(scope="module")
def story():
    return voice.speak(STORY, "slt").astype(float)


@pytest.fixture(scope="module")
def words(story):
    """Of a speaker that has spoken before: it knows the room."""
    words = StopWords(["stop", "be quiet"])
    spotted(words, in_a_room(story))
    return words


def in_a_room(played, said=None, at=0.0):
    """What a microphone hears of a reply, 6 dB down with a tail, and of somebody; beside it what was played."""
    rng = np.random.default_rng(2)
    response = np.zeros(1500)
    response[70] = 0.5
    response[120:] = rng.normal(size=1380) * np.exp(-np.arange(1380) / 300) * 0.01
    heard = np.convolve(played, response)[: len(played)] + rng.normal(size=len(played)) * 16
    if said is not None:
        start = int(at * RATE)
        heard[start : start + len(said)] += said
    return np.clip(np.column_stack([heard, played]), -32768, 32767).astype(np.int16)


def spotted(words, stereo, since=0, piece=PIECE):
    return [
        found
        for start in range(0, len(stereo), piece)
        for found in words.hear(stereo[start : start + piece], since + start)
    ]


@pytest.mark.parametrize(
    ("name", "said"), [("kal16", "stop"), ("rms", "stop"), ("awb", "be quiet"), ("slt", "be quiet")]
)
def test_stop_word_said_over_a_reply_is_spotted_where_it_ends(words, story, name, said):
    word = voice.speak(said, name)
    stereo = in_a_room(story, word, LEARNT)
    found = spotted(words, stereo, since=100_000)
    assert [one.phrase for one in found] == [said]
    late = found[0].position - 100_000 - int(LEARNT * RATE) - len(word)
    assert 0 < late < 0.3 * RATE


def test_reply_that_says_stop_is_not_told_to(words):
    assert spotted(words, in_a_room(voice.speak(STOPS, "slt").astype(float))) == []


def test_reply_that_says_stop_alone_is_not_told_to_even_where_no_echo_is_taken_out(words, monkeypatch):
    said = np.concatenate([np.zeros(RATE), voice.speak("stop", "kal16"), np.zeros(RATE)])
    heard = in_a_room(said)
    shifted = np.column_stack([heard[:, 0], np.roll(heard[:, 1], -800)])  # 50 ms: the reference lost its way
    monkeypatch.setattr(words._filter, "clean", lambda heard, played: (heard, np.zeros_like(played)))
    assert spotted(words, np.column_stack([heard[:, 0], np.zeros(len(heard), np.int16)]), since=10_000_000) != []
    assert spotted(words, shifted, since=20_000_000) == []


@pytest.mark.parametrize("said", ["please", "stop the music in the kitchen"])
def test_other_words_over_a_reply_are_none(words, story, said):
    assert spotted(words, in_a_room(story, voice.speak(said, "kal16"), LEARNT)) == []


def test_any_chunking_spots_the_same(story):
    stereo = in_a_room(story, voice.speak("stop", "kal16"), LEARNT)[: int((LEARNT + 1.5) * RATE)]
    found = [spotted(StopWords(["stop"]), stereo, piece=piece) for piece in (320, 777)]
    assert found[0] == found[1] != []


def test_sound_after_a_gap_is_a_new_stretch(words, story):
    stereo = in_a_room(story, voice.speak("stop", "kal16"), LEARNT)
    cut = int((LEARNT + 0.15) * RATE)  # in the middle of the word
    spotted(words, stereo[:cut])
    assert spotted(words, stereo[cut:], since=cut + 50_000) == []


def test_silence_is_nothing(words):
    assert spotted(words, np.zeros((RATE, 2), np.int16), since=5_000_000) == []


def test_word_with_several_pronunciations_has_them_all():
    assert pronunciations(["Stop the"]) == {"stop": "S T AA P", "the": "DH AH", "the(2)": "DH IY"}


@pytest.mark.parametrize("phrase", ["", "  ", "stop!", "größer", "stop 1"])
def test_phrase_that_is_no_english_words_is_refused(phrase):
    with pytest.raises(StopWordError, match="is not one or more English words"):
        pronunciations([phrase])


def test_word_that_no_one_can_pronounce_is_refused_by_name(monkeypatch):
    monkeypatch.setattr("voiced.cascade.stop_words.letter_to_sound", lambda _: None)
    with pytest.raises(StopWordError, match="'xqzt' is not in the recogniser's dictionary"):
        pronunciations(["stop xqzt"])


def test_records_are_read_until_the_stream_ends_even_within_one():
    sound = np.arange(8, dtype=np.int16).reshape(-1, 2)
    record = HEADER.pack(7, sound.nbytes) + sound.tobytes()
    stream = io.BytesIO(record + record[:-3])
    read = read_record(stream)
    assert read is not None
    assert read[0] == 7
    np.testing.assert_array_equal(read[1], sound)
    assert read_record(stream) is None
    assert read_record(stream) is None
