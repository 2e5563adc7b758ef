import importlib.util

import pytest
from benches.__main__ import BENCHES, PARTS, main

NAMES = [part for name in BENCHES for part in PARTS.get(name, (name,))]


@pytest.mark.parametrize("name", NAMES)
def test_every_bench_has_its_module(name: str) -> None:
    assert importlib.util.find_spec(f"benches.{name.replace('-', '_')}") is not None


def test_name_that_is_no_bench_is_an_error_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cascade", "dishwasher"]) == 64
    assert "no bench dishwasher" in capsys.readouterr().err
