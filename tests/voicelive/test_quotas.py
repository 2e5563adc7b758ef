from voiced.voicelive.quotas import ConnectionQuota


def test_thirty_connections_a_minute_and_then_as_they_age():
    quota = ConnectionQuota()
    assert [quota.take(second) for second in range(31)] == [True] * 30 + [False]
    assert quota.wait(31) == 29
    assert not quota.take(59.9)
    assert quota.take(60)
    assert not quota.take(60)


def test_speculation_leaves_the_reserve_to_certain_wake_words():
    quota = ConnectionQuota(10)
    assert [quota.take(0, reserve=8) for _ in range(3)] == [True, True, False]
    assert all(quota.take(0) for _ in range(8))
    assert not quota.take(0)


def test_nothing_is_waited_for_below_the_limit():
    assert ConnectionQuota().wait(0) == 0
