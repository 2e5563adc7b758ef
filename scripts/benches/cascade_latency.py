"""How soon the cascade acts and answers, and whether it lets people finish: spoken in real time, heard with the SDK."""

import asyncio
import json
import random
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from azure.ai.voicelive.aio import VoiceLiveConnection, connect
from azure.ai.voicelive.models import FunctionCallOutputItem
from azure.core.credentials import AzureKeyCredential

from benches.cascade_corpus import TOOLS, commands, household
from benches.cascade_deeds import NAMES, deeds
from benches.figures import Figure
from benches.measuring import BenchError, Wishes
from benches.signals import Samples
from benches.speech import RATE, say
from voiced.cascade.grammar import Grammar, Standing, build_grammar

_NAME = "cascade-latency"
COMMANDS = 48
DEEDS = 16
"""Commands that a whole speaker hears, one after the other, each after its wake word."""
PAUSED_SENTENCES = 200
ACTED_GOAL_MS = 250.0
ANSWERED_GOAL_MS = 300.0
PAUSE_MS = 400
SILENCE_MS = 500
_FRAME = RATE // 50
_BEFORE, _AFTER = 0.5, 3.0
"""Seconds of quiet before a sentence, and the longest behind it."""
_QUIET = 30
"""Standard deviation of the room's noise, about -61 dBFS."""
_VOICES = (("flite", "slt"), ("flite", "kal16"), ("flite", "rms"), ("espeak-ng", "en-us"))
_START_SECONDS = 30.0
_SIDES = 2
"""Services that are spoken to at once, each in a process of its own."""
_SEMANTIC = {"type": "azure_semantic_vad", "silence_duration_ms": SILENCE_MS}
_PLAIN = {"type": "server_vad", "silence_duration_ms": SILENCE_MS}


@dataclass(slots=True)
class Told:
    """What the service told of one sentence; times in seconds since the sentence's sound began.

    Attributes:
        ends: of each turn that it found.
        call: when a function call came, and its id.
        reply: when the first sample of the reply to that came.
    """

    ends: list[float] = field(default_factory=list)
    call: float | None = None
    call_id: str = ""
    reply: float | None = None


def run(_wishes: Wishes) -> Iterator[Figure]:
    """Figures as they come. Raises `BenchError`."""
    said = commands(COMMANDS * 2, 0)
    grammar = _grammar()
    whole = [each for each in said if grammar.standing(each.text.split()) is Standing.COMPLETE]
    clips = [_clip(each.text, number) for number, each in enumerate(whole[:COMMANDS])]
    told = asyncio.run(_tell_all(clips, _SEMANTIC, ["text"]))
    calls = [each.call and (each.call - clip.end) * 1000 for clip, each in zip(clips, told, strict=True)]
    yield from _acted("its call", calls)
    single = [each for each in whole if len(each.calls) == 1 and each.calls[0][0] in NAMES]
    yield from _acted("its tool's request, through the daemon", deeds(single[:DEEDS]))
    yield from _answered(clips[: COMMANDS // 2])
    pauses = [_paused(text, number) for number, text in enumerate(_pausable(grammar))]
    told = asyncio.run(_tell_all([clip for clip, _ in pauses], _SEMANTIC, ["text"]))
    cut = sum(any(end < until for end in each.ends) for each, (_, until) in zip(told, pauses, strict=True))
    unheard = sum(not each.ends for each in told)
    if unheard:
        raise BenchError(f"of {len(told)} sentences {unheard} were not heard at all")
    yield Figure.alone(_NAME, f"cut in two by a pause of {PAUSE_MS} ms, of {len(told)}", "turns", [cut], 0)


def _acted(what: str, found: Sequence[float | None]) -> Iterator[Figure]:
    waits = sorted(wait for wait in found if wait is not None)
    if len(waits) < len(found) / 2:
        raise BenchError(f"only {len(waits)} of {len(found)} commands were understood")
    yield Figure.alone(_NAME, f"end of a complete command to {what}, median", "ms", waits, ACTED_GOAL_MS)
    yield Figure.alone(_NAME, f"end of a complete command to {what}, 90 %", "ms", [waits[len(waits) * 9 // 10]])
    in_time = sum(wait <= ACTED_GOAL_MS for wait in waits)
    yield Figure.alone(_NAME, f"later than that, or never, of {len(found)}", "commands", [len(found) - in_time])


def _answered(clips: Sequence["Clip"]) -> Iterator[Figure]:
    """From the end of speech to a reply that was never said before, over a tool that is done at once."""
    for name, detection in (("by silence", _PLAIN), ("by meaning", _SEMANTIC)):
        told = asyncio.run(_tell_all(clips, detection, ["text", "audio"]))
        waits = [
            (each.reply - clip.end) * 1000 - SILENCE_MS for clip, each in zip(clips, told, strict=True) if each.reply
        ]
        if not waits:
            raise BenchError("no command was answered")
        metric = f"end of speech to first reply sample, beyond {SILENCE_MS} ms, {name}"
        yield Figure.alone(_NAME, metric, "ms", waits, ANSWERED_GOAL_MS)


@dataclass(frozen=True, slots=True)
class Clip:
    """A sentence as it is said in a quiet room; `end` is the second at which its last sound ends."""

    text: str
    sound: Samples
    end: float


def _clip(text: str, number: int, *rest: str) -> Clip:
    """A text, and what is said after a pause, in one of the voices."""
    voice = _VOICES[number % len(_VOICES)]
    parts: list[Samples] = [np.zeros(int(_BEFORE * RATE), np.int16), say(text, *voice)]
    for later in rest:
        parts += [np.zeros(PAUSE_MS * RATE // 1000, np.int16), say(later, *voice)]
    end = sum(map(len, parts))
    parts.append(np.zeros(int(_AFTER * RATE), np.int16))
    speech = np.concatenate(parts).astype(np.float64)
    speech *= 6000 / max(1.0, np.abs(speech).max())
    noise = np.random.default_rng(number).normal(scale=_QUIET, size=len(speech))
    return Clip(" ".join((text, *rest)), np.clip(speech + noise, -32768, 32767).astype(np.int16), end / RATE)


def _paused(text: str, number: int) -> tuple[Clip, float]:
    """A sentence with a pause somewhere inside, and the second at which its second part ends."""
    words = text.split()
    place = random.Random(number).randrange(1, len(words))  # noqa: S311 (nothing secret)
    clip = _clip(" ".join(words[:place]), number, " ".join(words[place:]))
    return clip, clip.end


def _pausable(grammar: Grammar) -> list[str]:
    """Sentences of one command each; two commands are two, with or without a pause."""
    texts = [each.text for each in commands(PAUSED_SENTENCES * 3 // 2, 0) if len(each.text.split()) > 2]
    return [text for text in texts if grammar.understand(text.split()) is not None][:PAUSED_SENTENCES]


def _grammar() -> Grammar:
    tools, phrases = household(len(TOOLS))
    return build_grammar(tools, phrases, bool)


async def _tell_all(clips: Sequence[Clip], detection: dict[str, Any], modalities: list[str]) -> list[Told]:
    """Say each to a service, in real time, some at once."""
    shares = [clips[side::_SIDES] for side in range(_SIDES)]
    told = await asyncio.gather(*(_tell(share, detection, modalities) for share in shares if share))
    return [told[number % _SIDES][number // _SIDES] for number in range(len(clips))]


async def _tell(clips: Sequence[Clip], detection: dict[str, Any], modalities: list[str]) -> list[Told]:
    tools, _ = household(len(TOOLS))
    session = {
        "turn_detection": detection, "modalities": modalities, "input_audio_sampling_rate": RATE,
        "tools": [{"type": "function", **tool} for tool in tools],
    }  # fmt: skip
    async with _service() as url:
        found = []
        for number, clip in enumerate(clips):
            async with connect(endpoint=url, credential=AzureKeyCredential("-"), model="bench") as connection:
                await connection.session.update(session=session)
                async with asyncio.timeout(_START_SECONDS):
                    while _kind(await connection.recv()) != "session.updated":
                        pass
                found.append(await _say(connection, clip, f"Number {number} is done. The rest comes later."))
        return found


async def _say(connection: VoiceLiveConnection, clip: Clip, reply: str) -> Told:
    """Say one sentence, frame by frame as a microphone gives them, until it is answered or the quiet behind it over."""
    told, begin = Told(), time.monotonic()
    listening = asyncio.create_task(_listen(connection, told, begin, reply))
    try:
        for start in range(0, len(clip.sound) - _FRAME + 1, _FRAME):
            if told.reply is not None or (told.ends and told.ends[-1] > clip.end and listening.done()):
                break
            await asyncio.sleep(begin + (start + _FRAME) / RATE - time.monotonic())
            frame = clip.sound[start : start + _FRAME]
            await connection.input_audio_buffer.append(audio=b64encode(frame.tobytes()).decode())
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return told


async def _listen(connection: VoiceLiveConnection, told: Told, begin: float, reply: str) -> None:
    """Note what comes, and answer a call at once; until the reply to that begins."""
    while told.reply is None:
        event = await connection.recv()
        now, kind = time.monotonic() - begin, _kind(event)
        if kind == "input_audio_buffer.speech_stopped":
            told.ends.append(now)
        elif kind == "response.function_call_arguments.done" and told.call is None:
            told.call, told.call_id = now, event.call_id
        elif kind == "response.done" and told.call is not None and event.response.output:
            output = json.dumps({"ok": True, "reply": reply})
            await connection.conversation.item.create(item=FunctionCallOutputItem(call_id=told.call_id, output=output))
            await connection.response.create()
        elif kind in ("response.audio.delta", "response.text.delta"):
            told.reply = now


def _kind(event: Any) -> str:  # noqa: ANN401 (the SDK's many)
    return str(getattr(event.type, "value", event.type))


@asynccontextmanager
async def _service() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benches.cascade_household", json.dumps({"connections_per_minute": 1000})),
        cwd=Path(__file__).parent.parent,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            url = (await process.stdout.readline()).decode().strip() if process.stdout else ""
        if not url:
            raise BenchError("the cascade does not serve; see what `voiced cascade` says by itself")
        yield url
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
