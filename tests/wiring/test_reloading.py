import asyncio
import logging
import socket
from pathlib import Path

import pytest

from voiced.config.loading import load
from voiced.config.schema import VoicedSettings
from voiced.wiring.reloading import Reloading, changes
from voiced.wiring.tooling import Tooling

LAMP = """tools:
  - name: NAME
    description: A lamp.
    http: {url: "http://lamp.invalid/"}
"""


class House:
    """A configuration on disk, and the tools that came of it."""

    def __init__(self, folder: Path, text: str) -> None:
        self.config = folder / "voiced.yaml"
        self.write(text)
        settings = load(self.config)
        self.tooling = Tooling(settings, lambda _: None)
        self.changes = 0
        self.tooling.registry.on_change(self.changed)
        self.adopted = None
        self.reloading = Reloading(self.config, settings, self.tooling, adopt=self.adopt)

    def write(self, text: str) -> None:
        self.config.write_text(text)

    def adopt(self, settings: VoicedSettings) -> None:
        self.adopted = settings

    def changed(self) -> None:
        self.changes += 1

    @property
    def names(self) -> list[str]:
        return [tool.name for tool in self.tooling.registry]


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    return House(tmp_path, LAMP.replace("NAME", "lamp"))


async def test_other_tools_are_taken_at_once(house):
    house.write(LAMP.replace("NAME", "light"))
    assert await house.reloading.reload() == {"told": "1 tool; taken: tools"}
    assert house.names == ["light"]
    assert house.changes == 1


async def test_a_broken_file_leaves_the_old_tools_and_says_why_with_its_place(house, caplog):
    house.write(LAMP.replace("NAME", "light").replace("http:", "htpp:"))
    told = await house.reloading.reload()
    place = f"{house.config}:4:5: tools[0].htpp: unknown key (did you mean http?)"
    assert place in told["error"].splitlines()
    assert "the configuration of before stays in force" in told["error"]
    assert place in [record.getMessage() for record in caplog.records]
    assert house.names == ["lamp"]
    assert house.changes == 0


async def test_what_needs_a_restart_is_named_until_it_was_restarted(house, caplog):
    caplog.set_level(logging.INFO)
    house.write(LAMP.replace("NAME", "light") + "audio: {input: {device: hw:1}}\nspeaker: {name: Hall}\n")
    waiting = "restart to apply: audio.input.device, speaker.name"
    assert (await house.reloading.reload())["told"] == f"1 tool; taken: tools; {waiting}"
    assert (await house.reloading.reload())["told"] == f"1 tool; {waiting}"
    assert f"reloaded: 1 tool; {waiting}" in caplog.text


async def test_buttons_are_taken_at_once_and_need_no_restart(house):
    house.write(LAMP.replace("NAME", "lamp") + "buttons: {talk: 6}\n")
    assert await house.reloading.reload() == {"told": "1 tool; taken: buttons.talk"}
    assert house.adopted.buttons.talk == 6


async def test_what_is_taken_back_is_named_as_what_is_taken(house):
    house.write(LAMP.replace("NAME", "lamp") + "buttons: {talk: 6}\ntool_policy: {dry_run: true}\n")
    assert await house.reloading.reload() == {"told": "1 tool; taken: buttons.talk, tool_policy.dry_run"}
    house.write(LAMP.replace("NAME", "lamp"))
    assert await house.reloading.reload() == {"told": "1 tool; taken: buttons.talk, tool_policy.dry_run"}
    assert await house.reloading.reload() == {"told": "1 tool"}


async def test_of_a_file_with_a_mistake_nothing_counts_as_taken(house):
    house.write(LAMP.replace("NAME", "lamp") + "buttons: {talk: 6, mute: 99}\n")
    await house.reloading.reload()
    house.write(LAMP.replace("NAME", "lamp") + "buttons: {talk: 6}\n")
    assert await house.reloading.reload() == {"told": "1 tool; taken: buttons.talk"}


@pytest.mark.parametrize(
    ("mute", "vain", "told"),
    [
        ("5", {"buttons.mute": "busy. Free it"}, "taken: buttons.talk; without effect: buttons.mute (busy. Free it)"),
        (
            "{pin: 5, switch: true}",
            {"buttons.mute": "busy"},
            "taken: buttons.talk; without effect: buttons.mute (busy)",
        ),
        ("5", {"buttons": "slow"}, "without effect: buttons (slow)"),
    ],
)
async def test_a_button_whose_pin_can_not_be_had_is_not_called_taken(house, mute, vain, told):
    async def without_effect():
        assert house.adopted is not None, "they are adopted before"
        return vain

    house.reloading = Reloading(
        house.config, load(house.config), house.tooling, adopt=house.adopt, without_effect=without_effect
    )
    house.write(LAMP.replace("NAME", "lamp") + f"buttons: {{talk: 6, mute: {mute}}}\n")
    assert await house.reloading.reload() == {"told": f"1 tool; {told}"}


async def test_every_mistake_of_every_file_is_told_once_and_that_nothing_changes(house, caplog):
    folder = house.config.parent / "tools.d"
    folder.mkdir()
    (folder / "fan.yaml").write_text("tools:\n  - name: fan\n    htpp: {}\n")
    house.write(LAMP.replace("NAME", "light") + "speaker: {nmae: Hall}\n")
    house.reloading.ask()
    running = asyncio.create_task(house.reloading.run())
    while not caplog.messages or "not reloaded" not in caplog.messages[-1]:
        await asyncio.sleep(0.005)
    running.cancel()
    *mistakes, end = caplog.messages
    assert mistakes == [
        f"{folder}/fan.yaml:2:5: tools[1].description: this key is required",
        f"{folder}/fan.yaml:3:5: tools[1].htpp: unknown key (did you mean http?)",
        f"{house.config}:5:11: speaker.nmae: unknown key (did you mean name?)",
    ]
    assert "not reloaded, for it has 3 mistakes, told above; that of before stays in force" in end
    assert {record.levelname for record in caplog.records} == {"ERROR"}
    assert house.names == ["lamp"]


async def test_a_file_that_is_no_yaml_is_told_with_its_place(house, caplog):
    house.write("tools: [\nspeaker: {name: Hall}\n")
    await house.reloading.reload()
    mistake, end = caplog.messages
    assert mistake.startswith(f"{house.config}:3:1: not valid YAML: ")
    assert "not reloaded, for it has a mistake, told above" in end


async def test_lights_wait_for_a_restart_while_buttons_do_not(house):
    house.write(LAMP.replace("NAME", "lamp") + "buttons: {talk: 6}\nlights: {driver: led, pins: {led: 17}}\n")
    told = "1 tool; taken: buttons.talk; restart to apply: lights.driver, lights.pins"
    assert await house.reloading.reload() == {"told": told}


async def test_a_broken_file_leaves_the_old_buttons(house):
    house.write(LAMP.replace("NAME", "lamp") + "buttons: {talk: 99}\n")
    assert "buttons.talk" in (await house.reloading.reload())["error"]
    assert house.adopted is None


async def test_a_policy_for_all_is_taken_at_once(house):
    house.write(LAMP.replace("NAME", "lamp") + "tool_policy: {dry_run: true}\n")
    assert await house.reloading.reload() == {"told": "1 tool; taken: tool_policy.dry_run"}
    assert (await house.tooling.in_writing("lamp", "{}")).ok, "nothing is done"


async def test_a_defect_of_who_follows_the_tools_leaves_no_half_of_them(house, caplog):
    def broken():
        raise RuntimeError("a defect")

    house.tooling.registry.on_change(broken)
    house.tooling.registry.on_change(house.changed)
    house.write(LAMP.replace("NAME", "light") + "tool_policy: {dry_run: true}\n")
    assert await house.reloading.reload() == {"told": "1 tool; taken: tool_policy.dry_run, tools"}
    assert (house.names, house.changes) == (["light"], 2)
    assert (await house.tooling.in_writing("light", "{}")).ok, "the policy is another, too"
    assert "a defect" in caplog.text


async def test_systemd_is_told_when_it_begins_and_when_it_ends(house, tmp_path, monkeypatch):
    pytest.importorskip("systemd.daemon")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        house.write("nonsense: 1")
        await house.reloading.reload()
        first, second = (heard.recv(1000).decode() for _ in range(2))
    assert first.startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert second == "READY=1"


async def test_a_reload_during_the_start_does_not_call_the_speaker_ready(house, tmp_path, monkeypatch):
    pytest.importorskip("systemd.daemon")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        starting = Reloading(house.config, load(house.config), house.tooling, ready=lambda: False)
        assert await starting.reload() == {"told": "1 tool"}
        with pytest.raises(BlockingIOError):
            heard.recv(1000)


async def test_a_signal_reloads(house):
    house.write(LAMP.replace("NAME", "light"))
    async with asyncio.timeout(10):
        running = asyncio.create_task(house.reloading.run())
        house.reloading.ask()
        while house.names != ["light"]:
            await asyncio.sleep(0.01)
        running.cancel()


async def test_the_verb_reloads(house):
    assert await house.reloading.errands()["reload"]({}) == {"told": "1 tool"}


def test_changes_are_named_by_their_keys():
    before = {"a": {"b": 1, "c": [1]}, "d": None, "e": 1}
    after = {"a": {"b": 2, "c": [1, 2]}, "d": {"x": 1}, "e": 1}
    assert list(changes(before, after)) == ["a.b", "a.c", "d"]
