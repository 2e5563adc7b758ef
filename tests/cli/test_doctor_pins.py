import json
from pathlib import Path

import pytest

from voiced.cli.doctor_host import HostExamination
from voiced.cli.doctor_pins import pins_are_not_the_sound_cards
from voiced.cli.findings import Finding, Verdict
from voiced.config.schema import VoicedSettings

PI_4 = "soc/i2s@7e203000/status"
PI_5 = "axi/pcie@1000120000/rp1/i2s@a0000/status"


@pytest.fixture
def looked_at(tmp_path: Path):
    """What is found where a node of the device tree has such a status."""

    def look(configured: dict[str, object], node: str = PI_4, status: bytes = b"okay\0") -> Finding | None:
        path = tmp_path / node
        path.parent.mkdir(parents=True)
        path.write_bytes(status)
        settings = VoicedSettings.model_validate_json(json.dumps(configured))
        return pins_are_not_the_sound_cards(HostExamination(settings, lambda _: None, state=tmp_path), tmp_path)

    return look


@pytest.mark.parametrize("node", [PI_4, PI_5])
def test_pins_of_a_sound_hat_that_something_else_takes_are_told(looked_at, node):
    found = looked_at(
        {
            "buttons": {"talk": 17, "mute": {"pin": 20}},
            "lights": {"driver": "led", "pins": {"led": 18}},
            "tools": [{"name": "fan", "description": "A fan.", "gpio": {"output": 21}}],
        },
        node,
    )
    assert found.verdict is Verdict.FAIL
    for told in ("lights.pins.led is on GPIO 18", "buttons.mute.pin is on GPIO 20", "the tool fan is on GPIO 21"):
        assert told in found.what
    assert "17" not in found.what


def test_nothing_is_said_of_other_pins_or_where_there_is_no_such_hat(looked_at, tmp_path):
    assert looked_at({"buttons": {"talk": 17}}) is None
    assert looked_at({"buttons": {"talk": 18}}, PI_5, b"disabled\0") is not None, "the other one is on"
    (tmp_path / PI_4).write_bytes(b"disabled\0")
    settings = VoicedSettings.model_validate_json('{"buttons": {"talk": 18}}')
    assert pins_are_not_the_sound_cards(HostExamination(settings, lambda _: None, state=tmp_path), tmp_path) is None
    assert pins_are_not_the_sound_cards(HostExamination(settings, lambda _: None), tmp_path / "no Pi") is None
