"""The audio path on the virtual sound card, against the reference client."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from demonstration.soundcard import MICROPHONE, MICROPHONE_RATE, SPEAKER, SPEAKER_RATE, SoundCard, SoundCardError
from demonstration.stage import StageError

from benches import clients
from benches.clients import Client, Starting
from benches.figures import Figure
from benches.load import busy_cores, prefer_sound_server
from benches.measuring import BenchError, Wishes, in_turns
from benches.monitor import Monitor, calibrate, monitored
from benches.scripted_service import DELTA_SECONDS, Reply, ServiceError, deltas_of
from benches.signals import AlteredError, arrived, gaps, numbered, tone

ROUNDS = 3
REPLY_SECONDS = 12.0
SPOKEN_SECONDS = (1.2, 1.4)
"""Of a reply, before it is interrupted, at random: all of it has been sent by then, and more than 10 s are unheard."""
SILENCE_SECONDS = 0.8
DUPLEX_SECONDS = 5.0
IDLE_SECONDS = 10.0
STRAINS = 2
LOAD_SECONDS = 10.0
PERIOD_MS = 10.0
LATENCY_GOAL_MS = 40.0
LATENCY_GOAL = 0.32
IDLE_GOAL_MS = 5.0
CALLBACK_GOAL = 0.05
_PEER = "50 ms callbacks"
_ALONE = "sounddevice, 20 ms"
_FASTER = 12.0
"""How much faster than it is heard a reply is sent."""
_LATE_DELTAS = 3
_LEAD_SECONDS = 3.0
_TAIL_SECONDS = 1.5


class Moment(Enum):
    """When a reply is interrupted: before or after the response is done, or while there is still sound on its way."""

    RESPONDING = "responding"
    RESPONSE_ENDED = "response ended"
    DELTAS_UNDER_WAY = "late deltas"


MOMENTS = (
    Moment.RESPONSE_ENDED,  # of the process' first reply
    Moment.RESPONDING,
    Moment.RESPONSE_ENDED,
    Moment.RESPONDING,
    Moment.DELTAS_UNDER_WAY,
)
"""The interruptions of a round."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """A reply that was interrupted; seconds. `heard` is what of it was played, `told` what the client told of that."""

    moment: Moment
    first_sound: float
    last_sound: float
    heard: float
    told: float | None


@dataclass(frozen=True, slots=True)
class Round:
    """One process' life: its interruptions, the first of which is of its first reply; seconds of CPU a second."""

    interruptions: Sequence[Interruption]
    cpu: float


@dataclass(frozen=True, slots=True)
class Strain:
    """A conversation under load: frames of the microphone that never came, seconds of gaps in the reply, status."""

    lost: int
    gaps: Sequence[float]
    status: Mapping[str, Any]


def run(wishes: Wishes) -> Iterator[Figure]:
    """Figures in groups, as they come; the wish of minutes is how long ours is put under load. Raises `BenchError`."""
    try:
        yield from _run(wishes.minutes)
    except (AlteredError, ServiceError, SoundCardError, StageError) as error:
        raise BenchError(str(error)) from error


def _run(minutes: float) -> Iterator[Figure]:
    with SoundCard() as card:
        yield from _idle(card)
        with monitored(card) as monitor:
            yield _alone("click handed over to recording", "ms", [delay * 1000 for delay in calibrate(card, monitor)])
            bench = _Bench(card, monitor)
            yield from _latencies(list(bench.rounds()))
            yield from _strained(bench, minutes)


def _alone(metric: str, unit: str, values: Sequence[float], goal: float | None = None) -> Figure:
    return Figure.alone("audio", metric, unit, values, goal)


def _beside(metric: str, unit: str, pairs: Sequence[tuple[float, float]], goal: float | None = None) -> Figure:
    return Figure.beside("audio", metric, unit, pairs, _PEER, goal)


# -- capturing alone ------------------------------------------------------------------------------------------------


def _idle(card: SoundCard) -> Iterator[Figure]:
    pairs = in_turns(lambda: _capture(card, "ours"), lambda: _capture(card, "sounddevice"), pairs=2)
    costs = [(ours * 1000, alone * 1000) for ours, alone in pairs]
    yield Figure.beside("audio", "CPU of capturing a second", "ms", costs, _ALONE)
    yield _alone("CPU of capturing a second", "ms", [ours for ours, _ in costs], IDLE_GOAL_MS)
    idle = [asyncio.run(clients.idle(card, IDLE_SECONDS)) * 1000 for _ in range(2)]
    yield _alone("CPU of a second of the whole daemon, idle", "ms", idle)
    bare = [_capture(card, "bare", SPEAKER) * 1000 for _ in range(2)]
    yield _alone("CPU of two bare streams, 20 ms in, 10 ms out", "ms", bare)  # the floor under a conversation of ours


def _capture(card: SoundCard, side: str, *more: str) -> float:
    command = [sys.executable, "-m", "benches.captures", side, MICROPHONE, *more]
    environment = {**card.environment(), "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"capturing with {side} failed:\n{done.stderr}")
    told: dict[str, float] = json.loads(done.stdout)
    if abs(told["sound_seconds"] - 1) > 0.1:
        raise BenchError(f"{side} captured {told['sound_seconds']:.2f} s of sound a second")
    return told["cpu_seconds"]


# -- conversations --------------------------------------------------------------------------------------------------


class _Bench:
    def __init__(self, card: SoundCard, monitor: Monitor) -> None:
        self._card = card
        self._monitor = monitor
        self._random = np.random.default_rng(0)
        self._reply = deltas_of(tone(REPLY_SECONDS, SPEAKER_RATE))

    def rounds(self) -> Iterator[tuple[Round, Round]]:
        """Ours and the reference client in turns."""
        for _ in range(ROUNDS):
            yield asyncio.run(self._round(clients.ours)), asyncio.run(self._round(clients.reference))

    def strain(self, starting: Starting, seconds: float) -> Strain:
        """One of them with every core busy."""
        return asyncio.run(self._strain(starting, seconds))

    async def _round(self, starting: Starting) -> Round:
        async with starting(self._card) as client:
            await client.conversation.begin_speech()
            interruptions = [await self._interrupt(client, moment) for moment in MOMENTS]
            return Round(interruptions, await self._duplex(client))

    async def _interrupt(self, client: Client, moment: Moment) -> Interruption:
        """Let it speak and interrupt it."""
        talk = client.conversation
        reply = await talk.begin_reply()
        sent = -_LATE_DELTAS if moment is Moment.DELTAS_UNDER_WAY else None
        await talk.speak(reply, self._reply[:sent], DELTA_SECONDS / _FASTER)
        if moment is Moment.RESPONSE_ENDED:
            await talk.end_reply(reply, "completed")
        spoken = float(self._random.uniform(*SPOKEN_SECONDS))  # at no fixed place within either client's period
        await asyncio.sleep(reply.first_delta_at + spoken - time.monotonic())
        interrupted_at = await talk.begin_speech()
        if moment is Moment.DELTAS_UNDER_WAY:
            await talk.speak(reply, self._reply[sent:], 0.0)
        if moment is not Moment.RESPONSE_ENDED:
            await talk.end_reply(reply, "cancelled")
        await asyncio.sleep(SILENCE_SECONDS)
        now = time.monotonic()
        heard = self._monitor.recording(reply.first_delta_at, now)
        first, last = heard.first_sound, heard.last_sound
        if first is None or last is None:
            raise BenchError(f"a reply was not heard within {now - reply.first_delta_at:.1f} s of its first delta")
        return Interruption(
            moment,
            first - reply.first_delta_at,
            last - interrupted_at,
            heard.sounding_seconds,
            _truncated(client, reply, interrupted_at),
        )

    async def _duplex(self, client: Client) -> float:
        """CPU a second while it hears and speaks."""
        talk = client.conversation
        began, used = time.monotonic(), client.cpu_seconds()
        reply = await talk.begin_reply()
        await talk.speak(reply, self._reply, DELTA_SECONDS / _FASTER)
        await talk.end_reply(reply, "completed")
        await asyncio.sleep(began + DUPLEX_SECONDS - time.monotonic())
        return (client.cpu_seconds() - used) / (time.monotonic() - began)

    async def _strain(self, starting: Starting, seconds: float) -> Strain:
        spoken = deltas_of(tone(seconds, SPEAKER_RATE))
        sent = round(seconds * MICROPHONE_RATE)
        async with starting(self._card) as client:
            talk = client.conversation
            await talk.begin_speech()
            talk.forget()
            with tempfile.TemporaryDirectory(prefix="voiced-bench-") as folder, busy_cores():
                path = Path(folder) / "numbered.wav"
                with wave.open(str(path), "wb") as file:
                    file.setparams((1, 2, MICROPHONE_RATE, 0, "NONE", ""))
                    file.writeframes(numbered(sent).tobytes())
                playing = asyncio.create_task(asyncio.to_thread(self._card.play, path))
                reply = await talk.begin_reply()
                ahead = round(_LEAD_SECONDS / DELTA_SECONDS)
                await talk.speak(reply, spoken[:ahead], DELTA_SECONDS / _FASTER)
                await talk.speak(reply, spoken[ahead:], DELTA_SECONDS)
                await talk.end_reply(reply, "completed")
                await playing
                await asyncio.sleep(reply.first_delta_at + seconds + _TAIL_SECONDS - time.monotonic())
                heard = self._monitor.recording(reply.first_delta_at, time.monotonic())
            status = await client.status()
            return Strain(arrived(talk.heard(), sent).lost, gaps(heard.samples, SPEAKER_RATE), status)


def _truncated(client: Client, reply: Reply, since: float) -> float | None:
    """Seconds of a reply that the client says were heard; None where it doesn't say."""
    told = [one.event for one in client.conversation.received("conversation.item.truncate") if one.at >= since]
    if not told:
        return None
    if len(told) > 1 or told[0]["item_id"] != reply.item_id:
        raise BenchError(f"{[event['item_id'] for event in told]} truncated instead of {reply.item_id}")
    return float(told[0]["audio_end_ms"]) / 1000


# -- figures --------------------------------------------------------------------------------------------------------


def _latencies(rounds: Sequence[tuple[Round, Round]]) -> Iterator[Figure]:
    talks = [list(zip(a.interruptions, b.interruptions, strict=True)) for a, b in rounds]
    pairs = [pair for talk in talks for pair in talk]
    for moment in Moment:
        stops = [(a.last_sound * 1000, b.last_sound * 1000) for a, b in pairs if a.moment is moment]
        yield from _latency(f"barge-in to silence, {moment.value}", stops, LATENCY_GOAL)
    starts = [[(a.first_sound * 1000, b.first_sound * 1000) for a, b in talk] for talk in talks]
    yield from _latency("first delta to sound", [pair for talk in starts for pair in talk[1:]], LATENCY_GOAL)
    yield from _latency("first delta to sound, first reply", [talk[0] for talk in starts], None)
    offs = [abs(a.told - a.heard) * 1000 for a, _ in pairs if a.told is not None]
    if len(offs) < len(pairs):
        raise BenchError(f"of {len(pairs)} interrupted replies of ours {len(offs)} were truncated")
    yield _alone("truncation, error", "ms", offs, PERIOD_MS)
    yield _alone("truncation, greatest error", "ms", [max(offs)])
    costs = [(a.cpu * 1000, b.cpu * 1000) for a, b in rounds]
    yield _beside("CPU of a second of conversation", "ms", costs, 1.0)


def _latency(metric: str, pairs: Sequence[tuple[float, float]], goal: float | None) -> Iterator[Figure]:
    yield _beside(metric, "ms", pairs, goal)
    yield _alone(metric, "ms", [ours for ours, _ in pairs], LATENCY_GOAL_MS)


def _strained(bench: _Bench, minutes: float) -> Iterator[Figure]:
    if not prefer_sound_server():
        print("audio: not root: under load, gaps may be the virtual sound card's own", file=sys.stderr)
    turns = [
        (bench.strain(clients.ours, LOAD_SECONDS), bench.strain(clients.reference, LOAD_SECONDS))
        for _ in range(STRAINS)
    ]
    lost = [sum(strain.lost for strain in side) for side in zip(*turns, strict=True)]
    silent = [sum(sum(strain.gaps) * 1000 for strain in side) for side in zip(*turns, strict=True)]
    yield _beside("full load, lost of the microphone", "frames", [(lost[0], lost[1])], 0.0)
    yield _beside("full load, silence in replies", "ms", [(silent[0], silent[1])], 0.0)
    mine = turns[-1][0]
    if minutes:
        mine = bench.strain(clients.ours, minutes * 60)
        yield _alone(f"{minutes:g} min full load, lost", "frames", [mine.lost], 0.0)
        yield _alone(f"{minutes:g} min full load, gaps in a reply", "", [len(mine.gaps)], 0.0)
    if underruns := _values(mine.status, "underruns"):
        yield _alone("full load, underruns in status", "", [sum(underruns)], 0.0)
    if shares := _values(mine.status, "callback_share"):
        yield _alone("full load, callback's share of a period", "", [max(shares)], CALLBACK_GOAL)


def _values(status: object, key: str) -> list[float]:
    """Every number under a key, however deep in a status it lies."""
    if not isinstance(status, Mapping):
        return []
    own = [float(value) for name, value in status.items() if name == key and isinstance(value, int | float)]
    return [*own, *(found for value in status.values() for found in _values(value, key))]
