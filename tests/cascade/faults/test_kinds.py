import pytest

from voiced.cascade.faults.kinds import Close, FaultError, Refuse, Slow, parse


def test_described_fault_becomes_its_value():
    described = {"kind": "close", "code": 1011, "reason": "broken", "after": "session.updated", "connections": 2}
    assert parse(described) == Close(code=1011, reason="broken", after="session.updated", connections=2)
    assert parse({"kind": "slow", "direction": "up", "bytes_per_second": 8000}) == Slow(
        direction="up", bytes_per_second=8000
    )
    assert parse({"kind": "refuse", "status": 429, "retry_after": "7"}) == Refuse(status=429, retry_after="7")


@pytest.mark.parametrize(
    ("described", "why"),
    [
        ({"kind": "sulk"}, "sulk"),
        ({}, "kind"),
        ("reset", "dict"),
        ({"kind": "close"}, "code"),
        ({"kind": "close", "code": 99}, "code"),
        ({"kind": "refuse", "status": 200}, "status"),
        ({"kind": "slow", "delay_ms": -1}, "delay_ms"),
        ({"kind": "inject", "oddity": "normal"}, "oddity"),
        ({"kind": "reset", "count": 0}, "count"),
    ],
)
def test_what_is_no_fault_is_refused_by_name(described, why):
    with pytest.raises(FaultError, match=why):
        parse(described)
