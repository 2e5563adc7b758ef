import asyncio
import contextlib
import queue
import threading

import pytest
from azure.core.credentials import AzureKeyCredential

from voiced.assistant.events import FailureReason
from voiced.voicelive.credentials import (
    AHEAD_SECONDS,
    KeyCredential,
    SignIn,
    Token,
    TokenCredential,
    off_the_loop,
    renewal_due,
)
from voiced.voicelive.failures import CredentialError, Failure, Remedy

REFUSED = Failure(FailureReason.REFUSED, Remedy.FIX_CONFIGURATION, "no such application")
NO_NETWORK = Failure(FailureReason.UNREACHABLE, Remedy.RETRY_NOW, "no route")


class Authority:
    """Gives tokens, or fails, as the test says; each fetch waits for its answer in a thread, as the real one does."""

    def __init__(self):
        self.now = 1000.0
        self.fetches = []
        self.answers = queue.SimpleQueue()

    def fetch(self, fresh):
        self.fetches.append((fresh, threading.current_thread() is threading.main_thread()))
        answer = self.answers.get(timeout=10)
        if isinstance(answer, Failure):
            raise CredentialError(answer)
        return answer


@pytest.fixture
def authority():
    return Authority()


@pytest.fixture
async def credential(authority):
    made = TokenCredential(authority.fetch, lambda: authority.now)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    authority.answers.put(REFUSED)  # for a thread that still waits


async def shown(credential):
    async with asyncio.timeout(10):
        proof = await credential.proof()
    return (await proof.get_token("scope")).token


async def test_key_is_read_anew_each_time_so_that_a_rotated_one_is_found():
    keys = ["old"]
    credential = KeyCredential(lambda: keys[-1])
    proof = await credential.proof()
    assert isinstance(proof, AzureKeyCredential)
    assert proof.key == "old"
    assert not await credential.renew()
    keys.append("new")
    assert await credential.renew()
    assert (await credential.proof()).key == "new"


async def test_token_is_fetched_at_the_start_off_the_loop_before_anybody_asks(authority, credential):
    authority.answers.put(Token("one", 3600))
    async with asyncio.timeout(10):
        while not authority.fetches:
            await asyncio.sleep(0.001)
    assert authority.fetches == [(False, False)]
    assert await shown(credential) == "one"
    assert await shown(credential) == "one"
    assert len(authority.fetches) == 1


async def test_token_that_has_ended_is_not_shown(authority, credential):
    authority.answers.put(Token("one", 3600))
    assert await shown(credential) == "one"
    authority.now += 3595
    authority.answers.put(Token("two", 3600))
    assert await shown(credential) == "two"


async def test_refused_token_is_renewed_past_every_cache(authority, credential):
    authority.answers.put(Token("one", 3600))
    await shown(credential)
    authority.answers.put(Token("two", 3600))
    assert await credential.renew()
    assert await shown(credential) == "two"
    assert [fresh for fresh, _ in authority.fetches] == [False, True]


async def test_renewal_that_brings_the_same_token_is_none(authority, credential):
    authority.answers.put(Token("one", 3600))
    await shown(credential)
    authority.answers.put(Token("one", 3600))
    assert not await credential.renew()


async def test_authority_that_refuses_is_told_and_asked_again_only_when_it_is_wanted(authority, credential):
    authority.answers.put(REFUSED)
    with pytest.raises(CredentialError, match="no such application"):
        await shown(credential)
    authority.answers.put(Token("one", 3600))
    assert await shown(credential) == "one"


async def test_missing_network_is_told(authority, credential):
    authority.answers.put(NO_NETWORK)
    with pytest.raises(CredentialError, match="no route"):
        await shown(credential)


async def test_who_has_to_sign_in_is_told_at_once_and_let_in_afterwards(authority, credential):
    asking = asyncio.create_task(shown(credential))
    while not authority.fetches:
        await asyncio.sleep(0.001)
    credential.asked(SignIn("https://microsoft.com/devicelogin", "ABC123"))
    with pytest.raises(CredentialError) as first:
        await asking
    assert first.value.failure.reason is FailureReason.SIGN_IN
    with pytest.raises(CredentialError, match="ABC123"):  # without a wait
        await credential.proof()
    authority.answers.put(Token("one", 3600))
    while credential.sign_in is not None:
        await asyncio.sleep(0.001)
    assert await shown(credential) == "one"
    assert len(authority.fetches) == 1


@pytest.mark.parametrize(("lifetime", "due"), [(3600, 3600 - AHEAD_SECONDS), (290, 145), (1, 1), (-5, 1)])
def test_renewal_is_ahead_of_the_end(lifetime, due):
    assert renewal_due(lifetime) == due


async def test_token_is_renewed_by_itself(authority, credential):
    authority.answers.put(Token("one", 1))
    authority.answers.put(Token("two", 3600))
    async with asyncio.timeout(10):
        while len(authority.fetches) < 2:
            await asyncio.sleep(0.01)
    while await shown(credential) != "two":
        await asyncio.sleep(0.001)


async def test_work_off_the_loop_raises_where_it_was_asked_for():
    def work():
        raise KeyError("here")

    with pytest.raises(KeyError, match="here"):
        await off_the_loop(work)


def test_work_that_never_ends_does_not_hold_up_the_end():
    release = threading.Event()

    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(off_the_loop(release.wait), 0.01)

    asyncio.run(give_up())  # asyncio's own threads would be waited for here
    assert not release.is_set()
    release.set()
