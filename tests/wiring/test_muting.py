from datetime import UTC, datetime
from pathlib import Path

import pytest

from voiced.assistant.phases import Phase
from voiced.wiring.muting import Muting

NIGHT = datetime(2026, 11, 21, 23, 10, tzinfo=UTC)
BY_BUTTON = "microphone off by its button"


def muting(path: Path) -> Muting:
    return Muting(path, lambda: NIGHT)


def shown(path: Path, *phases: Phase) -> list[bool]:
    it = muting(path)
    changed = []
    for phase in phases:
        changed.append(it.show(phase, BY_BUTTON))
        it.keep()
    return changed


def test_nothing_is_off_on_a_new_speaker(tmp_path: Path) -> None:
    assert not muting(tmp_path / "muted").muted


def test_microphone_that_was_off_is_known_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / "muted"
    assert shown(path, Phase.IDLE, Phase.MUTED) == [False, True]
    assert muting(path).muted
    assert shown(path, Phase.MUTED, Phase.FAULTED) == [False, True]
    assert not muting(path).muted


def test_after_restarts_it_is_told_who_switched_it_off_and_when_and_the_way_back(tmp_path: Path) -> None:
    path = tmp_path / "muted"
    shown(path, Phase.MUTED)
    for _ in range(2):
        it = muting(path)
        kept = it.kept("press its button")
        assert kept == (
            "microphone off by its button, since 2026-11-21 23:10, which is kept over the restart; "
            "to switch it on, press its button"
        )
        it.show(Phase.MUTED, kept)
        it.keep()


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\x1b"])
def test_microphone_is_off_whatever_stands_in_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "muted"
    path.write_bytes(content)
    assert muting(path).muted
    assert muting(path).kept("say so").startswith("microphone off, which is kept over the restart; ")


def test_what_stands_in_the_file_is_told_on_one_short_line(tmp_path: Path) -> None:
    path = tmp_path / "muted"
    path.write_bytes(b"\xff\x1b[2J" + b"x" * 10_000 + b"\nmore")
    kept = muting(path).kept("say so")
    assert kept.isprintable()
    assert len(kept) < 300


def test_microphone_is_off_where_it_can_not_be_known_whether_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "muted"
    path.mkdir()  # it can't be read, whoever asks
    assert muting(path).muted
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "the microphone is off, for it may have been" in record.getMessage()


def test_state_that_can_not_be_written_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state").write_text("in the way")
    shown(tmp_path / "state" / "muted", Phase.MUTED)
    (record,) = caplog.records
    assert "after a restart the microphone will be on" in record.getMessage()


def test_microphone_stays_off_where_the_disk_is_too_full_for_the_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "muted"
    it = muting(path)
    path.mkdir()  # it is there, and nothing can be written to it
    it.show(Phase.MUTED, BY_BUTTON)
    it.keep()
    (record,) = caplog.records
    assert "it will not be known why the microphone is off" in record.getMessage()
    assert muting(path).muted
