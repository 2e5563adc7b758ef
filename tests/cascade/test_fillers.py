"""Filler words over a reply: a session, its sound in frames, and what its recogniser hears."""

import base64
import json

import numpy as np
import pytest

from voiced.cascade.fillers import hesitates, says_nothing, without_hesitations
from voiced.cascade.grammar import Call, Plain, Standing
from voiced.cascade.outputs import Follow, Recognise, Wait
from voiced.cascade.recogniser import NOTHING, Heard
from voiced.cascade.stages import Partial

RATE = 24_000
STARTED, STOPPED = "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"
LIGHT = Heard("turn the light on", Call("set_light", {"state": "on"}), 1.0)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(new_client, clock):
    made = new_client(clock=clock, sound=b"\1\0" * RATE * 4)
    detection = {"type": "azure_semantic_vad", "remove_filler_words": True, "auto_truncate": True}
    made.send("session.update", session={"turn_detection": detection, "tools": [made.TOOL]})
    return made


def speak(client, heard, *, ms, after=800):
    """Say something for some ms, in frames of 20 ms; what comes by the recognition of its pauses."""
    before, noise = len(client.sent), np.random.default_rng(1)
    client.hold = (Recognise, Wait)
    for level, length in ((30, 300), (3000, ms), (30, after)):
        for _ in range(length // 20):
            sound = (noise.normal(size=RATE // 50) * level).astype(np.int16).tobytes()
            client.text(json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(sound).decode()}))
            for job in [job for job in client.held if isinstance(job, Recognise)]:
                client.held.remove(job)
                if client.session.wants(job.ticket):
                    client.perform(client.session.recognised(job.ticket, heard))
    return client.types(client.sent[before:])


@pytest.fixture
def replying(client):
    client.hold = (Wait,)
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "It is a long story."}]}
    client.send("response.create", response={"pre_generated_assistant_message": message})
    assert "response.audio.delta" in client.types()
    return client


@pytest.mark.parametrize("text", ["um", "Uh, yeah.", "Mm hmm", ""])
def test_a_filler_over_a_reply_is_ignored(replying, text):
    assert speak(replying, Heard(text, None), ms=400) == []


@pytest.mark.parametrize("heard", [LIGHT, Heard("tell me more", None), Heard("", None, failure="deaf")])
def test_more_than_a_filler_interrupts_the_reply_and_is_answered(replying, heard):
    types = speak(replying, heard, ms=400)
    assert types[0] == STARTED
    assert types.index(STARTED) < types.index("response.done") < types.index(STOPPED)
    cancelled = next(frame for frame in replying.sent if frame["type"] == "response.done")
    assert cancelled["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    started, stopped = replying.last(STARTED), replying.last(STOPPED)
    assert started["item_id"] == stopped["item_id"] == replying.last("input_audio_buffer.committed")["item_id"]
    assert started["audio_start_ms"] < stopped["audio_end_ms"]


def test_long_speech_interrupts_before_it_is_known_what_it_is(replying):
    types = speak(replying, NOTHING, ms=1400, after=0)
    assert types[0] == STARTED
    assert "response.done" in types
    assert STOPPED not in types


def test_a_reply_that_was_sent_counts_until_it_was_heard(client, clock):
    client.send("response.create")
    assert client.types()[-1] == "response.done"
    clock.now = 3.0
    assert speak(client, Heard("um", None), ms=400) == []
    clock.now = 5.0
    assert speak(client, Heard("um", None), ms=400)[:2] == [STARTED, STOPPED]


def test_without_the_option_a_filler_interrupts(replying):
    replying.send("session.update", session={"turn_detection": {"type": "azure_semantic_vad"}})
    assert speak(replying, Heard("um", None), ms=400)[0] == STARTED


def test_a_doubtful_turn_is_gone_with_turn_detection(replying):
    replying.hold = (Recognise, Wait)
    replying.say(seconds=0.4)
    replying.send("session.update", session={"turn_detection": None})
    replying.hold = ()
    jobs = [job for job in replying.held if isinstance(job, Recognise)]
    assert jobs
    assert not any(replying.session.wants(job.ticket) for job in jobs)


def test_hesitations_are_no_part_of_what_is_meant():
    assert without_hesitations(["um", "turn", "on", "uh", "the"]) == ["turn", "on", "the"]
    assert hesitates(["turn", "on", "the", "uh"])
    assert not hesitates([])
    assert not says_nothing(Heard("oh no", None))
    assert not says_nothing(Heard("yeah", Plain("All right.")))


def test_a_command_interrupts_as_soon_as_it_is_known_within_its_pause(replying):
    replying.hold = (Recognise, Wait, Follow)
    detection = {"type": "azure_semantic_vad", "remove_filler_words": True, "silence_duration_ms": 2000}
    replying.send("session.update", session={"turn_detection": detection})
    before = len(replying.sent)
    replying.say(seconds=0.4, silence=0.3)
    assert replying.types(replying.sent[before:]) == []
    replying.perform(replying.session.followed(None))
    replying.say(seconds=0.0, silence=0.1)
    replying.perform(replying.session.followed(Partial(Standing.COMPLETE, LIGHT)))
    types = replying.types(replying.sent[before:])
    assert types[0] == STARTED
    assert STOPPED not in types


LOUD, QUIET = 3000, 30


def sound(client, *stretches):
    """Noise of some (level, ms), at once."""
    noise = np.random.default_rng(1)
    parts = [noise.normal(size=RATE * ms // 1000) * level for level, ms in stretches]
    data = base64.b64encode(np.concatenate(parts).astype(np.int16).tobytes()).decode()
    before = len(client.sent)
    client.send("input_audio_buffer.append", audio=data)
    return client.types(client.sent[before:])


@pytest.mark.parametrize("text", ["turn the light on", "um"])
@pytest.mark.parametrize("ms", [400, 1400])
def test_turns_keep_their_order_where_the_recogniser_is_late(client, clock, text, ms):
    """The reply is over when the second begins, and what the first one was is not known yet."""
    client.send("response.create")
    client.hold = (Recognise, Follow)
    clock.now = 3.0
    assert sound(client, (QUIET, 300), (LOUD, 400), (QUIET, 800)) == []
    clock.now = 5.0
    before = len(client.sent)
    sound(client, (LOUD, ms), (QUIET, 800))
    for job in [job for job in client.held if isinstance(job, Recognise)]:
        if client.session.wants(job.ticket):
            client.perform(client.session.recognised(job.ticket, Heard(text, None)))
    edges = [frame for frame in client.sent[before:] if frame["type"] in (STARTED, STOPPED)]
    assert [frame["type"] for frame in edges] == [STARTED, STOPPED] * (len(edges) // 2)
    times = [frame["audio_start_ms"] for frame in edges[::2]]
    assert times == sorted(times)
    assert [frame["item_id"] for frame in edges[::2]] == [frame["item_id"] for frame in edges[1::2]]
    if text != "um":
        assert len(edges) == 4


@pytest.mark.parametrize("how", ["commit", "switched off"])
def test_a_doubtful_turn_is_not_overtaken(client, clock, how):
    client.send("response.create")
    client.hold = (Recognise, Follow)
    clock.now = 3.0
    assert sound(client, (QUIET, 300), (LOUD, 400), (QUIET, 800)) == []
    if how == "commit":
        sound(client, (LOUD, 400))
        types = client.types(client.send("input_audio_buffer.commit"))
        assert types.count("input_audio_buffer.committed") == 2
    else:
        client.send("session.update", session={"turn_detection": {"type": "azure_semantic_vad"}})
        types = sound(client, (LOUD, 400))
        assert types.count(STARTED) == 2
    assert [type_ for type_ in types if type_ in (STARTED, STOPPED)][:2] == [STARTED, STOPPED]
