import asyncio
from datetime import date

import pytest

from voiced.assistant.events import FailureReason
from voiced.voicelive.budget import Budget
from voiced.voicelive.budget_settings import BudgetSettings
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.failures import Failure, Remedy
from voiced.voicelive.quotas import CONNECTIONS_PER_MINUTE, RESERVE
from voiced.voicelive.usage import Usage
from voiced.wiring.access import Access
from voiced.wiring.services import Service

REFUSED = Failure(FailureReason.REFUSED, Remedy.RENEW, "401")


class Hanging(KeyCredential):
    async def renew(self):
        await asyncio.Event().wait()


@pytest.fixture
def access():
    def make(credential=None, stand_in=None):
        target = Target("https://voiced.invalid", "gpt-realtime", "2026-07-15")
        credential = credential or KeyCredential(lambda: "key")
        service = Service("azure", target, credential, lambda _: {}, CONNECTIONS_PER_MINUTE)
        return Access(service, stand_in, lambda: 0.5, lambda: 100.0)

    return make


async def test_renewal_that_never_ends_is_not_waited_for_longer_than_the_user_waits(access):
    way = access(Hanging(lambda: "key"))
    async with asyncio.timeout(10):
        await way.again(REFUSED, 100.0)
    assert way.status()["outage"]["reason"] == "timed_out"


async def test_credential_that_can_not_be_renewed_is_the_owners(access):
    way = access()
    await way._service.credential.proof()
    assert await way.again(REFUSED, 110.0) is None
    assert way.blocked().remedy is Remedy.FIX_CONFIGURATION


async def test_full_minute_refuses_who_is_not_certain_first_and_tells_the_others_when(access):
    way = access()
    for _ in range(CONNECTIONS_PER_MINUTE - RESERVE):
        assert await way.admit(110.0, certain=False) is None
    assert (await way.admit(110.0, certain=False)).reason is FailureReason.BUSY
    for _ in range(RESERVE):
        assert await way.admit(110.0, certain=True) is None
    assert (await way.admit(110.0, certain=True)).after == 60
    assert way.status()["outage"] is None


@pytest.fixture
def budget(tmp_path):
    limits = BudgetSettings.model_validate({"hard": {"tokens_per_day": 10}})
    return Budget(limits, tmp_path / "usage.json", lambda: date(2026, 1, 30))


class Probing(Access):
    """Access that says when it has probed, by a clock of the loop's."""

    def __init__(self, url, budget):
        target = Target(url, "gpt-realtime", "2026-07-15")
        service = Service("azure", target, KeyCredential(lambda: "key"), lambda _: {}, CONNECTIONS_PER_MINUTE)
        super().__init__(service, "cascade", lambda: 0.5, asyncio.get_running_loop().time, budget)


async def test_probe_is_counted(service, budget):
    async def script(socket):
        await service.expect(socket, "session.update")
        await service.send(socket, type="response.done", response={"usage": {"input_tokens": 3, "output_tokens": 0}})
        await service.send(socket, type="session.updated")

    service.script = script
    await Probing(service.url, budget)._probe()
    assert budget.status()["today"]["tokens"] == 3


async def test_spent_budget_forbids_probes_and_every_other_connection(service, budget):
    way = Probing(service.url, budget)
    budget.add(Usage(input_text=10))
    await way._probe()
    assert service.headers == {}, "nobody connected"
    assert (await way.admit(110.0, certain=True)).reason is FailureReason.SPENT
    assert way.blocked().reason is FailureReason.SPENT


async def test_spent_budget_is_news_once_and_again_after_the_service_answered(service, budget):
    way = Probing(service.url, budget)
    assert way.news() is None
    assert not way.out
    budget.add(Usage(input_text=10))
    told = way.news()
    assert (told.reason, told.owners) == (FailureReason.SPENT, True)
    assert way.out
    assert way.news() is None
    way.back()
    assert way.news() == told


async def test_too_many_connections_in_a_minute_are_no_news(access):
    way = access(stand_in="cascade")
    while await way.admit(100.0, certain=True) is None:
        pass
    assert way.news() is None


async def test_network_that_fails_in_another_way_is_no_news(access):
    way = access(stand_in="cascade")
    for detail in ("no route", "no such name"):
        await way.again(Failure(FailureReason.UNREACHABLE, Remedy.RETRY_NOW, detail), 100.0)
        news = way.news()
        assert (news is None) is (detail == "no such name")
