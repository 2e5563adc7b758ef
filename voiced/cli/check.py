import argparse
import sys

from voiced.cli.check_probe import probe
from voiced.cli.common import EX_CONFIG, EX_OK, add_config, load_or_explain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced check`."""
    add_config(parser)
    parser.add_argument("--probe", action="store_true", help="see whether the devices that tools talk to are there")


def execute(options: argparse.Namespace) -> int:
    """Print every problem of the configuration, or that there is none; what may be one doesn't count."""
    settings = load_or_explain(
        options.config,
        lambda line: print(f"{line} (a warning)", file=sys.stderr),
        thorough=True,
        probe=probe if options.probe else lambda _: (),
    )
    if settings is None:
        return EX_CONFIG
    tools = f"{len(settings.tools)} tool" + ("" if len(settings.tools) == 1 else "s")
    words = ", ".join(word.model for word in settings.wake_words)
    print(f"{options.config}: good ({tools}, wake words: {words}, endpoint: {settings.voice_live.endpoint})")
    return EX_OK
