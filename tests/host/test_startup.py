import gc
import resource
from importlib import import_module
from pathlib import Path

import pytest

from voiced.host import startup


@pytest.fixture(autouse=True)
def collector():
    """As it was, after the test."""
    yield
    gc.unfreeze()
    gc.enable()


def test_garbage_is_collected_once_the_start_is_over_and_only_what_came_after_it():
    startup.begin()
    assert not gc.isenabled()
    before = gc.get_freeze_count()
    kept = [[] for _ in range(1000)]
    startup.finish()
    assert gc.isenabled()
    assert gc.get_freeze_count() - before >= len(kept)


def test_heap_that_nobody_uses_is_given_back():
    pieces = [bytearray(100_000) for _ in range(300)]  # below the size that malloc maps by itself
    above = bytearray(100_000)
    del pieces[:]
    before = resident()
    startup.give_back()
    assert resident() < before - 20_000_000
    assert above


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_module_is_imported_ahead_and_one_that_fails_is_nobodys_business(tmp_path, monkeypatch):
    (tmp_path / "slow_to_load.py").write_text("import time\ntime.sleep(0.05)\nDONE = True\n")
    (tmp_path / "fails_to_load.py").write_text("raise OSError('no library')\n")
    monkeypatch.syspath_prepend(tmp_path)
    startup.ahead("fails_to_load")
    startup.ahead("slow_to_load")
    assert import_module("slow_to_load").DONE
    with pytest.raises(OSError, match="no library"):
        import_module("fails_to_load")
