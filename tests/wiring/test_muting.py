from pathlib import Path

import pytest

from voiced.assistant.phases import Phase
from voiced.wiring.muting import Muting


def shown(path: Path, *phases: Phase) -> list[bool]:
    muting = Muting(path)
    changed = []
    for phase in phases:
        changed.append(muting.show(phase))
        muting.keep()
    return changed


def test_nothing_is_off_on_a_new_speaker(tmp_path: Path) -> None:
    assert not Muting(tmp_path / "muted").muted


def test_microphone_that_was_off_is_known_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / "muted"
    assert shown(path, Phase.IDLE, Phase.MUTED) == [False, True]
    assert Muting(path).muted
    assert shown(path, Phase.MUTED, Phase.FAULTED) == [False, True]
    assert not Muting(path).muted


def test_state_that_can_not_be_written_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state").write_text("in the way")
    shown(tmp_path / "state" / "muted", Phase.MUTED)
    (record,) = caplog.records
    assert "after a restart the microphone will be on" in record.getMessage()
