import asyncio

import pytest

from voiced.tools.topics import PASSING_TOPICS, PAYLOAD_BYTES, Topics


async def test_retained_message_is_a_state_and_no_answer():
    topics = Topics()
    answer = topics.next("lamp/answer")
    topics.deliver("lamp/answer", b"old", retained=True)
    assert not answer.done()
    assert await topics.known("lamp/answer") == b"old"
    topics.deliver("lamp/answer", b"new", retained=False)
    assert await answer == b"new"
    assert await topics.known("lamp/answer") == b"new"


async def test_every_waiter_gets_its_first_state_when_it_comes():
    topics = Topics()
    waiters = [asyncio.ensure_future(topics.known(name)) for name in ("a", "a", "b")]
    await asyncio.sleep(0)
    topics.deliver("a", b"1", retained=True)
    topics.deliver("b", b"2", retained=True)
    assert await asyncio.gather(*waiters) == [b"1", b"1", b"2"]


async def test_lost_connection_forgets_states_and_fails_who_waits_for_an_answer():
    topics = Topics()
    topics.deliver("a", b"1", retained=True)
    answer = topics.next("b")
    topics.lost(ConnectionError("gone"))
    with pytest.raises(ConnectionError):
        await answer
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await topics.known("a")


def test_topics_of_calls_are_bounded_and_watched_ones_stay():
    topics = Topics()
    topics.watch("fixed")
    assert topics.want("0") == (True, None)
    for number in range(1, PASSING_TOPICS):
        assert topics.want(str(number)) == (True, None)
    assert topics.want("0") == (False, None)  # used again, so another one is the eldest
    assert topics.want("more") == (True, "1")
    assert len(topics.wanted) == PASSING_TOPICS + 1
    assert topics.wanted[0] == "fixed"


async def test_topic_that_is_waited_for_does_not_give_way():
    topics = Topics()
    topics.next("0")
    for number in range(PASSING_TOPICS):
        topics.want(str(number))
    assert topics.want("more") == (True, "1")


async def test_huge_message_is_cut_one_byte_above_what_is_readable():
    topics = Topics()
    topics.deliver("a", b"x" * (PAYLOAD_BYTES + 100), retained=False)
    assert len(await topics.known("a")) == PAYLOAD_BYTES + 1
