import asyncio
import base64

from hypothesis import given
from hypothesis import strategies as st

from voiced.voicelive.uplink import BATCH_BYTES, LIMIT_SECONDS, LIVE_BYTES, Uplink


async def drain(uplink):
    """Everything queued, the sound that waits for more of it included."""
    uplink.put({"type": "end"})
    events = []
    while (event := await uplink.get())["type"] != "end":
        events.append(event)
    return events


def sound(events):
    return b"".join(base64.b64decode(event["audio"]) for event in events if "audio" in event)


@given(st.lists(st.one_of(st.integers(1, 3000), st.just("control")), max_size=60))
def test_everything_goes_out_once_in_order_in_batches_of_100_ms(steps):
    async def scenario():
        uplink = Uplink()
        expected = []
        for number, step in enumerate(steps):
            if step == "control":
                uplink.put({"type": "x", "number": number})
                expected.append(number)
            else:
                data = bytes([number % 256]) * step * 2
                uplink.put_audio(data)
                expected.append(data)
        events = await drain(uplink)
        assert sound(events) == b"".join(part for part in expected if isinstance(part, bytes))
        assert [e["number"] for e in events if "number" in e] == [part for part in expected if isinstance(part, int)]
        assert all(len(base64.b64decode(e["audio"])) <= max(BATCH_BYTES, 6000) for e in events if "audio" in e)

    asyncio.run(scenario())


async def test_slow_link_drops_the_oldest_sound_never_a_request_and_says_so_once(caplog):
    uplink = Uplink()
    uplink.put({"type": "first"})
    for second in range(LIMIT_SECONDS + 3):
        uplink.put_audio(bytes([second]) * 32_000)
    events = await drain(uplink)
    assert events[0] == {"type": "first"}
    assert sound(events)[0] == 3
    assert uplink.dropped_bytes == 3 * 32_000
    assert len(caplog.records) == 1


async def test_empty_queue_waits_for_the_next_event():
    uplink = Uplink()
    waiting = asyncio.create_task(uplink.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    uplink.put({"type": "x"})
    assert (await waiting)["type"] == "x"


async def test_live_sound_goes_out_40_ms_at_a_time():
    uplink = Uplink()
    waiting = asyncio.create_task(uplink.get())
    uplink.put_audio(bytes(LIVE_BYTES // 2))
    await asyncio.sleep(0)
    assert not waiting.done()
    uplink.put_audio(bytes(LIVE_BYTES // 2))
    assert len(sound([await waiting])) == LIVE_BYTES


async def test_request_takes_the_sound_before_it_along():
    uplink = Uplink()
    uplink.put_audio(b"\1\0")
    uplink.put({"type": "x"})
    uplink.put_audio(b"\2\0")
    assert [sound([await uplink.get()]), await uplink.get()] == [b"\1\0", {"type": "x"}]
    waiting = asyncio.create_task(uplink.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_pre_roll_of_a_session_that_took_long_to_open_is_kept_whole(caplog):
    uplink = Uplink(pre_roll_seconds=30)
    for second in range(30 + LIMIT_SECONDS):
        uplink.put_audio(bytes([second]) * 32_000)
    assert sound(await drain(uplink))[0] == 0
    assert not caplog.records
