import argparse
import json
from typing import Any

from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.cli.control import NotRunningError, ask, converse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced status`."""
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--follow", action="store_true", help="every event as it happens, one JSON object a line")


def execute(options: argparse.Namespace) -> int:
    """Print what the running daemon does."""
    try:
        if options.follow:
            for event in converse("follow"):
                print(json.dumps(event), flush=True)
        else:
            status = ask("status")
            print(json.dumps(status) if options.json else _for_people(status))
    except NotRunningError as error:
        return fail(EX_UNAVAILABLE, str(error))
    return EX_OK


def _for_people(status: dict[str, Any]) -> str:
    microphone = status["microphone"]
    hearing = "muted" if microphone["paused"] else "hearing" if microphone["hearing"] else "not hearing"
    return "\n".join(
        (
            f"{status['name']}: {status['phase'].replace('_', ' ')} (voiced {status['version']})",
            f"wake words: {', '.join(status['wake_words'])}",
            f"endpoint: {status['endpoint']}",
            f"microphone: {hearing}, {microphone['overruns']} overruns, {microphone['reopenings']} reopenings",
            f"level: {microphone['rms_dbfs']:.0f} dBFS now, {microphone['noise_floor_dbfs']:.0f} dBFS in a quiet room",
            f"loudspeaker: {status['loudspeaker']['underruns']} underruns",
        )
    )
