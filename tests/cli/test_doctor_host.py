import os
import pwd

import pytest
from gpiozero import LED

from voiced.cli import doctor_host
from voiced.cli.doctor_host import HostExamination
from voiced.cli.findings import Verdict
from voiced.config.schema import VoicedSettings

LIT = VoicedSettings.model_validate_json('{"lights": {"driver": "led", "pins": {"led": 17}}}')
SHOWN = "LoadState=loaded\nActiveState={}\nSubState=x\nNRestarts={}\nUnitFileState={}"


def host(tmp_path, settings=None, **answers):
    programs = {name.replace("_", "-"): told for name, told in answers.items()}
    return HostExamination(settings or VoicedSettings(), lambda command: programs.get(command[0]), state=tmp_path)


def test_32_bits_are_refused_with_what_to_install(tmp_path):
    found = doctor_host.system_has_64_bits(HostExamination(VoicedSettings(), bits=32, state=tmp_path))
    assert found.verdict is Verdict.FAIL
    assert "64-bit" in found.fix


@pytest.mark.parametrize(
    ("told", "verdict", "words"),
    [
        ("throttled=0x0", Verdict.OK, "enough"),
        ("throttled=0x1", Verdict.WARN, "too weak now"),
        ("throttled=0x50000", Verdict.WARN, "has been too weak, it has been throttled"),
    ],
)
def test_pi_says_what_it_thinks_of_its_power(tmp_path, told, verdict, words):
    found = doctor_host.power_is_enough(host(tmp_path, vcgencmd=told))
    assert found.verdict is verdict
    assert words in found.what


def test_machine_that_knows_nothing_of_its_power_is_not_asked_further(tmp_path):
    assert doctor_host.power_is_enough(host(tmp_path)) is None


def test_pin_that_opens_is_good_and_left_dark(tmp_path, pins):
    found = doctor_host.lights_can_be_lit(host(tmp_path, LIT))
    assert found.verdict is Verdict.OK
    assert pins.pin(17).state == 0


def test_pin_library_that_is_missing_is_told_with_the_fix(tmp_path, pins, monkeypatch):
    def refuse(*_, **__):
        raise ModuleNotFoundError("No module named 'lgpio'")

    monkeypatch.setattr(pins, "pin", refuse)
    found = doctor_host.lights_can_be_lit(host(tmp_path, LIT))
    assert found.verdict is Verdict.FAIL
    assert "python3-lgpio" in found.fix


def test_chain_needs_the_group_of_spi_too(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor_host, "USER", pwd.getpwuid(os.getuid()).pw_name)
    monkeypatch.setattr(doctor_host.os, "getgrouplist", lambda *_: [])
    chain = VoicedSettings.model_validate_json('{"lights": {"driver": "ws2812", "count": 12}}')
    found = doctor_host.user_may_use_devices(host(tmp_path, chain))
    assert found.verdict is Verdict.FAIL
    assert "usermod -a -G audio,gpio,spi" in found.fix
    assert "audio,gpio " in doctor_host.user_may_use_devices(host(tmp_path, LIT)).fix


BUTTONS = VoicedSettings.model_validate_json('{"buttons": {"talk": 6, "mute": {"pin": 5, "active_high": true}}}')


def test_buttons_that_can_be_read_are_told_with_how_they_are(tmp_path, pins):
    found = doctor_host.buttons_can_be_read(host(tmp_path, BUTTONS))
    assert found.verdict is Verdict.OK
    assert "talk (GPIO 6, not pressed), mute (GPIO 5, pressed now)" in found.what


def test_button_whose_pin_is_taken_is_told_and_what_helps(tmp_path, pins):
    with LED(5):
        found = doctor_host.buttons_can_be_read(host(tmp_path, BUTTONS))
    assert found.verdict is Verdict.FAIL
    assert "mute (GPIO 5)" in found.what
    assert "talk" not in found.what
    assert "gpioinfo" in found.fix


def test_buttons_that_the_daemon_holds_are_no_fault(tmp_path, pins, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("GPIO busy")

    monkeypatch.setattr(pins, "pin", refuse)
    found = doctor_host.buttons_can_be_read(host(tmp_path, BUTTONS, systemctl="active"))
    assert found.verdict is Verdict.WARN
    assert "systemctl stop voiced" in found.fix


def test_without_buttons_there_is_nothing_to_say(tmp_path):
    assert doctor_host.buttons_can_be_read(host(tmp_path)) is None


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (("active", 0, "enabled"), Verdict.OK),
        (("active", 3, "enabled"), Verdict.WARN),
        (("inactive", 0, "disabled"), Verdict.WARN),
        (("failed", 0, "enabled"), Verdict.FAIL),
    ],
)
def test_unit_is_told_as_systemd_sees_it(tmp_path, facts, verdict):
    assert doctor_host.unit_is_well(host(tmp_path, systemctl=SHOWN.format(*facts))).verdict is verdict


def test_unit_that_is_not_installed_is_no_finding(tmp_path):
    assert doctor_host.unit_is_well(host(tmp_path, systemctl="LoadState=not-found")) is None


def test_room_is_looked_for_where_the_state_will_be(tmp_path):
    found = doctor_host.state_can_be_kept(HostExamination(VoicedSettings(), state=tmp_path / "not" / "yet"))
    assert str(tmp_path) in found.what
