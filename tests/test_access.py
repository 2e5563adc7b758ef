import asyncio

import pytest

from voiced.access import Access
from voiced.assistant.events import FailureReason
from voiced.services import Service
from voiced.voicelive.connection import Target
from voiced.voicelive.credentials import KeyCredential
from voiced.voicelive.failures import Failure, Remedy
from voiced.voicelive.quotas import CONNECTIONS_PER_MINUTE, RESERVE

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
