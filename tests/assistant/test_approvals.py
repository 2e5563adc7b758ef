from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.assistant.approvals import Approvals, Stage
from voiced.assistant.events import ApprovalRequested, RemoteToolCalled


def request(approval_id="a1", arguments='{"item": "milk"}', *, own=False):
    return ApprovalRequested("r1", approval_id, "notes", "add", arguments, own=own)


def call(call_id="c1", approval_id="", response_id="r1"):
    return RemoteToolCalled(response_id, call_id, "notes", "add", approval_id)


@pytest.fixture
def approvals():
    return Approvals()


@pytest.fixture
def granted(approvals):
    approvals.request(request())
    approvals.settle(approve=True)
    return approvals


def test_nothing_asked_leaves_nothing_open(approvals):
    assert not approvals.pending
    assert not approvals.open
    for approvals.stage in Stage:
        assert not approvals.answerable


def test_request_told_again_is_the_same_with_the_arguments_that_it_has_then(approvals):
    assert approvals.request(request(arguments=""))
    assert approvals.request(request("a2"))
    assert not approvals.request(request(arguments='{"item": "eggs"}'))
    assert not approvals.request(request(arguments=""))
    assert [waiting.arguments for waiting in approvals.queue] == ['{"item": "eggs"}', '{"item": "milk"}']


def test_request_that_was_answered_is_not_put_again(granted):
    assert not granted.request(request())
    assert not granted.pending


def test_user_may_answer_only_once_the_question_was_put(approvals):
    approvals.request(request())
    assert approvals.pending
    assert approvals.open
    assert not approvals.answerable
    approvals.stage = Stage.ASKED
    assert approvals.answerable
    approvals.restart()
    assert not approvals.answerable


def test_next_question_begins_afresh_once_one_is_answered(approvals):
    approvals.request(request("a1"))
    approvals.request(request("a2"))
    approvals.stage, approvals.question, approvals.sounds_from = Stage.HEARD, "r2", 3.0
    approvals.spoken, approvals.unclear, approvals.cut = True, 1, 2
    approvals.turns.add("turn of the first answer")
    assert approvals.settle(approve=False) == request("a1")
    fresh = Approvals()
    fresh.request(request("a1"))
    fresh.request(request("a2"))
    fresh.settle(approve=False)
    assert approvals == fresh, "no word about the first counts for the second"


def test_question_that_is_put_again_keeps_count_of_the_answers(approvals):
    approvals.request(request())
    approvals.stage, approvals.unclear, approvals.cut = Stage.HEARD, 1, 2
    approvals.restart()
    assert (approvals.stage, approvals.unclear, approvals.cut) == (Stage.WAITING, 1, 2)


@pytest.mark.parametrize(("approve", "own", "waited_for"), [(True, False, True), (False, False, False),
                                                            (True, True, False)])  # fmt: skip
def test_call_of_the_services_that_was_allowed_is_waited_for(approvals, approve, own, waited_for):
    approvals.request(request(own=own))
    approvals.settle(approve=approve)
    assert approvals.open is waited_for


@pytest.mark.parametrize("approval_id", ["a1", ""])
def test_call_that_was_allowed_is_over_with_its_end(granted, approval_id):
    assert granted.begin_call(call(approval_id=approval_id))
    assert granted.open
    assert granted.end_call("c1")
    assert not granted.open


def test_call_that_names_another_approval_leaves_the_granted_one_to_be_waited_for(granted):
    granted.begin_call(call(approval_id="a9"))
    granted.end_call("c1")
    assert granted.open


def test_call_told_twice_and_by_its_approval_only_then_takes_no_other_grant(approvals):
    for approval_id in ("a1", "a2"):
        approvals.request(request(approval_id))
        approvals.settle(approve=True)
    assert approvals.begin_call(call("c1", "a1"))
    assert not approvals.begin_call(call("c1"))
    approvals.end_call("c1")
    assert approvals.open, "the other call is still to come"
    assert approvals.begin_call(call("c2", "a2"))
    approvals.end_call("c2")
    assert not approvals.open


@pytest.mark.parametrize(("complaint", "lost"), [("No approval request a1.", True), ("Something else.", False)])
def test_grant_that_the_service_does_not_know_is_not_waited_for(granted, complaint, lost):
    assert granted.refused(complaint) is lost
    assert granted.open is not lost
    assert not granted.refused(complaint) or not lost


def test_calls_of_a_cancelled_response_are_not_waited_for(approvals):
    approvals.begin_call(call("c1", response_id="r1"))
    approvals.begin_call(call("c2", response_id=""))
    approvals.begin_call(call("c2", response_id="r2"))
    approvals.begin_call(call("c2", response_id=""))
    approvals.forget_calls("r1")
    assert not approvals.end_call("c1"), "nobody waits for it"
    assert approvals.open
    approvals.forget_calls("r2")
    assert not approvals.open


def test_end_of_a_call_that_was_never_told_of_is_news_once(approvals):
    assert approvals.end_call("c1")
    assert not approvals.end_call("c1")
    assert not approvals.begin_call(call("c1")), "which is over"
    assert not approvals.open


NAMES = st.sampled_from(["1", "2", "3"])
STEPS = st.tuples(st.sampled_from(["request", "yes", "no", "begin", "end", "cancel", "refuse"]), NAMES)


@given(st.lists(STEPS, min_size=8, max_size=30))
def test_in_any_order_each_is_news_once_and_with_all_settled_nothing_is_open(steps):
    approvals, news, answered = Approvals(), Counter(), []
    for kind, name in [*steps, *[("no", "")] * 3, *(("end", name) for name in "123")]:
        match kind:
            case "request":
                news[f"request {name}"] += approvals.request(request(f"a{name}"))
            case "yes" | "no" if approvals.pending:
                answered.append(approvals.settle(approve=kind == "yes").approval_id)
            case "begin":
                news[f"call {name}"] += approvals.begin_call(call(f"c{name}", f"a{name}", f"r{name}"))
            case "end":
                news[f"end {name}"] += approvals.end_call(f"c{name}")
            case "cancel":
                approvals.forget_calls(f"r{name}")
            case "refuse":
                approvals.refused(f"There is no a{name}.")
    assert set(news.values()) <= {0, 1}
    assert sorted(answered) == sorted(f"a{name}" for name in "123" if news[f"request {name}"])
    for name in answered:
        approvals.refused(name)
    assert not approvals.open
