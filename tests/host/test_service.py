import asyncio
import socket

import pytest

from voiced.host.service import Watchdog, notify


@pytest.fixture
def systemd(monkeypatch, tmp_path):
    """systemd's end of the notification socket."""
    path = tmp_path / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(path))
        end.setblocking(False)  # noqa: FBT003 (the standard library's signature)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield end


def said(end):
    lines = []
    while True:
        try:
            lines.append(end.recv(4096).decode())
        except BlockingIOError:
            return lines


def test_state_reaches_systemd(systemd):
    notify("READY=1")
    assert said(systemd) == ["READY=1"]


def test_without_systemd_nothing_happens(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")


async def fed(watchdog, seconds):
    task = asyncio.create_task(watchdog.run())
    await asyncio.sleep(seconds)
    task.cancel()


async def test_healthy_speaker_feeds_the_watchdog(systemd, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    await fed(Watchdog(lambda: None), 0.1)
    assert "WATCHDOG=1" in said(systemd)


async def test_ailing_speaker_lets_the_watchdog_go_hungry_and_says_why_once(systemd, monkeypatch, caplog):
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    await fed(Watchdog(lambda: "no sound from the microphone"), 0.1)
    assert said(systemd) == []
    assert [record.message for record in caplog.records] == [
        "not well, the watchdog goes hungry: no sound from the microphone"
    ]


async def test_no_watchdog_asked_for_returns_at_once(monkeypatch):
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    await Watchdog(lambda: None).run()
