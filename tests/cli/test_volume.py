import asyncio
import os

import pytest

from voiced.cli import main
from voiced.host.control import ControlSocket


@pytest.mark.parametrize(("given", "sent"), [([], None), (["35"], 35)])
async def test_volume_is_asked_or_set_and_printed(given, sent, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    asked = []

    async def volume(request):
        asked.append(request["percent"])
        return {"volume": 35}

    control = asyncio.create_task(ControlSocket(tmp_path / "control.sock", {}, {"volume": volume}).run())
    async with asyncio.timeout(5):
        while not (tmp_path / "control.sock").exists():
            await asyncio.sleep(0.001)
    assert await asyncio.to_thread(main, ["volume", *given]) == os.EX_OK
    control.cancel()
    assert capsys.readouterr().out == "35\n"
    assert asked == [sent]


@pytest.mark.parametrize("given", ["101", "-1", "loud"])
def test_what_is_no_percentage_is_wrong_usage(given, capsys):
    assert main(["volume", given]) == os.EX_USAGE
    assert "usage: voiced volume" in capsys.readouterr().err
