import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voiced.audio.mixing import DUCKED, FADE, JITTER_STEP, QUIET, Cut, Mix


def pcm(frames, level=1000):
    return np.full(frames, level, np.int16).tobytes()


def samples(data):
    return np.frombuffer(data, np.int16)


def test_nothing_written_plays_silence():
    assert Mix(100).take(10) == bytes(20)


def test_sound_is_played_once_in_order_and_padded():
    mix = Mix(100)
    mix.write("a", pcm(3, 1))
    mix.write("a", pcm(2, 2))
    assert list(samples(mix.take(4))) == [1, 1, 1, 2]
    assert list(samples(mix.take(4))) == [2, 0, 0, 0]
    assert mix.empty


@given(st.lists(st.integers(1, 50), max_size=20), st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_any_chunking_gives_back_the_same_samples(writes, takes):
    mix = Mix(100)
    total = np.arange(1, sum(writes) + 1, dtype=np.int16)
    at = 0
    for size in writes:
        mix.write("a", total[at : at + size].tobytes())
        at += size
    mix.finish()
    heard = np.concatenate([samples(mix.take(size)) for size in takes])
    expected = np.zeros(sum(takes), np.int16)
    expected[: min(len(total), len(expected))] = total[: len(expected)]
    assert np.array_equal(heard, expected)


def test_volume_changed_in_a_reply_holds_for_what_is_still_to_be_heard():
    mix = Mix(0)
    mix.write("a", pcm(20))
    assert not samples(mix.take(10)).any()
    mix.set_volume(100)
    mix.finish()
    assert set(samples(mix.take(10))) == {1000}


def test_volume_follows_a_square():
    mix = Mix(50)
    mix.write("a", pcm(1, 1000))
    assert samples(mix.take(1))[0] == 250


def test_flush_forgets_everything_but_a_fade_of_5_ms():
    mix = Mix(100)
    mix.write("a", pcm(24_000 * 10))
    mix.take(240)
    mix.flush()
    faded = samples(mix.take(240))
    assert faded[0] == 1000
    assert np.all(np.diff(faded[:FADE].astype(int)) <= 0)
    assert not faded[FADE - 1 :].any()
    assert not samples(mix.take(240)).any()


def test_flush_tells_how_much_of_the_item_was_heard():
    mix = Mix(100)
    mix.write("old", pcm(480))
    mix.finish()
    mix.take(480)
    mix.write("msg", pcm(24_000))
    for _ in range(50):
        mix.take(240)
    (cut,) = mix.flush()
    assert (cut.item_id, cut.played_ms) == ("msg", 500 + 5), "with the fade; what the device holds is heard too"


def test_flush_of_an_item_heard_to_its_end_cuts_nothing():
    mix = Mix(100)
    mix.write("msg", pcm(240))
    mix.finish()
    mix.take(240)
    assert mix.flush() == []


def test_flush_of_a_reply_that_was_not_heard_at_all_says_so():
    mix = Mix(100, lead_in_ms=100)
    mix.write("msg", pcm(2400))
    mix.take(240)
    mix.write("next", pcm(2400))
    assert mix.flush() == [Cut("msg", 0), Cut("next", 0)]


def test_flush_of_a_reply_that_ran_dry_before_its_end_cuts_it_there():
    mix = Mix(100)
    mix.write("msg", pcm(2400))
    mix.take(2400)
    assert mix.flush() == [Cut("msg", 100)]


def test_writing_after_a_flush_plays_the_new_sound_only():
    mix = Mix(100)
    mix.write("a", pcm(1000, 5))
    mix.take(240)
    mix.flush()
    mix.write("b", pcm(10, 7))
    mix.finish()
    mix.take(FADE)
    assert set(samples(mix.take(10))) == {7}


def chunk(level=1000):
    return pcm(240, level)


def test_reply_that_runs_dry_fades_waits_a_little_longer_and_fades_in_again():
    mix = Mix(100)
    mix.write("msg", chunk())
    heard = samples(mix.take(240))
    assert heard[0] == 1000, "the first sound is not held back"
    assert heard[-1] == 0, "but it ends softly where nothing follows"
    assert mix.underruns == 1
    mix.write("msg", chunk())
    assert not samples(mix.take(240)).any(), "less than the jitter buffer waits"
    mix.write("msg", chunk())
    resumed = samples(mix.take(240))
    assert resumed[0] == 0
    assert resumed[-1] == 1000


def test_reply_that_is_complete_runs_dry_without_a_fade_or_a_count():
    mix = Mix(100)
    mix.write("msg", chunk())
    mix.finish()
    assert set(samples(mix.take(240))) == {1000}
    assert mix.underruns == 0


def test_end_of_a_reply_shorter_than_the_jitter_buffer_is_heard():
    mix = Mix(100)
    for _ in range(3):
        mix.write("a", chunk())
        mix.take(240)
        mix.take(240)
    mix.write("b", pcm(100))
    mix.finish()
    assert samples(mix.take(240))[:100].any()


def test_jitter_buffer_shrinks_with_replies_that_had_no_underrun():
    mix = Mix(100)
    mix.write("a", chunk())
    mix.take(240)
    mix.finish()
    grown = mix.jitter_ms
    assert grown == JITTER_STEP * 1000 // 24_000
    for _ in range(6):
        mix.write("b", pcm(4800))
        mix.finish()
        mix.take(4800)
    assert mix.jitter_ms == 0


def test_effect_ducks_speech_without_a_jump_and_lets_it_return():
    mix = Mix(100)
    mix.write("msg", pcm(24_000))
    mix.take(240)
    mix.write_effect(bytes(480 * 2))
    ducking, ducked = samples(mix.take(240)), samples(mix.take(240))
    assert ducking[0] == 1000
    assert abs(ducking[-1] - 1000 * DUCKED) < 2
    assert set(ducked) == {int(1000 * DUCKED)}
    returning = samples(mix.take(240))
    assert np.abs(np.diff(returning.astype(int))).max() < 10
    assert samples(mix.take(240))[0] == 1000


def test_effect_alone_sounds_and_flush_ends_it():
    mix = Mix(100)
    mix.write_effect(pcm(1000))
    assert set(samples(mix.take(240))) == {1000}
    mix.flush()
    assert not samples(mix.take(240)).any()
    assert mix.empty


def test_loud_speech_and_effect_are_clipped_not_wrapped():
    mix = Mix(100)
    mix.write_effect(pcm(240, 32_000))
    mix.write("msg", pcm(240, 32_000))
    mix.finish()
    assert samples(mix.take(240)).min() == 32_767


def test_sleeping_amplifier_gets_its_lead_in_before_the_first_sound_only():
    mix = Mix(100, lead_in_ms=20)
    mix.write("msg", pcm(960))
    mix.finish()
    assert not samples(mix.take(480)).any()
    assert set(samples(mix.take(480))) == {1000}
    mix.write("msg", pcm(480))
    assert set(samples(mix.take(240))) == {1000}, "an amplifier that has just played is awake"
    for _ in range(QUIET // 240 + 3):
        mix.take(240)
    mix.write("again", pcm(480))
    assert not samples(mix.take(240)).any()


def test_lead_in_does_not_count_as_heard():
    mix = Mix(100, lead_in_ms=20)
    mix.write("msg", pcm(24_000))
    for _ in range(4):
        mix.take(240)
    assert mix.flush()[0].played_ms == 20 + 5


def test_effect_that_must_be_heard_is_so_at_any_volume():
    mix = Mix(0)
    mix.write_effect(pcm(240, 10_000), least_volume=50)
    assert np.frombuffer(mix.take(240), np.int16).max() == 2500
    mix.set_volume(100)
    mix.write_effect(pcm(240, 10_000), least_volume=50)
    assert np.frombuffer(mix.take(240), np.int16).max() == 10_000
