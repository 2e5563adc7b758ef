"""The `voiced` command: one module a verb."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from voiced import __version__

VERBS = {
    "setup": "ask, try, and write the configuration",
    "run": "the daemon, under systemd or in a terminal",
    "check": "validate the configuration without side effects",
    "config": "show the configuration that holds, a sample of every key, or its JSON Schema",
    "devices": "list sound devices as YAML to paste; show the microphone's level",
    "doctor": "what works on this machine, what does not, and the fix",
    "status": "what the running daemon does",
    "listen": "make the running daemon listen, without a wake word",
    "stop": "silence the running daemon",
    "mute": "switch its microphone off, over restarts, too",
    "unmute": "switch its microphone on",
    "volume": "how loud the running daemon is; set it",
    "say": "have a text said aloud, as soon as nobody speaks",
    "ask": "ask the model in writing; its answer goes to standard output",
    "forget": "make the running daemon forget what was said",
    "tools": "what the speaker can do; run one tool; what was done",
    "reload": "make the running daemon read its configuration anew",
    "wake": "known wake words, and their models",
    "lights": "show every pattern on the configured lights",
    "record": "record the next conversation, for a bug report",
    "replay": "play a recorded conversation back to a speaker",
    "cascade": "the local service alone",
}
HIDDEN = ("stopwords",)
"""Verbs that are no one's but the daemon's."""
_SHARED = {"listen": "verbs", "stop": "verbs", "mute": "verbs", "unmute": "verbs", "forget": "verbs"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status (sysexits.h)."""
    parser = argparse.ArgumentParser(prog="voiced", description="A smart speaker.")
    parser.add_argument("--version", action="version", version=f"voiced {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    given = list(sys.argv[1:] if arguments is None else arguments)
    # this process is nothing else, or in a hurry
    if arguments is None and given[:1] in (["run"], ["cascade"], ["stopwords"], ["lights"]):
        from voiced.settings import leave_undescribed  # noqa: PLC0415 (as below)

        leave_undescribed()
    if arguments is None and given[:1] == ["run"]:
        from voiced.host import startup  # noqa: PLC0415 (as below)

        startup.begin()  # before the imports, which make more than anything else does
        # it asks for a reload: until somebody takes it as that, it would end us, and for systemd that were in order
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for verb in (*VERBS, *HIDDEN):
        module = _module(verb) if verb in given else None  # a verb's imports are paid for by that verb
        summary = VERBS.get(verb)
        child = verbs.add_parser(verb, help=summary, description=summary) if summary else verbs.add_parser(verb)
        if module is not None:
            module.add_arguments(child)
            child.set_defaults(execute=module.execute)
    try:
        options = parser.parse_args(given)
    except SystemExit as error:
        return os.EX_USAGE if error.code else os.EX_OK
    try:
        status: int = options.execute(options)
    except KeyboardInterrupt:
        status = 130  # as a shell reports SIGINT
    except BrokenPipeError:  # `voiced … | head`
        sys.stderr.close()
        status = os.EX_OK
    return status


def _module(verb: str) -> ModuleType:
    return import_module(f"voiced.cli.{_SHARED.get(verb, verb)}")
