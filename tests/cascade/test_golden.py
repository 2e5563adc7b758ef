"""Whole sessions of the official SDK's client, frame by frame, as they were recorded.

A change of the protocol shows here as a difference. Where it is meant, record anew:
VOICED_RECORD_GOLDEN=1 python -m pytest tests/cascade/test_golden.py
"""

import asyncio
import base64
import json
import os
import re
from pathlib import Path

import pytest
from azure.ai.voicelive.aio import connect
from azure.ai.voicelive.models import FunctionCallOutputItem, InputTextContentPart, UserMessageItem
from azure.core.credentials import AzureKeyCredential

from voiced.cascade.faults.rig import Rig
from voiced.cascade.frame_log import FrameLog
from voiced.cascade.service import serve
from voiced.cascade.settings import CascadeSettings
from voiced.cascade.speech import SpeechError

GOLDEN = Path(__file__).parent / "golden"
ID = re.compile(r"\b(sess|item|msg|resp|call|conv|mcp|mcpl|mcpr)_[0-9a-f]{24}\b")
OF_SOUND = {"response.audio.delta", "response.audio_transcript.delta", "response.audio_timestamp.delta"}
"""Frames of which a voice decides how many there are, and in what order."""


def normalised(lines):
    """Recorded frames without what is never the same: ids are numbered, times and amounts of sound left out."""
    ids, frames = {}, []

    def number(match):
        kind = match[1]
        ids.setdefault(match[0], f"{kind}_{sum(name.startswith(f'{kind}_') for name in ids.values()) + 1}")
        return ids[match[0]]

    for line in lines:
        recorded = json.loads(line)
        frame = json.loads(ID.sub(number, json.dumps(recorded["frame"])))
        frame.pop("event_id", None)
        kind = frame["type"]
        if kind == "input_audio_buffer.append" or kind in OF_SOUND:
            frame = {"type": kind}
        if "expires_at" in frame.get("session", {}):
            frame["session"]["expires_at"] = 0
        if frame.get("response", {}).get("usage"):
            frame["response"]["usage"] = dict.fromkeys(frame["response"]["usage"])
        each = {"from": recorded["from"], "frame": frame}
        if kind in OF_SOUND and each in frames[-len(OF_SOUND) :]:
            continue
        frames.append(each)
    return [json.dumps(frame, sort_keys=True) for frame in frames]


async def until(connection, kind):
    async with asyncio.timeout(20):
        while True:
            event = await connection.recv()
            if event.type == kind:
                return event


async def command_in_writing(connection, tools, say):
    """A tool is called, answered and told of; items come and go; mistakes are explained."""
    await until(connection, "session.created")
    await connection.session.update(session={"modalities": ["text"], "tools": tools, "instructions": "Be brief."})
    await until(connection, "session.updated")
    said = [InputTextContentPart(text="turn on the kitchen light")]
    await connection.conversation.item.create(item=UserMessageItem(content=said))
    await until(connection, "conversation.item.created")
    await connection.response.create()
    call = await until(connection, "response.function_call_arguments.done")
    await until(connection, "response.done")
    output = json.dumps({"ok": True, "reply": "The kitchen light is on."})
    await connection.conversation.item.create(item=FunctionCallOutputItem(call_id=call.call_id, output=output))
    await until(connection, "conversation.item.created")
    await connection.response.create()
    item = (await until(connection, "response.output_item.done")).item
    await until(connection, "response.done")
    await connection.conversation.item.delete(item_id=item.id)
    await until(connection, "conversation.item.deleted")
    await connection.conversation.item.delete(item_id=item.id)
    await until(connection, "error")
    await connection.session.update(session={"voice": "nobody"})
    await until(connection, "error")
    await connection.response.cancel()
    await until(connection, "error")
    await connection.send({"type": "no.such.event"})
    await until(connection, "error")


async def command_by_voice(connection, tools, say):
    """A spoken turn that the client ends, and a spoken reply."""
    await until(connection, "session.created")
    settings = {"input_audio_sampling_rate": 16_000, "turn_detection": None, "tools": tools}
    await connection.session.update(session=settings)
    await until(connection, "session.updated")
    await connection.input_audio_buffer.commit()
    await until(connection, "error")
    sound = base64.b64encode(say("stop the music").tobytes()).decode()
    await connection.input_audio_buffer.append(audio=sound)
    await connection.input_audio_buffer.commit()
    await until(connection, "conversation.item.created")
    await connection.response.create()
    call = await until(connection, "response.function_call_arguments.done")
    await until(connection, "response.done")
    output = json.dumps({"ok": True, "reply": "The music has stopped."})
    await connection.conversation.item.create(item=FunctionCallOutputItem(call_id=call.call_id, output=output))
    await until(connection, "conversation.item.created")
    await connection.response.create()
    await until(connection, "response.done")


@pytest.fixture
def recorded(tmp_path, phrases, tools, say):
    """Plays a scene on a cascade and gives the log of its frames."""

    async def record(scene, model, rig=None):
        path = tmp_path / f"frames{len(list(tmp_path.iterdir()))}"
        log = FrameLog(path)
        try:
            async with (
                serve(CascadeSettings(), phrases, ("127.0.0.1", 0), None, frame_log=log, rig=rig) as endpoint,
                connect(endpoint=endpoint, credential=AzureKeyCredential("any"), model=model) as connection,
            ):
                await scene(connection, tools, say)
        except SpeechError as error:
            pytest.skip(str(error))
        finally:
            log.close()
        return path

    return record


SCENES = pytest.mark.parametrize("scene", [command_in_writing, command_by_voice], ids=lambda scene: scene.__name__)


@pytest.mark.parametrize("model", ["voiced", "gpt-realtime"])
@SCENES
async def test_session_is_the_recorded_one(recorded, scene, model):
    found = normalised((await recorded(scene, model)).read_text().splitlines())
    golden = GOLDEN / f"{scene.__name__}.{model}.jsonl"
    if os.environ.get("VOICED_RECORD_GOLDEN"):
        golden.write_text("".join(f"{line}\n" for line in found))
    assert found == golden.read_text().splitlines()


@SCENES
async def test_session_that_is_given_again_is_the_same(recorded, scene):
    first, rig = await recorded(scene, "voiced"), Rig()
    assert await rig.errands()["replay"]({"file": str(first)}) == {"ok": True}
    again = await recorded(scene, "another", rig)
    assert normalised(again.read_text().splitlines()) == normalised(first.read_text().splitlines())
