import logging
import os

import pytest

from voiced.audio.mixer import Mixer, amixer
from voiced.audio.settings import MixerSettings, OutputSettings

PCM = MixerSettings(control="PCM")


@pytest.mark.parametrize(
    ("settings", "device", "card"),
    [
        (PCM, "hw:CARD=Device,DEV=0", ["-c", "Device"]),
        (PCM, "default", []),
        (MixerSettings(control="PCM", card="Headphones"), "hw:CARD=Device", ["-c", "Headphones"]),
    ],
)
def test_the_control_of_the_right_card_is_set(settings, device, card):
    assert amixer(settings, device, 40) == ["amixer", "-q", "-M", *card, "--", "sset", "PCM", "40%"]


def test_a_control_named_like_an_option_stays_a_name():
    command = amixer(MixerSettings(control="--version; reboot"), "default", 1)
    assert command[command.index("--") + 2] == "--version; reboot"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts an amixer of the test's own first on PATH."""

    def write(script):
        path = tmp_path / "amixer"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return tmp_path

    return write


async def test_the_card_takes_the_volume(program):
    folder = program('echo "$@" > "$(dirname "$0")/asked"')
    assert await Mixer(OutputSettings(device="hw:CARD=Device", mixer="PCM")).set_volume(40)
    assert (folder / "asked").read_text() == "-q -M -c Device -- sset PCM 40%\n"


async def test_without_a_mixer_the_volume_is_softwares_affair():
    assert not await Mixer(OutputSettings()).set_volume(40)


async def test_a_missing_control_is_said_once(program, caplog):
    program("echo \"amixer: Unable to find simple control 'PCM',0\" >&2; exit 1")
    mixer = Mixer(OutputSettings(mixer="PCM"))
    caplog.set_level(logging.WARNING)
    assert not await mixer.set_volume(40)
    assert not await mixer.set_volume(50)
    (record,) = caplog.records
    assert "Unable to find simple control" in record.getMessage()
    assert "amixer scontrols" in record.getMessage()


async def test_amixer_not_installed_is_said(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not await Mixer(OutputSettings(mixer="PCM")).set_volume(40)
    assert "apt-get install alsa-utils" in caplog.text


async def test_a_mixer_that_hangs_is_given_up(program, caplog, monkeypatch):
    monkeypatch.setattr("voiced.audio.mixer._SECONDS", 0.05)
    program("exec sleep 60")
    assert not await Mixer(OutputSettings(mixer="PCM")).set_volume(40)
    assert "did not answer" in caplog.text
