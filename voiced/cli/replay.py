import argparse
import asyncio
import os
import signal
import socket
import sys
from ipaddress import ip_address
from pathlib import Path

from voiced.cli.common import EX_OK, EX_UNAVAILABLE, fail
from voiced.voicelive.recording import Recording, RecordingError, read

_DEFAULT = "127.0.0.1:8478"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced replay`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a recording of `voiced record`")
    parser.add_argument("--listen", default=_DEFAULT, metavar="ADDR", help=f"HOST:PORT (default: {_DEFAULT})")
    parser.add_argument("--fast", action="store_true", help="don't wait as long as the recorded service took")


def execute(options: argparse.Namespace) -> int:
    """Serve the recording in place of the service until SIGTERM."""
    try:
        recording = read(options.file)
    except RecordingError as error:
        return fail(os.EX_DATAERR, str(error))
    try:
        listening = _socket(options.listen)
    except (OSError, ValueError) as error:
        return fail(EX_UNAVAILABLE, f"can't listen on {options.listen}: {error}")
    with listening:
        try:
            asyncio.run(_serve(recording, listening, fast=options.fast))
        except ValueError as error:
            return fail(os.EX_DATAERR, str(error))
    return EX_OK


def _socket(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if host != "localhost" and not ip_address(host).is_loopback:
        raise ValueError("a recording is served to this device only; give 127.0.0.1:PORT")
    return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


async def _serve(recording: Recording, listening: socket.socket, *, fast: bool) -> None:
    from voiced.voicelive.replay import serve  # noqa: PLC0415 (the server's imports; errors come first)

    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)

    def tell(line: str) -> None:
        print(f"not as recorded: {line}", file=sys.stderr, flush=True)

    async with serve(recording, listening, fast=fast, tell=tell) as endpoint:
        print(f"# Replaying a conversation of {recording.head.get('began')}. Point the speaker to it, and wake it:")
        print("voice_live:")
        print(f"  endpoint: {endpoint}")
        print("  credential: {api_key: {env: PATH}}    # any will do")
        print("  fallback: none", flush=True)
        await stopping.wait()
