import base64

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.cascade.echo_model import EchoModel
from voiced.cascade.parameters.defaults import default_session
from voiced.cascade.protocol import event
from voiced.cascade.resampling import resample

RATE = 16_000
NOISE = np.random.default_rng(7).normal(size=24_000).astype(np.float64) * 3000
SERVER = {"type": "server_echo_cancellation", "reference_source": "server", "channels": 1}
CLIENT = {"type": "server_echo_cancellation", "reference_source": "client", "channels": 2}


def sound(ms):
    return NOISE[: ms * 24].astype(np.int16)


def session(echo=None, *, interrupt=True):
    shown = default_session("sess_1", "voiced", 0) | {"input_audio_echo_cancellation": echo}
    shown["turn_detection"]["interrupt_response"] = interrupt
    return event("session.updated", session=shown)


def delta(samples, item_id="a"):
    return event("response.audio.delta", item_id=item_id, delta=base64.b64encode(samples.tobytes()).decode())


def done(status="completed"):
    return event("response.done", response={"status": status})


CREATED, SOUND_DONE = event("response.created"), event("response.audio.done")
STARTED = event("input_audio_buffer.speech_started")


def truncated(ms, item_id="a"):
    return event("conversation.item.truncated", item_id=item_id, audio_end_ms=ms)


def say(model, samples, item_id="a"):
    for frame in (CREATED, delta(samples, item_id), SOUND_DONE, done()):
        model.sent(frame)


def heard(model, count, piece=320):
    """What is mixed into a silent microphone."""
    return np.concatenate(
        [model.mix(np.zeros(min(piece, count - at), np.int16)) for at in range(0, count, piece)] or [[]]
    )


def loudness(samples):
    return int(np.abs(samples.astype(int)).max(initial=0))


_pieces = st.lists(st.integers(0, 1500), min_size=1, max_size=20)


@settings(max_examples=50, deadline=None)
@given(_pieces, _pieces, st.integers(0, 3000), st.sampled_from([-20.0, -6.0, 0.0, 12.0]))
def test_every_sample_is_heard_once_later_and_softer_however_it_comes(sent, received, delay_ms, gain_db):
    model, reply = EchoModel(delay_ms, gain_db), NOISE[: sum(sent)].astype(np.int16)
    model.sent(CREATED)
    for part in np.split(reply, np.cumsum(sent)[:-1]):
        model.sent(delta(part))
    model.sent(SOUND_DONE)
    own = np.random.default_rng(1).integers(-32768, 32767, sum(received), np.int16)
    mixed = [model.mix(part) for part in np.split(own, np.cumsum(received)[:-1])]
    late = np.zeros(delay_ms * RATE // 1000)
    echo = np.rint(np.concatenate([late, resample(reply, 24_000, RATE) * 10 ** (gain_db / 20), np.zeros(len(own))]))
    assert np.array_equal(np.concatenate(mixed), np.clip(own + echo[: len(own)], -32768, 32767))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 150)), max_size=8), st.integers(40, 4000))
def test_sound_is_played_when_it_comes_or_after_what_is_being_played(replies, piece):
    model, delay = EchoModel(20, 0), 320
    mixed, expected, busy_until = np.zeros(0), np.zeros(100_000), 0
    for number, (gap, ms) in enumerate(replies):
        mixed = np.concatenate([mixed, heard(model, gap, piece)])
        say(model, sound(ms), f"item{number}")
        played = resample(sound(ms), 24_000, RATE)
        start = max(busy_until, len(mixed))
        busy_until = start + len(played)
        expected[start + delay : busy_until + delay] = played
    mixed = np.concatenate([mixed, heard(model, RATE, piece)])
    assert np.array_equal(mixed, expected[: len(mixed)])


def test_a_client_that_is_interrupted_falls_silent_and_drops_what_was_queued():
    model = EchoModel(50, 0)
    model.sent(CREATED)
    model.sent(delta(sound(500)))
    assert loudness(heard(model, 3200)) > 1000
    model.sent(STARTED)
    model.sent(delta(sound(200)))
    assert loudness(heard(model, 3200)) == 0, "the late piece is dropped, too"
    model.sent(SOUND_DONE)
    model.sent(done("cancelled"))
    assert loudness(heard(model, RATE)) == 0
    say(model, sound(100), "b")
    assert loudness(heard(model, RATE)) > 1000, "the next reply is heard again"


def test_an_interruption_after_the_reply_was_sent_silences_what_still_plays():
    model = EchoModel(50, 0)
    say(model, sound(1000))
    heard(model, 3200)
    model.sent(STARTED)
    assert loudness(heard(model, RATE)) == 0


def test_a_client_that_wants_no_interruption_plays_on():
    model = EchoModel(50, 0)
    model.sent(session(interrupt=False))
    say(model, sound(500))
    model.sent(STARTED)
    assert loudness(heard(model, RATE)) > 1000


def test_a_client_that_cancels_falls_silent():
    model = EchoModel(50, 0)
    model.sent(CREATED)
    model.sent(delta(sound(500)))
    heard(model, 1600)
    model.sent(SOUND_DONE)
    model.sent(done("cancelled"))
    assert loudness(heard(model, RATE)) == 0


@pytest.mark.parametrize("ms", [0, 100, 333, 500])
def test_of_a_truncated_item_just_that_much_is_heard(ms):
    model = EchoModel(50, 0)
    model.sent(CREATED)
    for at in (0, 200, 400):
        model.sent(delta(sound(500)[at * 24 : at * 24 + 4800]))
    model.sent(truncated(ms))
    model.sent(delta(sound(100)))
    model.sent(SOUND_DONE)
    whole = resample(sound(500), 24_000, RATE)
    echo = heard(model, RATE)[800:]
    certain = ms * 16 if ms < 500 else ms * 16 - 16  # the last millisecond is still in the filter
    assert np.array_equal(echo[:certain], whole[:certain])
    assert loudness(echo[ms * 16 :]) == 0


def test_an_earlier_item_that_is_truncated_late_does_not_silence_the_next_reply():
    model = EchoModel(0, 0)
    say(model, sound(1000), "a")
    model.sent(STARTED)
    model.sent(CREATED)
    model.sent(truncated(0, "a"))
    model.sent(delta(sound(100), "b"))
    assert loudness(heard(model, RATE)) > 1000


def test_truncating_another_item_changes_nothing():
    model = EchoModel(0, 0)
    say(model, sound(100), "a")
    model.sent(truncated(0, "z"))
    assert np.array_equal(heard(model, 1600), resample(sound(100), 24_000, RATE))


def test_what_follows_a_truncated_item_is_played_at_once():
    model = EchoModel(0, 0)
    say(model, sound(1000), "a")
    model.sent(truncated(100, "a"))
    say(model, sound(100), "b")
    assert np.array_equal(heard(model, RATE)[1600:3200], resample(sound(100), 24_000, RATE))


@pytest.mark.parametrize(
    ("echo", "delay_ms", "audible"),
    [
        (None, 0, True),
        (SERVER, 0, False),
        (SERVER, 1999, False),
        (SERVER, 2000, True),
        (CLIENT, 0, True),
    ],
)
def test_only_the_servers_own_reference_helps_and_only_below_two_seconds(echo, delay_ms, audible):
    model = EchoModel(delay_ms, 0)
    model.sent(session(echo))
    say(model, sound(500))
    assert (loudness(heard(model, 3 * RATE)) > 0) is audible


def test_cancellation_that_is_switched_on_meanwhile_takes_out_the_rest():
    model = EchoModel(0, 0)
    say(model, sound(1000))
    assert loudness(heard(model, 3200)) > 1000
    model.sent(session(SERVER))
    assert loudness(heard(model, 3200)) == 0
    model.sent(session())
    assert loudness(heard(model, 3200)) > 1000


def test_a_client_that_never_listens_is_not_kept_in_memory():
    model = EchoModel(0, 0)
    for _ in range(130):
        say(model, sound(1000))
    assert loudness(heard(model, 119 * RATE, RATE)[-RATE:]) > 1000
    assert loudness(heard(model, 11 * RATE, RATE)[-8 * RATE :]) == 0
