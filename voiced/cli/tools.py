"""`voiced tools list | call | log | phrases`: what the speaker can do, one tool without a voice, and what was done."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from voiced import paths
from voiced.cli import tools_listing
from voiced.cli.common import EX_CONFIG, EX_NOPERM, EX_OK, EX_UNAVAILABLE, add_config, fail, load_or_explain, printable
from voiced.cli.control import NotRunningError, UnansweredError, ask
from voiced.cli.tools_arguments import ArgumentError, as_json
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import resolve
from voiced.tools.building import build
from voiced.tools.calls import Caller, Entry, Question, ToolOutcome, Via
from voiced.tools.ledger import Ledger
from voiced.tools.ledger_file import LedgerError, entries
from voiced.tools.mcp.servers import McpServers, reached
from voiced.tools.policy import QuietHours
from voiced.tools.policy_settings import QuietHoursSettings
from voiced.tools.registry import Registry
from voiced.tools.runner import Runner, Speaker
from voiced.tools.suggestion import unknown_among
from voiced.tools.wires import Wires
from voiced.wiring.tooling import LEDGER

_SHOWN = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced tools`."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    listing = what.add_parser("list", help="what the speaker can do")
    phrases = what.add_parser("phrases", help="what may be said while the internet is down")
    for each in (listing, phrases):
        add_config(each)
        each.add_argument("--json", action="store_true", help="for programs")
    call = what.add_parser("call", help="run one tool, without a voice")
    add_config(call)
    call.add_argument("name", metavar="NAME")
    call.add_argument("arguments", nargs="*", metavar="KEY=VALUE", help="JSON where it is JSON, else text")
    call.add_argument("--persona", default="default", help="as whom the speaker is spoken to")
    call.add_argument("--dry-run", action="store_true", help="check the arguments, do nothing")
    log = what.add_parser("log", help="who had which tool do what, and what became of it")
    log.add_argument("-n", type=int, default=_SHOWN, metavar="N", help=f"the latest N calls (default: {_SHOWN})")
    log.add_argument("--json", action="store_true", help="for programs, one JSON object a line")


def execute(options: argparse.Namespace) -> int:
    """Do what is asked."""
    if options.what == "log":
        return _log(options)
    settings = load_or_explain(options.config)
    if settings is None:
        return EX_CONFIG
    if options.what == "call":
        return _call(settings, options)
    show = {
        ("list", False): tools_listing.listed,
        ("list", True): tools_listing.listed_json,
        ("phrases", False): tools_listing.phrases,
        ("phrases", True): tools_listing.phrases_json,
    }[options.what, options.json]
    print(show(settings))
    return EX_OK


def _call(settings: VoicedSettings, options: argparse.Namespace) -> int:
    try:
        arguments = as_json(options.arguments)
    except ArgumentError as error:
        return fail(os.EX_USAGE, str(error))
    personas = settings.persona_names()
    if options.persona not in personas:
        return fail(os.EX_USAGE, unknown_among("persona", options.persona, personas))
    # the pins are the daemon's, which puts them into their safe state when it ends; a scene may call what only it knows
    own = [tool.name for tool in settings.tools if tool.gpio is None and tool.scene is None]
    ours = options.name in own or options.dry_run
    answer = None if ours else _of_the_daemon(options.name, arguments, options.persona)
    if answer is None:
        outcome = asyncio.run(_run(settings, options, arguments))
        answer = {"ok": outcome.ok, "output": outcome.output}
    print(json.dumps(json.loads(answer["output"]), ensure_ascii=False, indent=2))
    return EX_OK if answer["ok"] else EX_UNAVAILABLE


def _of_the_daemon(name: str, arguments: str, persona: str) -> dict[str, Any] | None:
    """What the daemon's tool answers, which may be a built-in or a server's; None where no daemon runs.

    A call that the daemon took is its alone, whatever became of it: made here, too, it might act twice.
    """
    try:
        asks = sys.stdin.isatty()
        answer = ask("call", consult=_consult, name=name, arguments=arguments, persona=persona, asks=asks)
    except UnansweredError as error:
        answer = {"error": str(error)}
    except NotRunningError:
        return None
    if "output" in answer:
        return answer
    return {"ok": False, "output": json.dumps({"ok": False, "error": answer.get("error")})}


async def _run(settings: VoicedSettings, options: argparse.Namespace, arguments: str) -> ToolOutcome:
    """Run it here, as the daemon would; it is written down as the daemon's calls are, where this user may do so."""
    locale, policy = settings.speaker.locale, settings.tool_policy
    state = paths.service_state_directory()
    may_write = os.access(state, os.W_OK) or not state.exists()
    ledger = Ledger(state / LEDGER, policy.log.days if may_write else 0, policy.log.calls)
    async with Wires(resolve, settings.mqtt, settings.home_assistant) as wires:
        registry = Registry(build(settings.tools, wires, locale))
        runner = Runner(
            registry,
            speaker=Speaker(settings.speaker.name, locale),
            dry_run=options.dry_run or policy.dry_run,
            quiet_hours=_hours(policy.quiet_hours),
            record=ledger.record,
        )
        if settings.home_assistant is not None and options.name in settings.home_assistant.tools:
            from voiced.tools.home_assistant.following import follow_once  # noqa: PLC0415 (only for who has a house)

            await follow_once(wires.home, registry, locale)
        # servers are only asked for what isn't here: a program of the owner's may take its time to start
        servers = McpServers(() if options.name in registry else settings.mcp_servers, registry, resolve)
        async with reached(servers):
            outcome = await runner.call(options.name, arguments, Caller(options.persona, Via.CLI, _approve))
    ledger.close()
    await asyncio.to_thread(ledger.write)
    return outcome


def _hours(settings: QuietHoursSettings | None) -> QuietHours | None:
    return None if settings is None else settings.hours()


async def _approve(question: Question) -> bool:
    """Ask on the terminal; where there is none it is a no."""
    return sys.stdin.isatty() and await asyncio.to_thread(_confirmed, question)


def _consult(asked: Mapping[str, Any]) -> bool:
    """Likewise, what the daemon asks."""
    question, tool, arguments = (str(asked.get(key, "")) for key in ("question", "tool", "arguments"))
    return sys.stdin.isatty() and _confirmed(Question(tool, arguments, question))


def _confirmed(question: Question) -> bool:
    asked = question.words or f"{question.tool} {question.arguments}: shall I?"
    try:
        answer = input(f"{printable(asked)} [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes")


def _log(options: argparse.Namespace) -> int:
    try:
        found = entries(paths.service_state_directory() / LEDGER, options.n)
    except PermissionError:
        return fail(EX_NOPERM, "the log of calls is not yours to read: join the group voiced, or use sudo")
    except LedgerError as error:
        return fail(EX_UNAVAILABLE, f"the log of calls can't be read: {error}")
    for entry in found:
        print(_json(entry) if options.json else _line(entry))
    if not found and not options.json:
        print("no calls are logged")
    return EX_OK


def _json(entry: Entry) -> str:
    return json.dumps({name: getattr(entry, name) for name in entry.__slots__}, ensure_ascii=False)


def _line(entry: Entry) -> str:
    when = datetime.fromtimestamp(entry.at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    mark = "ok  " if entry.ok else "FAIL"
    what = f"{entry.tool} {entry.arguments}" if entry.arguments not in ("", "{}") else entry.tool
    result = "" if entry.ok else f": {entry.result}"
    return printable(f"{when}  {mark}  {entry.via:4}  {entry.persona}  {entry.seconds:.2f} s  {what}{result}")
