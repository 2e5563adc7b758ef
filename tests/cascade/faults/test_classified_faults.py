"""Each fault as the daemon's own session understands it: what the user is told, and what helps."""

import asyncio

import pytest

from voiced.assistant.events import FailureReason, ReplyFinished, SessionOpened
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.failures import Remedy
from voiced.voicelive.session import Session

pytestmark = pytest.mark.asyncio(loop_scope="module")

REQUEST = {"modalities": ["text", "audio"], "tools": []}
NEXT = {"after": "session.updated"}


class Speaker:
    """The daemon's session and what it told."""

    def __init__(self, endpoint, **target):
        target = {"connect_seconds": 5.0, "heartbeat": 0.3, **target}
        self.events = []
        self.session = Session(
            Target(endpoint, "voiced", "2026-07-15", **target),
            KeyCredential(lambda: "any"),
            REQUEST,
            self.events.append,
        )

    async def until(self, kind):
        async with asyncio.timeout(10):
            while not any(isinstance(event, kind) for event in self.events):
                await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("fault", "reason", "remedy"),
    [
        ({"kind": "refuse", "status": 302, "location": "/x"}, FailureReason.NOT_FOUND, Remedy.FIX_CONFIGURATION),
        ({"kind": "refuse", "status": 401}, FailureReason.REFUSED, Remedy.RENEW),
        ({"kind": "refuse", "status": 403}, FailureReason.REFUSED, Remedy.FIX_CONFIGURATION),
        ({"kind": "refuse", "status": 404}, FailureReason.NOT_FOUND, Remedy.FIX_CONFIGURATION),
        ({"kind": "refuse", "status": 429, "retry_after": "7"}, FailureReason.BUSY, Remedy.RETRY_LATER),
        ({"kind": "refuse", "status": 500}, FailureReason.BUSY, Remedy.RETRY_NOW),
        ({"kind": "refuse", "status": 503}, FailureReason.BUSY, Remedy.RETRY_LATER),
        ({"kind": "hang"}, FailureReason.TIMED_OUT, Remedy.RETRY_NOW),
        ({"kind": "half_open"}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "half_open", **NEXT}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "stop_ponging", **NEXT}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "stop_reading", **NEXT}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "stall", "types": "session.updated"}, FailureReason.TIMED_OUT, Remedy.RETRY_NOW),
        ({"kind": "slow", "delay_ms": 60_000}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "drop", **NEXT}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "reset", **NEXT}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "expire", **NEXT}, FailureReason.EXPIRED, Remedy.RENEW),
        ({"kind": "expire", "told": False, **NEXT}, FailureReason.LOST, Remedy.RENEW),
        ({"kind": "close", "code": 1001, **NEXT}, FailureReason.LOST, Remedy.RENEW),
        ({"kind": "close", "code": 1006, **NEXT}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "close", "code": 1008, **NEXT}, FailureReason.REFUSED, Remedy.RENEW),
        ({"kind": "close", "code": 1009, **NEXT}, FailureReason.LOST, Remedy.GIVE_UP),
        ({"kind": "close", "code": 1011, **NEXT}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "close", "code": 1013, **NEXT}, FailureReason.BUSY, Remedy.RETRY_LATER),
        ({"kind": "close", "code": 4000, **NEXT}, FailureReason.LOST, Remedy.RETRY_NOW),
        ({"kind": "close", "code": 4401, **NEXT}, FailureReason.REFUSED, Remedy.RENEW),
        ({"kind": "close", "code": 4429, **NEXT}, FailureReason.BUSY, Remedy.RETRY_LATER),
    ],
    ids=lambda value: " ".join(str(each) for each in value.values()) if isinstance(value, dict) else None,
)
async def test_fault_ends_the_session_for_what_it_is(rigged, fault, reason, remedy):
    rigged.breaks(**fault)
    opens = fault.get("after") is not None
    speaker = Speaker(rigged.endpoint, **({} if opens or fault["kind"] in ("refuse", "half_open", "slow") else
                                         {"connect_seconds": 0.5}))  # fmt: skip
    failure = await asyncio.wait_for(speaker.session.run(), 20)
    assert failure is not None
    assert (failure.reason, failure.remedy) == (reason, remedy)
    assert failure.after == (float(fault["retry_after"]) if "retry_after" in fault else None)
    assert any(isinstance(event, SessionOpened) for event in speaker.events) is opens


async def test_close_as_agreed_is_no_failure(rigged):
    rigged.breaks("close", code=1000, after="session.updated")
    assert await asyncio.wait_for(Speaker(rigged.endpoint).session.run(), 10) is None


@pytest.mark.parametrize(
    "fault",
    [
        *({"kind": "inject", "oddity": oddity} for oddity in (
            "malformed_json", "not_an_object", "no_object_at_all", "empty", "binary", "oversized", "unknown_event",
            "unknown_values", "no_type", "broken_audio",
        )),
        {"kind": "duplicate"},
        {"kind": "alter", "fields": {"surprise": {"depth": 1}}},
        {"kind": "slow", "delay_ms": 30, "jitter_ms": 40},
        {"kind": "slow", "direction": "up", "delay_ms": 30, "bytes_per_second": 20_000},
    ],
    ids=lambda fault: " ".join(str(each) for each in fault.values()),
)  # fmt: skip
async def test_fault_that_a_session_survives(rigged, fault):
    rigged.breaks(**fault)
    speaker = Speaker(rigged.endpoint, heartbeat=5.0)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(speaker.session.run())
        await speaker.until(SessionOpened)
        speaker.session.ask_user("Are you there?", "test")
        await speaker.until(ReplyFinished)
        speaker.session.close()
    assert running.result() is None
