"""Conversations by a budget: against services whose every word the test decides."""

import asyncio
from datetime import date

import pytest
from aiohttp import web

from voiced.assistant import events as on
from voiced.assistant.events import FailureReason
from voiced.audio.preroll import PreRoll
from voiced.voicelive.budget import Budget
from voiced.voicelive.budget_settings import BudgetSettings
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.tap import Direction
from voiced.voicelive.usage import Usage
from voiced.wiring.conversations import Conversations
from voiced.wiring.services import Service

NOBODY = "http://127.0.0.1:9"


class House:
    """Conversations with a budget, and everything they told."""

    def __init__(self, folder, url, fallback=None, **settings):
        self.events = []
        self.budget = Budget(BudgetSettings.model_validate(settings), folder / "usage.json", lambda: date(2026, 1, 30))
        self.talks = Conversations(
            self._service("azure", url),
            PreRoll(20),
            self.events.append,
            fallback=None if fallback is None else self._service("cascade", fallback),
            budget=self.budget,
            chance=lambda: 0.0,
            clock=asyncio.get_running_loop().time,
        )

    @staticmethod
    def _service(name, url):
        target = Target(url, "gpt-realtime", "2026-07-15", 5.0)
        return Service(name, target, KeyCredential(lambda: "key"), lambda persona: {"persona": persona})

    async def converse(self, until=None):
        """A conversation that we close at an event of a kind, else the service does."""
        self.events.clear()
        task = asyncio.create_task(self.talks.live(self.talks.open("default", certain=True)))
        async with asyncio.timeout(10):
            while until is not None and not self.of(until):
                await asyncio.sleep(0.001)
            if until is not None:
                self.talks.close()
            await task

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def done(tokens):
    usage = {"input_tokens": tokens, "output_tokens": 0}
    return {"type": "response.done", "response": {"id": "r", "status": "completed", "usage": usage}}


def replying(service, *tokens):
    """A script of responses that cost so many tokens each."""

    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="session.updated")
        for each in tokens:
            await service.send(socket, **done(each))

    return script


@pytest.fixture
async def other(voice_live):
    async with voice_live.serve(voice_live.service()) as running:
        yield running


async def test_what_a_conversation_uses_is_counted(service, tmp_path):
    house = House(tmp_path, service.url)
    service.script = replying(service, 5, 7)
    await house.converse()
    today = house.budget.status()["today"]
    assert today["tokens"] == 12
    assert today["seconds"] > 0
    assert not house.of(on.LimitReached)


async def test_conversation_that_reaches_its_limit_is_told_once_before_the_reply_ends(service, tmp_path):
    house = House(tmp_path, service.url, tokens_per_conversation=10)
    service.script = replying(service, 9, 1, 5)
    await house.converse()
    told = [type(event) for event in house.events if isinstance(event, on.LimitReached | on.ReplyFinished)]
    assert told == [on.ReplyFinished, on.LimitReached, on.ReplyFinished, on.ReplyFinished]
    await house.converse()
    assert len(house.of(on.LimitReached)) == 1, "each conversation has its own limit"


async def test_spent_budget_sends_everything_to_the_fallback_and_counts_none_of_it(service, other, tmp_path):
    house = House(tmp_path, service.url, other.url, hard={"tokens_per_day": 10})
    other.script = replying(other, 1000)
    house.budget.add(Usage(input_text=10))
    await house.converse(until=on.ReplyFinished)
    assert service.received == []
    assert other.received
    assert house.budget.status()["today"]["tokens"] == 10
    assert not house.of(on.LimitReached)


async def test_spent_budget_is_told_where_there_is_no_fallback(service, tmp_path):
    house = House(tmp_path, service.url, hard={"tokens_per_day": 10})
    house.budget.add(Usage(input_text=10))
    await house.converse()
    assert house.events == [on.SessionFailed(FailureReason.SPENT, "10 tokens a day")]
    assert service.received == []
    assert house.talks.status()["outage"] is None, "the service is not to blame"


async def test_service_that_never_answers_costs_nothing(tmp_path):
    house = House(tmp_path, NOBODY)
    house.talks.open("default", certain=False)
    await house.converse()
    assert house.budget.status()["month"]["seconds"] == 0


async def test_budget_that_is_spent_while_the_service_fails_hands_over_to_the_fallback(service, other, tmp_path):
    house = House(tmp_path, service.url, other.url, hard={"tokens_per_day": 10})
    other.script = replying(other, 5)
    attempts = []

    async def break_(_request):
        attempts.append(1)
        house.budget.add(Usage(input_text=10))
        return web.Response(status=500)

    service.before = break_
    await house.converse(until=on.ReplyFinished)
    assert attempts == [1], "a retry would be sent to the service"
    assert other.received


async def test_what_is_asked_beside_a_conversation_has_the_limit_of_one_and_is_counted(service, tmp_path):
    house = House(tmp_path, service.url, tokens_per_conversation=10)
    limits = []

    async def hold(_service, tap):
        for _ in range(3):
            tap(Direction.RECEIVED, done(6))

    assert await house.talks.aside(hold, limits.append) is None
    assert limits == ["10 tokens a conversation"]
    assert house.budget.status()["today"]["tokens"] == 18
