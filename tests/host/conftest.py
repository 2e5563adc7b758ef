import pytest

STATUS = {
    "name": "Kitchen",
    "version": "1",
    "phase": "idle",
    "uptime_seconds": 5,
    "endpoint": "cascade",
    "wake": {"words": {"hey_jarvis": {"wakes": 3, "false_wakes": 1, "near_misses": 0}}, "dropped": 0},
    "service": {"outage": {"seconds": 12, "detail": "no network"}},
    "budget": {
        "today": {"tokens": 10, "minutes": 0.5, "cost": 0.25},
        "month": {"tokens": 20, "minutes": 1.5, "cost": None},
        "currency": "EUR",
        "low": None,
        "spent": "20 EUR a month",
    },
    "loudspeaker": {"underruns": 2, "late_callbacks": 0, "reopenings": 1},
    "microphone": {
        "hearing": True,
        "overruns": 4,
        "late_callbacks": 0,
        "reopenings": 0,
        "paused": False,
        "peak_dbfs": -20.0,
        "rms_dbfs": -42.5,
        "noise_floor_dbfs": -60.0,
    },
}


@pytest.fixture(scope="session")
def speaker_status():
    """What `voiced status` has, as far as metrics look at it."""
    return STATUS
