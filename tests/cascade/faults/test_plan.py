from voiced.cascade.faults.kinds import Close, Drop, Hang, Refuse
from voiced.cascade.faults.plan import Plan


def test_faults_of_the_line_wait_until_a_handshake_succeeds():
    plan, refuse, close = Plan(), Refuse(status=429, connections=2), Close(code=1011, connections=1)
    plan.add([close, refuse])
    assert [plan.on_request(), plan.on_request(), plan.on_request()] == [refuse, refuse, None]
    assert [plan.on_the_line(), plan.on_the_line()] == [[close], []]


def test_fault_without_a_number_strikes_every_connection_until_cleared():
    plan = Plan()
    plan.add([Hang(), Drop()])
    assert plan.on_request() == plan.on_request() == Hang()
    assert plan.on_the_line() == plan.on_the_line() == [Drop()]
    plan.clear()
    assert (plan.on_request(), plan.on_the_line(), plan.faults) == (None, [], [])


def test_equal_faults_are_counted_apart():
    plan = Plan()
    plan.add([Refuse(status=500, connections=1), Refuse(status=500, connections=1)])
    assert plan.on_request() is not None
    assert plan.on_request() is not None
    assert plan.on_request() is None
