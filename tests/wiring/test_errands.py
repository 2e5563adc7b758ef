"""`say`, `ask` and `forget` to the whole daemon, which nobody speaks to."""

import asyncio
import os
import sys

import pytest
from demonstration import lamp, voice
from demonstration.hearing import plain, understood
from demonstration.stage import MOCK_PINS, lamp_tool, perform

from voiced.wiring.announcing import Announcing
from voiced.wiring.errands import errands
from voiced.wiring.questions import Answer, QuestionError


class Model:
    """Questions that are answered as the test says."""

    def __init__(self, answer):
        self.answer = answer

    async def ask(self, text, *, aloud):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if aloud else Answer(self.answer.text, b"")


async def speak(text):
    return bytes(48_000) if text else b""


def verbs(answer, told):
    return errands(Announcing(speak, told.append), Model(answer))


async def test_text_that_is_missing_or_no_text_is_an_error_and_nothing_else():
    told = []
    known = verbs(Answer("", b""), told)
    for verb in ("say", "ask"):
        for fields in ({}, {"text": 5}, {"text": " "}):
            assert "no" in (await known[verb](fields))["error"]
    assert told == []


async def test_answer_is_heard_only_where_that_was_asked_for():
    told = []
    known = verbs(Answer("Noon.", bytes(48_000)), told)
    assert await known["ask"]({"text": "time?"}) == {"text": "Noon."}
    assert told == []
    assert await known["ask"]({"text": "time?", "aloud": True}) == {"text": "Noon."}
    assert [event.seconds for event in told] == [1.0]


async def test_question_without_an_answer_is_an_error():
    known = verbs(QuestionError("no answer for 20 s"), [])
    assert await known["ask"]({"text": "time?"}) == {"error": "no answer for 20 s"}


async def voiced(folder, *arguments):
    """The command line, as a person at a terminal uses it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voiced", *arguments,
        env={**os.environ, "RUNTIME_DIRECTORY": str(folder / "run")},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await process.communicate()
    return process.returncode, out.decode(), error.decode()


async def until(stage, phase):
    async for event in stage.events():
        if event.get("phase") == phase:
            return


@pytest.mark.system
async def test_written_command_switches_the_lamp_and_what_is_to_be_said_is_heard(tmp_path):
    voice.record(tmp_path / "mic.wav", [], tail=1.0)
    async with lamp.serve() as lamps:
        settings = {
            "audio": {
                "input": {"device": f"file:{tmp_path / 'mic.wav'}"},
                "output": {"device": f"file:{tmp_path / 'speaker.wav'}", "volume": 100},
                "chimes": {"wake": False, "done": False, "error": False},
            },
            "tools": [lamp_tool(lamps.url)],
        }
        async with perform(tmp_path, settings, MOCK_PINS) as stage, asyncio.timeout(60):
            await until(stage, "idle")
            asked = await voiced(tmp_path, "ask", "turn on the kitchen light")
            alerting = asyncio.create_task(until(stage, "alerting"))
            said = await voiced(tmp_path, "say", "The kitchen light is on.")
            await alerting
            await until(stage, "idle")
            forgot = await voiced(tmp_path, "forget")
        assert lamps.requests == [("kitchen", "on")]
    assert asked == (0, "The kitchen light is on.\n", "")
    assert said == (0, "", "")
    assert forgot == (0, "idle\n", "")
    assert understood(tmp_path / "speaker.wav", ["The kitchen light is on."]) == plain("The kitchen light is on.")
    assert "Traceback" not in stage.log, stage.log
