import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant.events import FailureReason
from voiced.voicelive.failures import Failure, Remedy
from voiced.voicelive.reconnect import (
    BLOCK_SECONDS,
    LONGEST_BLOCK,
    LONGEST_CONFIGURATION_BLOCK,
    QUICK_SECONDS,
    SETTLED_SECONDS,
    Reconnection,
    Retry,
)

NETWORK = Failure(FailureReason.UNREACHABLE, Remedy.RETRY_NOW, "no route")
REFUSED = Failure(FailureReason.REFUSED, Remedy.RENEW, "401")
EXPIRED = Failure(FailureReason.EXPIRED, Remedy.RENEW, "60 minutes")
FORBIDDEN = Failure(FailureReason.REFUSED, Remedy.FIX_CONFIGURATION, "403")
DEFECT = Failure(FailureReason.LOST, Remedy.GIVE_UP, "1002")


def busy(after=None):
    return Failure(FailureReason.BUSY, Remedy.RETRY_LATER, "429", after)


@pytest.fixture
def policy():
    return Reconnection(lambda: 0.5)  # no jitter


def attempts(policy, failure, until):
    """The waits between attempts that each take no time."""
    now, waits = 0.0, []
    while (retry := policy.failed(failure, now, until)) is not None:
        waits.append(retry.after)
        now += retry.after
    return waits


def test_network_is_tried_again_at_once_and_then_less_often_while_the_user_waits(policy):
    waits = attempts(policy, NETWORK, 10)
    assert waits[:4] == [QUICK_SECONDS, 2 * QUICK_SECONDS, 4 * QUICK_SECONDS, 8 * QUICK_SECONDS]
    assert sum(waits) < 10


def test_next_wake_word_tries_the_network_again_but_not_where_the_fallback_can_help(policy):
    attempts(policy, NETWORK, 1)
    assert policy.blocked(1, elsewhere=False) is None
    assert policy.blocked(1, elsewhere=True) is NETWORK
    assert policy.blocked(1 + BLOCK_SECONDS, elsewhere=True) is None


def test_retry_after_is_waited_for_beside_the_user_where_that_is_short(policy):
    assert policy.failed(busy(2.0), 0, 10) == Retry(2.0)


def test_retry_after_is_honoured_at_the_next_wake_words(policy):
    assert policy.failed(busy(30.0), 0, 10) is None
    assert policy.blocked(29.9, elsewhere=False) == busy(30.0)
    assert policy.blocked(30, elsewhere=False) is None


def test_busy_service_that_names_no_time_is_left_alone_longer_each_time(policy):
    untils = []
    for _ in range(10):
        assert policy.failed(busy(), 0, 10) is None
        untils.append(policy.outage.until)
    assert untils[:3] == [BLOCK_SECONDS, 2 * BLOCK_SECONDS, 4 * BLOCK_SECONDS]
    assert untils[-1] == LONGEST_BLOCK


def test_refused_credential_is_renewed_once_and_then_the_owners(policy):
    assert policy.failed(REFUSED, 0, 10) == Retry(0.0, renew=True)
    assert policy.outage is None  # nobody needs to know yet
    assert policy.failed(REFUSED, 0, 10) is None
    assert policy.outage.failure.remedy is Remedy.FIX_CONFIGURATION
    assert policy.outage.owners


def test_configuration_is_not_hammered_but_its_mending_shows_within_a_minute(policy):
    for _ in range(10):
        assert policy.failed(FORBIDDEN, 0, 10) is None
    assert policy.blocked(LONGEST_CONFIGURATION_BLOCK - 1, elsewhere=False) is FORBIDDEN
    assert policy.blocked(LONGEST_CONFIGURATION_BLOCK, elsewhere=False) is None


def test_session_that_ended_by_age_is_renewed_silently(policy):
    assert policy.failed(EXPIRED, 0, 10) == Retry(0.0, renew=False)
    assert policy.outage is None


def test_session_that_ends_by_age_at_once_again_is_like_a_bad_network(policy):
    policy.failed(EXPIRED, 0, 10)
    assert policy.failed(EXPIRED, 0, 10) == Retry(QUICK_SECONDS)


def test_defect_is_not_repeated_beside_the_user(policy):
    assert policy.failed(DEFECT, 0, 10) is None
    assert policy.blocked(0, elsewhere=False) is None


def test_outage_knows_when_it_began_and_ends_with_a_session(policy):
    policy.failed(NETWORK, 5, 6)
    policy.failed(NETWORK, 7, 8)
    ended = policy.opened(9)
    assert (ended.since, ended.attempts) == (5, 2)
    assert policy.outage is None
    assert policy.opened(10) is None


def test_session_that_breaks_as_soon_as_it_is_open_is_not_tried_for_ever(policy):
    now, tries = 0.0, 0
    while (retry := policy.failed(NETWORK, now, now + 5)) is not None:
        now += retry.after
        policy.opened(now)
        tries += 1
        assert tries < 20
    assert tries >= 3


TOLD_TO_GO = Failure(FailureReason.LOST, Remedy.RENEW, "1001")
LET_IN_AND_REFUSED = Failure(FailureReason.REFUSED, Remedy.RENEW, "1008")


@pytest.mark.parametrize("failure", [TOLD_TO_GO, EXPIRED, LET_IN_AND_REFUSED])
def test_session_that_opens_and_is_to_be_renewed_each_time_is_not_opened_for_ever(policy, failure):
    now, waits = 0.0, []
    policy.opened(now)
    while (retry := policy.failed(failure, now, now + 5)) is not None:
        waits.append(retry.after)
        assert len(waits) < 20
        now += retry.after + SETTLED_SECONDS / 100
        policy.opened(now)
    assert waits[:3] == [0.0, QUICK_SECONDS, 2 * QUICK_SECONDS]
    assert policy.outage is not None, "it is told"


def test_renewal_that_brought_a_session_that_lasted_can_be_had_again(policy):
    policy.failed(TOLD_TO_GO, 0, 5)
    policy.opened(1)
    assert policy.failed(TOLD_TO_GO, 1 + SETTLED_SECONDS, 60) == Retry(0.0)


def test_renewal_can_be_had_again_after_a_session_that_ended_as_it_should(policy):
    policy.failed(REFUSED, 0, 5)
    policy.opened(1)
    policy.opened(100)
    assert policy.failed(REFUSED, 101, 110) == Retry(0.0, renew=True)


def test_session_that_lasted_begins_anew(policy):
    attempts(policy, NETWORK, 10)
    policy.opened(20)
    assert policy.failed(NETWORK, 20 + SETTLED_SECONDS, 60) == Retry(QUICK_SECONDS)


def test_wait_for_the_owner_to_sign_in_blocks_nothing(policy):
    policy.failed(Failure(FailureReason.SIGN_IN, Remedy.GIVE_UP, "code"), 0, 10)
    assert policy.blocked(0, elsewhere=True) is None


@given(
    st.lists(
        st.tuples(st.sampled_from([NETWORK, REFUSED, EXPIRED, FORBIDDEN, DEFECT, busy(), busy(3.0)]), st.booleans()),
        max_size=60,
    ),
    st.floats(0, 1),
)
def test_no_order_of_failures_makes_more_attempts_than_the_quota_allows_or_waits_past_the_user(failures, chance):
    policy, now, asked = Reconnection(lambda: chance), 0.0, 0
    for failure, opens in failures:
        if policy.blocked(now, elsewhere=False) is not None:
            now += 1
            continue
        if opens:
            policy.opened(now)
        asked += 1
        retry = policy.failed(failure, now, now + 10)
        if retry is None:
            now += 1  # the user hears why, and says the wake word again
        else:
            assert 0 <= retry.after < 10
            now += retry.after
    assert policy.outage is None or policy.outage.until <= now + LONGEST_BLOCK * 1.25
