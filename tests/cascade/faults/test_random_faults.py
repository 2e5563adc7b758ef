"""The daemon's session against faults by chance: whatever happens, it ends, once, and says why."""

import asyncio

import pytest

from voiced.assistant.events import SessionClosed, SessionFailed
from voiced.cascade.faults.chance import random_fault
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.session import Session

pytestmark = pytest.mark.asyncio(loop_scope="module")

REQUEST = {"modalities": ["text", "audio"], "tools": []}
LONGEST = 1.0
"""Seconds until a session that lives on is closed by its owner."""


async def live(session):
    running = asyncio.create_task(session.run())
    for _ in range(10):
        session.send_audio(b"\1\0" * 3200)
        session.ask_user("Is anybody there?", "test")
        await asyncio.wait([running], timeout=LONGEST / 10)
    session.close()
    return await asyncio.wait_for(running, 10)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.system) for seed in range(2, 8))])
async def test_session_ends_once_whatever_chance_brings(rigged, chance_of, seed):
    chance, ends = chance_of(seed), []
    async with asyncio.TaskGroup() as tasks:
        for _ in range(30):
            fault, events = random_fault(chance), []
            rigged.rig.plan.add([fault])
            target = Target(rigged.endpoint, "voiced", "2026-07-15", connect_seconds=1.0, heartbeat=0.5)
            session = Session(target, KeyCredential(lambda: "any"), REQUEST, events.append)
            ends.append((fault, events, tasks.create_task(live(session))))
            while rigged.rig.plan.faults:
                await asyncio.sleep(0.005)
    for fault, events, end in ends:
        endings = [event for event in events if isinstance(event, SessionClosed | SessionFailed)]
        failure = end.result()
        assert endings == [events[-1]], fault
        assert endings == [SessionClosed() if failure is None else failure.event()], fault
        assert failure is None or "please report" not in failure.detail
