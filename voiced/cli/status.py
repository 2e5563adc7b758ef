import argparse
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from voiced.cli import following
from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.cli.control import NotRunningError, ask, converse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced status`."""
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--follow",
        action="store_true",
        help="what happens, as it happens, until Ctrl-C; with --json every event, one JSON object a line",
    )


def execute(options: argparse.Namespace) -> int:
    """Print what the running daemon does."""
    try:
        if options.follow:
            follow(converse("follow"), as_json=options.json)
        else:
            status = ask("status")
            print(json.dumps(status) if options.json else _for_people(status))
    except NotRunningError as error:
        return fail(EX_UNAVAILABLE, str(error))
    return EX_OK


def follow(events: Iterator[dict[str, Any]], *, as_json: bool) -> None:
    """Print events until the daemon ends; a terminal gets colours."""
    if as_json:
        for event in events:
            print(json.dumps(event), flush=True)
        return
    following.show(events, coloured=sys.stdout.isatty() and "NO_COLOR" not in os.environ)


def _for_people(status: dict[str, Any]) -> str:
    microphone = status["microphone"]
    hearing = "muted" if microphone["paused"] else "hearing" if microphone["hearing"] else "not hearing"
    return "\n".join(
        (
            f"{status['name']}: {status['phase'].replace('_', ' ')} (voiced {status['version']})",
            *_wake_words(status["wake"], status["uptime_seconds"]),
            f"endpoint: {status['endpoint']}",
            *_service(status["service"]),
            *_mcp_servers(status["service"].get("mcp_servers", {})),
            *_budget(status.get("budget")),
            f"microphone: {hearing}, {microphone['overruns']} overruns, {microphone['reopenings']} reopenings",
            f"level: {microphone['rms_dbfs']:.0f} dBFS now, {microphone['noise_floor_dbfs']:.0f} dBFS in a quiet room",
            f"loudspeaker: volume {status['loudspeaker']['volume']} %, {status['loudspeaker']['underruns']} underruns",
            *_timers(status["timers"]),
        )
    )


def _service(service: dict[str, Any]) -> Iterator[str]:
    """Nothing where all is well."""
    sign_in, outage = service["sign_in"], service["outage"]
    if sign_in is not None:
        yield f"  to sign in, open {sign_in['address']} and enter the code {sign_in['code']}"
    if outage is not None:
        instead = "" if service["fallback"] is None else f"; the {service['fallback']} answers in its place"
        yield f"  can't be had for {_duration(outage['seconds'])}: {outage['detail']}{instead}"


def _mcp_servers(servers: dict[str, Any]) -> Iterator[str]:
    """Nothing where there are none."""
    for label, server in servers.items():
        known = (
            f"{server['state']}, {_count(server['tools'], 'tool')}" if server["state"] == "ready" else server["state"]
        )
        yield f"  MCP server {label}: {known}" + (f" ({server['reason']})" if server["reason"] else "")


def _budget(budget: dict[str, Any] | None) -> Iterator[str]:
    """Nothing where the cascade answers, which costs nothing."""
    if budget is None:
        return
    for name, period in (("today", "today"), ("month", "this month")):
        used = budget[name]
        cost = "" if used["cost"] is None else f", about {used['cost']:.2f} {budget['currency']}".rstrip()
        yield f"  used {period}: {used['tokens']:,} tokens in {used['minutes']:.1f} minutes{cost}"
    if budget["spent"] is not None:
        yield f"  the budget is used up: {budget['spent']}"
    elif budget["low"] is not None:
        yield f"  the budget runs low: {budget['low']}"


def _timers(timers: dict[str, Any]) -> Iterator[str]:
    """Nothing where none is set."""
    known = [_count(timers[kind], kind.removesuffix("s")) for kind in ("timers", "alarms", "reminders") if timers[kind]]
    if known:
        yield f"{', '.join(known)}; the next in {_duration(timers['next_seconds'])}"
    if timers["ringing"]:
        yield f"ringing: {timers['ringing']}"


def _wake_words(wake: dict[str, Any], uptime: float) -> Iterator[str]:
    yield f"wake words, in {_duration(uptime)}:"
    for name, word in wake["words"].items():
        if word["deaf"]:
            yield f"  {name}: deaf, its model hears nothing; the journal says why"
            continue
        refused = f"{word['refused']} refused by the second opinion; " if word.get("refused") else ""
        yield (
            f"  {name}: {_count(word['wakes'], 'wake')}, {word['false_wakes']} of them false; {refused}"
            f"{_count(word['near_misses'], 'near miss', 'near misses')} (threshold {word['threshold']:g})"
        )
        rises = word["histogram"]
        if any(rises):
            yield "    highest scores: " + ", ".join(
                f"{bin_ / len(rises):.1f} to {(bin_ + 1) / len(rises):.1f}: {count}"
                for bin_, count in enumerate(rises)
                if count
            )
    yield (
        f"  scoring: {_count(wake['steps'], 'block')} of 80 ms, {wake['step_ms']:.2f} ms each, "
        f"{wake['slowest_step_ms']:.2f} ms at most; {wake['dropped']} dropped"
    )
    if wake["clips"] is not None:
        yield f"  clips: {wake['clips']['kept']} kept in {wake['clips']['folder']}"


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or one + 's'}"


def _duration(seconds: float) -> str:
    if seconds < 3600:
        return _count(int(seconds // 60), "minute")
    return f"{seconds / 3600:.1f} hours"
