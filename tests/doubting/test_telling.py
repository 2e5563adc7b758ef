from doubting.__main__ import _tell
from doubting.regression import Example
from doubting.turns import Kind, Turn

from voiced.cascade.doubts import Evidence
from voiced.cascade.recogniser import SURE


def turn(kind, ratio=None, *, asked=True):
    example = Example("a", ratio, said=kind is Kind.RIGHT, evidence=Evidence(0.0, 0.0, 0.0))
    return Turn(kind, ratio, example if asked else None)


def test_beliefs_are_counted_by_room_and_kind_past_turns_without_any(capsys):
    quiet = [turn(Kind.RIGHT), turn(Kind.OTHER, asked=False), turn(Kind.OTHER), turn(Kind.WRONG, asked=False)]
    noisy = [turn(Kind.RIGHT, 10.0), turn(Kind.WRONG, 10.0), turn(Kind.OTHER, 10.0)]
    _tell([*quiet, *noisy], [SURE, SURE - 0.1, SURE - 0.1, SURE + 1, SURE])
    first, second = capsys.readouterr().out.splitlines()
    assert "in quiet" in first
    assert "1 of 1 commands rightly decoded, 0 of 1 commands wrongly decoded, 0 of 2 other sentences; 100.0%" in first
    assert "at 10 dB" in second
    assert "0 of 1 commands rightly decoded, 1 of 1 commands wrongly decoded, 1 of 1 other sentences; 0.0%" in second
