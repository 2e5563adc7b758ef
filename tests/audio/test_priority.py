import errno
import logging
import os
import threading

import pytest

from voiced.audio.priority import PRIORITY, Urgency


def test_thread_asks_for_priority_that_its_children_do_not_get() -> None:
    asked: list[tuple[int, int, int]] = []
    urgency = Urgency(lambda thread, policy, param: asked.append((thread, policy, param.sched_priority)))
    assert urgency.claim()
    assert asked == [(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, PRIORITY)]


def test_refusal_is_told_once_and_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    urgency = Urgency(refuse)
    with caplog.at_level(logging.DEBUG):
        assert not urgency.claim()
        assert not urgency.claim()
    assert [record.getMessage() for record in caplog.records] == [
        "sound has no real-time priority: Operation not permitted; with LimitRTPRIO= it would"
    ]


def test_only_the_claiming_thread_is_changed() -> None:
    policies: list[int] = []

    def run() -> None:
        if Urgency().claim():
            policies.append(os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if not policies:
        pytest.skip("this machine allows no real-time priority")
    assert policies == [os.SCHED_FIFO]
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
