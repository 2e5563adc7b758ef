import asyncio
import base64
import json
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
import pytest
from benches.scripted_service import PATH, ServiceError, deltas_of, serving
from benches.signals import tone


@asynccontextmanager
async def conversing():
    """Both ends of a session."""
    async with serving() as service, aiohttp.ClientSession() as http, http.ws_connect(service.url + PATH) as client:
        assert (await client.receive_json())["type"] == "session.created"
        await client.send_json({"type": "session.update", "session": {"voice": "x"}})
        assert (await client.receive_json())["session"] == {"voice": "x"}
        yield await service.conversation(), client


async def test_reply_has_the_protocols_order_and_the_whole_sound():
    sound = tone(0.35, 24_000)
    async with conversing() as (talk, client):
        reply = await talk.begin_reply()
        await talk.speak(reply, deltas_of(sound), 0.0)
        await talk.end_reply(reply, "completed")
        frames = [await client.receive_json()]
        while frames[-1]["type"] != "response.done":
            frames.append(await client.receive_json())
    kinds = [frame["type"] for frame in frames]
    assert kinds.index("response.created") < kinds.index("response.audio.delta") < kinds.index("response.audio.done")
    deltas = [frame for frame in frames if frame["type"] == "response.audio.delta"]
    assert {(frame["response_id"], frame["item_id"]) for frame in deltas} == {(reply.response_id, reply.item_id)}
    heard = b"".join(base64.b64decode(frame["delta"]) for frame in deltas)
    assert np.array_equal(np.frombuffer(heard, np.int16), sound)


async def test_sound_and_events_of_the_client_are_kept_apart():
    async with conversing() as (talk, client):
        sound = np.arange(1, 641, dtype=np.int16)
        for half in (sound[:320], sound[320:]):
            audio = base64.b64encode(half.tobytes()).decode()
            await client.send_str(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
        await client.send_json({"type": "conversation.item.truncate", "item_id": "item_1", "audio_end_ms": 5})
        told = await talk.expect("conversation.item.truncate")
        assert told.event["audio_end_ms"] == 5
        assert np.array_equal(talk.heard(), sound)


async def test_client_that_went_is_an_error_of_what_is_said_next():
    async with conversing() as (talk, client):
        await client.close()
        async with asyncio.timeout(5):
            await talk.ended.wait()
        with pytest.raises(ServiceError, match="gone"):
            await talk.begin_speech()
