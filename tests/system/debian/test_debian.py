"""On a real Debian with systemd as PID 1: installed from the package, run, changed, broken, stopped, purged."""

import asyncio
import time

import pytest
from demonstration import lamp, voice
from demonstration.stage import lamp_tool
from installed import CONFIGURATION, UNIT, assert_put_out, install, listens, phases
from owner import PACKAGE, configuration

from voiced.messages import Message

pytestmark = pytest.mark.system

STORY = "Once upon a time there was a small dog who lived near the harbour and barked at the boats. " * 4
EXPOSURE = 17
"""Tenths, of this release's systemd."""
STOP_SECONDS = 2.0
ATTEMPTS = 4
RESTING = ("idle", "following_up")
WAV_HEADER = 44
FAN = 'tools: [{name: set_fan, description: A fan., http: {url: "http://fan.invalid/"}}]\n'
OUR_KEY = "not-a-real-key"
LEFT = (
    "/var/lib/systemd/",
    "/var/lib/dpkg/",
    "/var/lib/apt/",
    "/var/log/",
    "/var/cache/",
    "/root/",
)
"""Where the system keeps what happened to it; a package's removal takes nothing of that away."""


@pytest.fixture(scope="module")
def running(speaker):
    """Started with what most tests need; others configure it anew."""
    speaker.machine.run("systemctl", "enable", UNIT)  # systemd forgets how a unit ended that nothing wants
    speaker.configure(configuration())
    speaker.restart()
    return speaker


def test_installing_makes_the_user_the_folders_and_a_sample(speaker):
    assert "voiced" in speaker.machine.run("getent", "passwd", "voiced")
    assert {"audio", "gpio", "spi"} <= set(speaker.machine.run("id", "-nG", "voiced").split())
    assert speaker.machine.run("stat", "-c", "%U %a", "/etc/voiced/credentials").strip() == "root 700"
    assert speaker.machine.run("voiced", "check").strip()
    assert "hey_jarvis" in speaker.machine.run("voiced", "wake", "list")
    assert speaker.machine.run("systemctl", "is-enabled", UNIT, check=False).strip() == "disabled"
    assert not speaker.machine.run("systemd-analyze", "verify", UNIT).strip()
    speaker.machine.run("systemd-analyze", "security", f"--threshold={EXPOSURE}", UNIT)


def test_started_unit_is_ready_when_it_listens_and_says_so(running):
    assert running.show("ActiveState") == "active"
    assert listens(running), running.journal()
    status = running.machine.run("systemctl", "status", "--no-pager", UNIT)
    assert 'Status: "Idle: ' in status
    assert "idle" in running.machine.run("voiced", "status").lower()
    pid = running.show("MainPID")
    held = running.machine.run("cat", f"/proc/{pid}/status")
    assert "NoNewPrivs:\t1" in held
    assert "CapEff:\t0000000000000000" in held
    assert not running.journal("--output=cat", "--priority=err").strip()


async def test_spoken_command_lights_the_led_and_switches_the_lamp(running, sound_card, tmp_path):
    voice.record(tmp_path / "said.wav", [(1.5, "hey jarvis"), (0.3, "turn on the kitchen light")])
    async with lamp.serve() as kitchen:
        running.configure(configuration(tools=[lamp_tool(kitchen.url)]))
        await asyncio.to_thread(running.restart)
        with running.followed() as events:
            for _ in range(ATTEMPTS):  # a busy host's virtual card stumbles now and then
                await asyncio.to_thread(sound_card.play, tmp_path / "said.wav")
                await asyncio.to_thread(running.until, lambda: phases(events)[-1] in RESTING, "the end of what it does")
                if kitchen.requests:
                    break
            await asyncio.to_thread(running.until, lambda: "following_up" in phases(events), "the reply's end")
        told = events()
    assert kitchen.states == {"kitchen": "on"}, running.journal()
    assert "hey_jarvis" in [event["word"] for event in told if event["event"] == "WakeWordDetected"]
    woken = next(at for at, event in enumerate(told) if event["event"] == "WakeWordDetected")
    assert max(event["blue"] for event in told[woken:] if event["event"] == "light") > 0.3


def test_reload_takes_a_new_tool_over_without_a_gap_in_listening(running):
    running.configure(configuration())
    running.restart()
    before = running.show("MainPID")
    running.machine.write("/etc/voiced/tools.d/fan.yaml", FAN)
    running.machine.run("systemctl", "reload", UNIT)
    running.until(lambda: "reloaded: 1 tool" in running.journal(), "the reload")
    assert "set_fan" in running.machine.run("voiced", "tools", "list")
    assert running.show("MainPID") == before
    assert running.show("ActiveState") == "active"
    assert '"reopenings": 0' in running.machine.run("voiced", "status", "--json")


def test_reload_with_a_mistake_is_explained_and_changes_nothing(running):
    running.machine.write(CONFIGURATION, "speaker:\n  nmae: Kitchen\n")
    running.machine.run("systemctl", "reload", UNIT)
    running.until(lambda: "not reloaded" in running.journal(), "the refusal")
    assert "voiced.yaml:2:3" in running.journal()
    (entry,) = running.journal(f"MESSAGE_ID={Message.NOT_RELOADED}", "--output=cat").splitlines()
    assert "that of before stays in force" in entry
    explained = running.journal("--catalog", f"MESSAGE_ID={Message.NOT_RELOADED}")
    assert "Everything goes on as before." in explained
    assert listens(running)


def test_configuration_error_ends_the_start_and_does_not_loop(running):
    running.configure({**configuration(), "wake_words": [{"model": "hey_nobody"}]})
    with pytest.raises(Exception, match="hey_nobody"):
        running.restart()
    assert running.show("ActiveState") == "failed"
    assert running.show("ExecMainStatus") == "78"
    assert running.show("NRestarts") == "0"


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_credential_reaches_the_service_and_nobody_else(running, service, encrypted):
    machine = running.machine
    where = "/etc/voiced/credentials/azure-key"
    machine.write(where, OUR_KEY, 0o600)
    directive = f"LoadCredential=azure-key:{where}"
    if encrypted:
        machine.run("systemd-creds", "encrypt", "--with-key=host", "--name=azure-key", where, f"{where}.cred")
        directive = f"LoadCredentialEncrypted=azure-key:{where}.cred"
        assert OUR_KEY not in machine.run("cat", f"{where}.cred")
        machine.run("rm", where)
    azure = {"endpoint": service.url, "credential": {"api_key": {"credential": "azure-key"}}}
    running.configure(configuration(voice_live=azure), directive)
    await asyncio.to_thread(running.restart)
    await asyncio.to_thread(machine.run, "voiced", "listen")
    await asyncio.to_thread(running.until, lambda: service.headers, "the service's visitor")
    assert service.headers["api-key"] == OUR_KEY
    handed = f"/run/credentials/{UNIT}/azure-key"
    assert (
        machine.run("runuser", "-u", "nobody", "--", "cat", handed, check=False).strip().endswith("Permission denied")
    )
    environment = machine.run("cat", f"/proc/{running.show('MainPID')}/environ")
    assert OUR_KEY not in environment + running.journal()


def test_stop_amid_a_sentence_is_prompt_and_puts_the_light_out(running, sound_card):
    running.configure(configuration())
    running.restart()
    heard = running.folder / "heard.wav"
    with running.followed() as events, sound_card.record(heard):
        saying = running.machine.start(running.folder / "say", "voiced", "say", STORY)
        running.until(lambda: any(heard.read_bytes()[WAV_HEADER:]), "the sentence")
        assert saying.poll() is None
        asked = time.monotonic()
        running.machine.run("systemctl", "stop", UNIT)
        saying.wait()
    ended = int(running.show("ExecMainExitTimestampMonotonic")) / 1e6
    assert running.show("Result") == "success", running.journal()
    assert phases(events)[-1] == "alerting"
    assert asked < ended < asked + STOP_SECONDS
    assert_put_out(running)


def test_killed_speaker_is_started_again_and_its_light_put_out_before(running):
    running.configure(configuration(), "RestartSec=10")
    running.restart()
    running.machine.run("systemctl", "kill", "--signal=KILL", "--kill-who=main", UNIT)
    running.until(lambda: running.show("SubState") == "auto-restart", "its end")
    assert_put_out(running)
    running.until(lambda: running.show("NRestarts") == "1" and listens(running), "its restart")


def test_frozen_microphone_starves_the_watchdog_and_is_heard_again(running, sound_card):
    running.configure(configuration(), "WatchdogSec=8", "RestartSec=1", "TimeoutStartSec=60")
    running.restart()
    with sound_card.frozen():
        running.until(
            lambda: "watchdog" in running.journal().lower() and running.show("NRestarts") != "0", "the watchdog"
        )
    running.until(lambda: running.show("ActiveState") == "active" and listens(running), "the microphone")
    assert "Main process exited, code=" in running.journal()
    assert "no sound from the microphone" in running.journal("--catalog", f"MESSAGE_ID={Message.UNHEALTHY}")


def test_upgrade_keeps_the_owners_configuration_and_runs_the_new_version(running):
    running.configure(configuration(speaker={"name": "Attic"}))
    running.restart()
    before = running.show("MainPID")
    install(running.machine, PACKAGE, "--reinstall")
    running.until(lambda: listens(running), "the start of the new version")
    assert running.show("MainPID") != before
    assert "Attic" in running.machine.run("voiced", "status")


def test_removal_keeps_the_owners_files_and_purge_takes_them(running, before):
    machine = running.machine
    machine.run("apt-get", "remove", "--yes", "voiced")
    assert "/etc/voiced/voiced.yaml" in machine.files()
    assert "/var/lib/voiced" in machine.files()
    assert machine.run("systemctl", "is-active", UNIT, check=False).strip() == "inactive", running.journal()
    machine.run("apt-get", "purge", "--yes", "voiced")
    left = {path for path in machine.files() - before if not path.startswith(LEFT)}
    assert left <= {"/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-"}
    assert "voiced" in machine.run("getent", "passwd", "voiced")
