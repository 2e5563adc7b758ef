from benches.audio import _values


def test_numbers_are_found_however_deep_in_a_status():
    status = {"loudspeaker": {"underruns": 2, "device": {"underruns": 3.0}}, "underruns": "none", "microphone": [1]}
    assert _values(status, "underruns") == [2.0, 3.0]
    assert _values(status, "overruns") == []
