"""What is known of a call that the end of the speaker cuts short."""

import asyncio
from dataclasses import replace

import pytest

from voiced.tools.building import build
from voiced.tools.ledger import Ledger
from voiced.tools.ledger_file import entries
from voiced.tools.registry import Registry
from voiced.tools.runner import CUT_SHORT, Runner
from voiced.tools.wires import Wires


@pytest.mark.parametrize(("private", "logged"), [(False, '{"room": "attic", "state": "on"}'), (True, "***")])
async def test_call_that_is_cut_short_is_written_down_as_not_known(tmp_path, validate, set_light, private, logged):
    set_light["parameters"]["room"]["private"] = private
    acting = asyncio.Event()

    async def act(_):
        acting.set()
        await asyncio.Event().wait()

    (tool,) = build([validate(set_light)], Wires(lambda _: ""))
    ledger = Ledger(tmp_path / "tools.sqlite", 30, 100)
    runner = Runner(Registry([replace(tool, action=act)]), record=ledger.record)
    async with ledger.writing(), asyncio.TaskGroup() as tasks:
        call = tasks.create_task(runner.call("set_light", '{"room": "attic", "state": "on"}'))
        await acting.wait()
        call.cancel()
    (entry,) = entries(tmp_path / "tools.sqlite", 10)
    assert (entry.tool, entry.ok, entry.result) == ("set_light", False, CUT_SHORT)
    assert logged in entry.arguments
    assert private != ("attic" in entry.arguments)
