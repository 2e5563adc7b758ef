import argparse
import asyncio
import os
import signal
import socket
import sys

from voiced.cli.common import EX_CONFIG, EX_OK, EX_UNAVAILABLE, add_config, fail, load_or_explain
from voiced.config.schema import VoicedSettings
from voiced.host import journal

_FD = "fd:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced cascade`."""
    add_config(parser)
    parser.add_argument(
        "--listen", default="127.0.0.1:8477", metavar="ADDR", help="HOST:PORT (default: 127.0.0.1:8477)"
    )
    parser.add_argument("--verbose", action="store_true", help="log every frame")


def execute(options: argparse.Namespace) -> int:
    """Serve until SIGTERM. The key, where one is asked of clients, is in VOICED_CASCADE_KEY."""
    settings = load_or_explain(options.config)
    if settings is None:
        return EX_CONFIG
    journal.set_up(verbose=options.verbose)
    try:
        listening = _socket(options.listen)
    except (OSError, ValueError) as error:
        return fail(EX_UNAVAILABLE, f"can't listen on {options.listen}: {error}")
    try:
        asyncio.run(_serve(settings, listening, inherited=options.listen.startswith(_FD)))
    except RuntimeError as error:
        return fail(EX_UNAVAILABLE, str(error))
    return EX_OK


def _socket(address: str) -> socket.socket:
    if address.startswith(_FD):
        return socket.socket(fileno=int(address.removeprefix(_FD)))
    host, _, port = address.rpartition(":")
    return socket.create_server(
        (host.strip("[]"), int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET
    )


async def _serve(settings: VoicedSettings, listening: socket.socket, *, inherited: bool) -> None:
    from voiced.cascade.service import serve  # noqa: PLC0415 (the recogniser's imports; errors come first)

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    if inherited:  # the parent holds the other end of standard input, and goes with it
        loop.add_reader(sys.stdin.fileno(), stopping.set)
    phrases = {tool.name: tuple(tool.phrases) for tool in settings.tools if tool.phrases}
    async with serve(settings.cascade, phrases, listening, os.environ.get("VOICED_CASCADE_KEY") or None):
        await stopping.wait()
