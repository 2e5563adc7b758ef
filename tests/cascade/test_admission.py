import pytest

from voiced.cascade.admission import Admission, is_loopback

KEY = "correct-key"


@pytest.mark.parametrize(
    ("headers", "query", "known"),
    [
        ({"api-key": KEY}, {}, True),
        ({"Authorization": f"Bearer {KEY}"}, {}, True),
        ({}, {"api-key": KEY}, True),
        ({}, {"Authorization": f"Bearer {KEY}"}, True),
        ({"api-key": "wrong"}, {"api-key": KEY}, True),
        ({"Authorization": KEY}, {}, False),
        ({"api-key": KEY[:-1]}, {}, False),
        ({"api-key": KEY + " "}, {}, False),
        ({"api-key": "\udcff"}, {}, False),
        ({"api-key": "ключ"}, {}, False),
        ({}, {}, False),
    ],
)
def test_only_the_key_itself_is_admitted(headers, query, known):
    assert Admission(KEY, 30).knows(headers, query) is known


def test_without_a_key_everybody_is_known():
    assert Admission(None, 30).knows({}, {})


def test_connections_of_any_minute_are_limited():
    admission = Admission(None, 2)
    assert [admission.wait(now) for now in (0.0, 50.0, 55.0, 59.5, 60.0, 60.5, 110.0)] == [0, 0, 5, 0.5, 0, 49.5, 0]


@pytest.mark.parametrize(
    ("host", "only_here"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.1.2", False), ("", False), ("speaker.local", False)],
)  # fmt: skip
def test_what_other_machines_can_reach_is_told_apart(host, only_here):
    assert is_loopback(host) is only_here
