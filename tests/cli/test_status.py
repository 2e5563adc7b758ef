import asyncio
import json
import os

import pytest

from voiced.cli import main
from voiced.host.control import ControlSocket

STATUS = {
    "name": "Kitchen",
    "version": "0.1.0",
    "phase": "following_up",
    "wake_words": ["hey_jarvis"],
    "uptime_seconds": 9000,
    "wake": {
        "words": {
            "hey_jarvis": {
                "threshold": 0.5,
                "persona": "default",
                "deaf": False,
                "refused": 3,
                "wakes": 12,
                "false_wakes": 2,
                "near_misses": 1,
                "histogram": [30, 4, 0, 0, 1, 0, 0, 0, 2, 10],
            },
            "mine": {"deaf": True},
            "alexa": {
                "threshold": 0.7,
                "persona": "chef",
                "deaf": False,
                "wakes": 1,
                "false_wakes": 0,
                "near_misses": 0,
                "histogram": [0] * 10,
            },
        },
        "steps": 1000,
        "step_ms": 2.345,
        "slowest_step_ms": 9.0,
        "dropped": 1,
        "clips": {"folder": "/var/lib/voiced/wake-clips", "kept": 3},
    },
    "endpoint": "cascade",
    "service": {"name": "cascade", "fallback": None, "outage": None, "sign_in": None},
    "timers": {"timers": 2, "alarms": 1, "reminders": 0, "ringing": 0, "next_seconds": 300},
    "loudspeaker": {"volume": 40, "underruns": 0},
    "microphone": {
        "paused": False,
        "hearing": True,
        "overruns": 0,
        "reopenings": 0,
        "rms_dbfs": -50.0,
        "noise_floor_dbfs": -60.0,
    },
}


@pytest.fixture
def asked(tmp_path, monkeypatch, capsys):
    """Runs `voiced status` against a control socket that answers with a status."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))

    async def serve(status, options):
        control = ControlSocket(tmp_path / "control.sock", {"status": lambda: status})
        task = asyncio.create_task(control.run())
        async with asyncio.timeout(5):
            while not (tmp_path / "control.sock").exists():
                await asyncio.sleep(0.01)
            code = await asyncio.to_thread(main, ["status", *options])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return code

    def run(*options, **changes):
        assert asyncio.run(serve({**STATUS, **changes}, options)) == os.EX_OK
        return capsys.readouterr().out

    return run


def test_each_wake_word_has_its_counts_and_where_its_scores_were(asked):
    lines = asked().splitlines()
    at = lines.index("wake words, in 2.5 hours:")
    assert lines[at + 1 : at + 7] == [
        "  hey_jarvis: 12 wakes, 2 of them false; 3 refused by the second opinion; 1 near miss (threshold 0.5)",
        "    highest scores: 0.0 to 0.1: 30, 0.1 to 0.2: 4, 0.4 to 0.5: 1, 0.8 to 0.9: 2, 0.9 to 1.0: 10",
        "  mine: deaf, its model hears nothing; the journal says why",
        "  alexa: 1 wake, 0 of them false; 0 near misses (threshold 0.7)",
        "  scoring: 1000 blocks of 80 ms, 2.35 ms each, 9.00 ms at most; 1 dropped",
        "  clips: 3 kept in /var/lib/voiced/wake-clips",
    ]


def test_recording_is_not_mentioned_where_there_is_none(asked):
    out = asked(wake={**STATUS["wake"], "clips": None}, uptime_seconds=61)
    assert "clips" not in out
    assert "wake words, in 1 minute:" in out


def test_program_gets_everything_as_json(asked):
    assert json.loads(asked("--json"))["wake"] == STATUS["wake"]


def test_outage_is_shown_with_who_answers_meanwhile(asked):
    outage = {"reason": "unreachable", "detail": "no route", "seconds": 130, "attempts": 3, "retry_seconds": 9}
    out = asked(service={"name": "azure", "fallback": "cascade", "outage": outage, "sign_in": None})
    assert "  can't be had for 2 minutes: no route; the cascade answers in its place\n" in out


def test_sign_in_is_shown_with_address_and_code(asked):
    sign_in = {"address": "https://microsoft.com/devicelogin", "code": "ABC123"}
    out = asked(service={"name": "azure", "fallback": None, "outage": None, "sign_in": sign_in})
    assert "  to sign in, open https://microsoft.com/devicelogin and enter the code ABC123\n" in out


def test_each_mcp_server_is_shown_with_its_tools_or_what_is_wrong(asked):
    servers = {
        "learn": {"state": "ready", "tools": 1, "reason": ""},
        "wiki": {"state": "listing", "tools": 0, "reason": ""},
        "notes": {"state": "failed", "tools": 0, "reason": "401"},
    }
    out = asked(
        service={"name": "azure", "fallback": None, "outage": None, "sign_in": None, "mcp_servers": servers}
    ).splitlines()
    assert [line for line in out if "MCP" in line] == [
        "  MCP server learn: ready, 1 tool",
        "  MCP server wiki: listing",
        "  MCP server notes: failed (401)",
    ]


def test_use_of_the_budget_is_shown_with_its_cost_where_prices_are_known(asked):
    used = {"tokens": 12_345, "minutes": 2.5, "cost": 0.1234}
    budget = {"today": used, "month": {**used, "tokens": 5}, "currency": "EUR", "low": "5 tokens a day", "spent": None}
    out = asked(budget=budget)
    assert "  used today: 12,345 tokens in 2.5 minutes, about 0.12 EUR\n" in out
    assert "  used this month: 5 tokens in 2.5 minutes, about 0.12 EUR\n" in out
    assert "  the budget runs low: 5 tokens a day\n" in out
    without = {name: {**used, "cost": None} for name in ("today", "month")}
    out = asked(budget={**budget, **without, "spent": "6 tokens a day"})
    assert "  used today: 12,345 tokens in 2.5 minutes\n" in out
    assert "  the budget is used up: 6 tokens a day\n" in out
    assert "runs low" not in out
