import asyncio
import base64

import numpy as np
import pytest

from voiced.assistant.events import ReplyAudioFinished, ReplyAudioReceived, ReplyStarted, SessionOpened
from voiced.audio.g711 import decode, encode
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.session import Session
from voiced.voicelive.thin import Downlink, encoder
from voiced.voicelive.uplink import Uplink

FORMATS = {"pcm16_16000hz": 16_000, "pcm16_8000hz": 8000, "g711_ulaw": 8000, "g711_alaw": 8000}


def tone(rate, seconds=0.5, hertz=440):
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.int16)


def sent(samples, form):
    return encode(samples, form) if form.startswith("g711") else samples.tobytes()


def received(downlink, data, item="m", size=101):
    """What comes out for a reply that comes in pieces of odd sizes."""
    pieces = [ReplyAudioReceived("r", item, data[at : at + size]) for at in range(0, len(data), size)]
    events = [out for event in [*pieces, ReplyAudioFinished("r")] for out in downlink.decoded(event)]
    assert isinstance(events[-1], ReplyAudioFinished), "the last sound comes before the end"
    assert {event.item_id for event in events[:-1]} == {item}
    return np.frombuffer(b"".join(event.data for event in events[:-1]), np.int16)


def likeness(heard, expected):
    """Correlation of two signals, the best of some milliseconds' shift."""
    best = 0.0
    for shift in range(240):
        size = min(len(heard) - shift, len(expected))
        best = max(best, float(np.corrcoef(heard[shift : shift + size], expected[:size])[0, 1]))
    return best


@pytest.mark.parametrize("form", FORMATS)
def test_reply_in_a_thin_format_is_heard_whole_at_the_playback_rate(form):
    heard = received(Downlink(form), sent(tone(FORMATS[form]), form))
    assert abs(len(heard) - 12_000) <= 2
    assert likeness(heard, tone(24_000)) > 0.99


def test_reply_in_the_full_format_is_untouched_whatever_the_pieces():
    samples = tone(24_000)
    assert np.array_equal(received(Downlink("pcm16"), samples.tobytes()), samples)


@pytest.mark.parametrize("form", ["pcm16", "pcm16_8000hz"])
def test_rest_of_an_interrupted_reply_is_not_heard_in_the_next(form):
    downlink, loud = Downlink(form), np.full(401, 20_000, np.int16).tobytes()[:-1]
    list(downlink.decoded(ReplyAudioReceived("r", "cut off", loud)))
    heard = received(downlink, np.zeros(400, np.int16).tobytes(), "next")
    assert not heard.any()


def test_other_events_pass():
    assert list(Downlink("g711_ulaw").decoded(ReplyStarted("r"))) == [ReplyStarted("r")]
    assert list(Downlink("g711_ulaw").decoded(ReplyAudioFinished("r"))) == [ReplyAudioFinished("r")]


@pytest.mark.parametrize("form", ["g711_ulaw", "g711_alaw"])
def test_microphone_is_sent_as_the_telephone_would(form):
    code, samples = encoder(form), tone(16_000)
    coded = b"".join(code(samples[at : at + 640].tobytes()) for at in range(0, len(samples), 640))
    assert 3800 <= len(coded) <= 4000, "a quarter of the bytes, less what the filter holds"
    assert likeness(decode(coded, form), tone(8000)) > 0.99


def test_microphone_is_sent_as_it_is_where_nothing_else_is_asked_for():
    assert encoder("pcm16")(b"\x01\x02") == b"\x01\x02"


@pytest.mark.parametrize("make", [encoder, Downlink])
def test_unknown_format_is_refused(make):
    with pytest.raises(ValueError, match="no format of sound"):
        make("opus")


async def test_uplink_encodes_what_goes():
    uplink = Uplink(encode=encoder("g711_ulaw"))
    for _ in range(5):
        uplink.put_audio(bytes(640))
    event = await uplink.get()
    assert 0 < len(base64.b64decode(event["audio"])) <= 5 * 160


async def test_session_speaks_the_format_that_was_asked_for(service):
    replies = tone(8000, 0.2)

    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated", session={})
        append = await service.expect(socket, "input_audio_buffer.append")
        assert len(base64.b64decode(append["audio"])) <= 320
        delta = base64.b64encode(encode(replies, "g711_alaw")).decode()
        await service.send(socket, type="response.audio.delta", response_id="r", item_id="m", delta=delta)
        await service.send(socket, type="response.audio.done", response_id="r", item_id="m")
        await socket.close()

    service.script = script
    formats = {"input_audio_format": "g711_ulaw", "output_audio_format": "g711_alaw"}
    events = []

    def emit(event):
        events.append(event)
        if isinstance(event, SessionOpened):
            session.send_audio(bytes(1280))

    session = Session(Target(service.url, "gpt-realtime", "2026-07-15"), KeyCredential(lambda: "key"), formats, emit)
    async with asyncio.timeout(10):
        await session.run()
    heard = b"".join(event.data for event in events if isinstance(event, ReplyAudioReceived))
    assert abs(len(heard) // 2 - 4800) <= 2
    assert service.received[0]["session"] == formats
