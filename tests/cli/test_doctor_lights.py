from pathlib import Path

import pytest

from voiced.cli.doctor_host import HostExamination
from voiced.cli.doctor_lights import chain_has_a_steady_clock
from voiced.cli.findings import Finding, Verdict
from voiced.config.schema import VoicedSettings

BOARDS = {
    "Pi 4": b"raspberrypi,4-model-b\0brcm,bcm2711\0",
    "Pi 5": b"raspberrypi,5-model-b\0brcm,bcm2712\0",
}


@pytest.fixture
def looked_at(tmp_path: Path):
    """What is found of a light on a board whose firmware tells so much; None: it has no such program."""

    def look(told: str | None, driver: str = "ws2812", board: str = "Pi 4") -> Finding | None:
        settings = VoicedSettings.model_validate({"lights": {"driver": driver, "count": 12}}, strict=False)
        path = tmp_path / "compatible"
        path.write_bytes(BOARDS[board])
        return chain_has_a_steady_clock(HostExamination(settings, lambda _: told, state=tmp_path), path)

    return look


@pytest.mark.parametrize(
    ("told", "value"),
    [("arm_freq=1800\ncore_freq=500\ncore_freq_min=200\n", 500), ("core_freq=400\n", 400)],
)
def test_clock_that_changes_is_doubted_with_what_holds_it(looked_at, told, value):
    found = looked_at(told)
    assert found.verdict is Verdict.WARN
    assert f"core_freq={value} and core_freq_min={value}" in found.fix


@pytest.mark.parametrize(
    "told", ["core_freq=500\ncore_freq_min=500\n", "core_freq=250\n", "core_freq=0x190\nforce_turbo=1\n"]
)
def test_clock_that_stays_is_good(looked_at, told):
    assert looked_at(told).verdict is Verdict.OK


def test_nothing_is_said_without_ws2812_or_on_a_pi_5_or_where_nobody_knows(looked_at):
    changes = "core_freq=910\ncore_freq_min=500\n"
    assert looked_at(changes, driver="apa102") is None
    assert looked_at(changes, board="Pi 5") is None
    assert looked_at("arm_freq=700\n") is None
    assert looked_at(None) is None
