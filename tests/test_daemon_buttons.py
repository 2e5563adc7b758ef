"""Buttons on a whole daemon: its pins are gpiozero's mock ones, moved from outside with a signal."""

import asyncio
import json
import signal
from contextlib import asynccontextmanager

import pytest
from demonstration import voice
from demonstration.stage import MOCK_PINS, perform

pytestmark = pytest.mark.system

FINGERS = """
import signal
from pathlib import Path

def move(*_):
    from gpiozero import Device
    number, level = Path(__file__).with_name("fingers").read_text().split()
    pin = Device.pin_factory.pin(int(number))
    pin.drive_high() if level == "high" else pin.drive_low()

signal.signal(signal.SIGUSR1, move)
"""
TALK, MUTE, UP, OTHER = 6, 5, 12, 16


class Speaker:
    """A daemon with fingers on its buttons, and what it tells."""

    def __init__(self, folder, stage):
        self._folder = folder
        self.stage = stage
        self._events = stage.events()

    async def until(self, **wanted):
        """The next event with such fields."""
        async for event in self._events:
            if wanted.items() <= event.items():
                return event
        pytest.fail(f"the daemon ended\n{self.stage.log}")

    def put(self, number, level):
        (self._folder / "fingers.part").write_text(f"{number} {level}")
        (self._folder / "fingers.part").replace(self._folder / "fingers")
        self.stage.process.send_signal(signal.SIGUSR1)


@asynccontextmanager
async def speaker(folder, pins=MOCK_PINS, **buttons):
    voice.record(folder / "mic.wav", [(120.0, "hello")])
    (folder / "sitecustomize.py").write_text(FINGERS)
    async with perform(folder, configuration(folder, **buttons), pins | {"PYTHONPATH": str(folder)}) as stage:
        yield Speaker(folder, stage)


def configuration(folder, **buttons):
    files = {"input": {"device": f"file:{folder}/mic.wav"}, "output": {"device": f"file:{folder}/speaker.wav"}}
    return {"audio": files, "buttons": buttons}


async def test_buttons_are_pressed_while_the_daemon_lives_and_are_others_after_a_reload(tmp_path):
    async with speaker(tmp_path, talk=TALK, mute={"pin": MUTE, "switch": True}, volume_up=UP) as daemon:
        await daemon.until(phase="idle")
        daemon.put(TALK, "low")
        await daemon.until(phase="connecting", reason="talk button")
        daemon.put(TALK, "high")
        daemon.put(MUTE, "low")
        await daemon.until(phase="muted")
        assert "switch" in (await daemon.stage.ask("unmute"))["error"]
        daemon.put(MUTE, "high")
        await daemon.until(phase="idle")
        daemon.put(UP, "low")
        while (await daemon.stage.ask("status"))["loudspeaker"]["volume"] == 60:
            await asyncio.sleep(0.01)

        (tmp_path / "voiced.yaml").write_text(json.dumps(configuration(tmp_path, talk=OTHER)))
        assert (await daemon.stage.ask("reload"))["told"].startswith("0 tools; taken: buttons.")
        while (await daemon.stage.ask("status"))["phase"] == "idle":  # until the pin is taken, nobody feels it
            daemon.put(OTHER, "low")
            await asyncio.sleep(0.01)
        await daemon.until(phase="connecting", reason="talk button")
    assert "No button" not in daemon.stage.log
    assert "ERROR" not in daemon.stage.log


async def test_switch_that_is_on_keeps_a_daemon_muted_from_its_start_on(tmp_path):
    on = {"pin": MUTE, "switch": True, "active_high": True}  # mock pins start high
    async with speaker(tmp_path, mute=on) as daemon:
        assert (await daemon.until(event="status"))["phase"] == "muted"
        daemon.put(MUTE, "low")
        await daemon.until(phase="idle")
        while not any((tmp_path / "speaker.wav").read_bytes()[44:]):  # that it is on now is heard
            await asyncio.sleep(0.05)
    assert daemon.stage.log.index("muted: ") < daemon.stage.log.index("idle: ")


async def test_microphone_that_was_off_stays_off_over_a_restart(tmp_path):
    async with speaker(tmp_path) as daemon:
        await daemon.until(phase="idle")
        await daemon.stage.ask("mute")
        await daemon.until(phase="muted")
        while not (tmp_path / "state" / "muted").exists():
            await asyncio.sleep(0.01)
        daemon.stage.process.kill()
        await daemon.stage.process.wait()
    async with speaker(tmp_path) as daemon:
        assert (await daemon.until(event="status"))["phase"] == "muted"
        await daemon.stage.ask("unmute")
        await daemon.until(phase="idle")
    assert not (tmp_path / "state" / "muted").exists()
    (told,) = [line for line in daemon.stage.log.splitlines() if "muted: " in line]
    assert "microphone off by voiced mute, since 20" in told
    assert "kept over the restart; to switch it on, type voiced unmute on the speaker" in told


async def test_microphone_that_was_off_stays_off_where_its_switch_can_not_be_read(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "muted").write_text("microphone off by its switch, since 2026-11-21 23:10\n")
    switch = {"pin": MUTE, "switch": True}
    async with speaker(tmp_path, {"GPIOZERO_PIN_FACTORY": "nothing"}, mute=switch) as daemon:
        assert (await daemon.until(event="status"))["phase"] == "muted"
        assert "buttons.mute (" in (await daemon.stage.ask("reload"))["told"]
    assert "WARNING The mute switch can't be read: the microphone stays off, as it was left" in daemon.stage.log
    assert "muted: microphone off by its switch, since 2026-11-21 23:10, which is kept" in daemon.stage.log


async def test_switch_decides_at_a_start_whatever_was_before(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "muted").touch()
    async with speaker(tmp_path, mute={"pin": MUTE, "switch": True}) as daemon:
        await daemon.until(phase="idle")


async def test_pins_that_can_not_be_had_are_one_warning_and_the_speaker_listens(tmp_path):
    async with speaker(tmp_path, {"GPIOZERO_PIN_FACTORY": "nothing"}, talk=TALK, mute=MUTE) as daemon:
        await daemon.until(phase="idle")
    (told,) = [line for line in daemon.stage.log.splitlines() if "No button" in line]
    assert "WARNING" in told
    assert "talk, mute" in told
    assert "GPIOZERO_PIN_FACTORY" in told
    assert "ERROR" not in daemon.stage.log
