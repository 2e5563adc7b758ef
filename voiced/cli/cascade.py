import argparse
import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from voiced.cli.common import EX_CONFIG, EX_OK, EX_UNAVAILABLE, add_config, fail, load_or_explain
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import SecretError, resolve
from voiced.host import journal

if TYPE_CHECKING:
    from voiced.cascade.replies import Reply

_FD = "fd:"
_KEY_VARIABLE = "VOICED_CASCADE_KEY"
"""Where the daemon puts the key of the cascade that it starts for itself."""

_SHORTEST_KEY = 16
"""Characters, where other machines may try keys."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced cascade`."""
    add_config(parser)
    parser.add_argument(
        "--listen",
        default="127.0.0.1:8477",
        metavar="ADDR",
        help="HOST:PORT (default: 127.0.0.1:8477); an address that other machines reach needs cascade.key",
    )
    parser.add_argument("--verbose", action="store_true", help="log every frame")
    parser.add_argument("--frame-log", type=Path, metavar="FILE", help="write every frame with its time, as JSON lines")
    parser.add_argument(
        "--control",
        type=Path,
        metavar="PATH",
        help="for tests: a socket over which faults are switched and replies scripted; on this machine only",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for tests: of jitter and random faults")


class _Unservable(Exception):  # noqa: N818 (it may be the owner's order, not an error)
    """There can be no service so; the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def execute(options: argparse.Namespace) -> int:
    """Serve until SIGTERM."""
    settings = load_or_explain(options.config)
    if settings is None:
        return EX_CONFIG
    try:
        key, listening = _key(settings, options), _socket(options.listen)
        journal.set_up(verbose=options.verbose)
        asyncio.run(_serve(settings, listening, key, options))
    except _Unservable as error:
        return fail(error.status, str(error))
    except (OSError, RuntimeError) as error:
        return fail(EX_UNAVAILABLE, str(error))
    return EX_OK


def _key(settings: VoicedSettings, options: argparse.Namespace) -> str | None:
    """What clients have to show. Raises `_Unservable` where the options ask for what must not be."""
    from voiced.cascade.admission import is_loopback  # noqa: PLC0415 (as below)

    given = os.environ.get(_KEY_VARIABLE) or None
    if options.listen.startswith(_FD):
        if options.control is not None:
            raise _Unservable(os.EX_USAGE, "--control is for a cascade that runs alone, not for the daemon's own")
        return given
    try:
        key = given if settings.cascade.key is None else resolve(settings.cascade.key)
    except SecretError as error:
        raise _Unservable(EX_CONFIG, f"cascade.key: {error}") from error
    host, _ = _parsed(options.listen)
    reach = f"{host or 'an address without a host'} can be reached from other machines"
    if is_loopback(host):
        return key
    if key is None:
        raise _Unservable(
            EX_CONFIG, f"{reach}: set cascade.key (e.g. {{credential: cascade-key}}), or listen on 127.0.0.1"
        )
    if options.control is not None:
        raise _Unservable(os.EX_USAGE, f"{reach}: --control is for tests on 127.0.0.1 only")
    if len(key) < _SHORTEST_KEY:
        raise _Unservable(
            EX_CONFIG,
            f"{reach}: its key needs {_SHORTEST_KEY} characters at least, so that it can't be guessed; "
            "make one with: openssl rand -hex 16",
        )
    return key


def _parsed(address: str) -> tuple[str, int]:
    """Host and port. Raises `_Unservable`."""
    host, _, port = address.rpartition(":")
    try:
        return host.strip("[]"), int(port)
    except ValueError as error:
        raise _Unservable(os.EX_USAGE, f"--listen {address}: HOST:PORT is expected") from error


def _socket(address: str) -> socket.socket:
    if address.startswith(_FD):
        return socket.socket(fileno=int(address.removeprefix(_FD)))
    host, port = _parsed(address)
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        raise _Unservable(EX_UNAVAILABLE, f"can't listen on {address}: {error}") from error


def _reply(settings: VoicedSettings) -> "Reply | None":
    """The language model behind the intents. Raises `_Unservable` where its key can't be read."""
    chat = settings.cascade.reply.chat
    if chat is None:
        return None
    from voiced.cascade.chat import Chat  # noqa: PLC0415 (only for who has one)

    try:
        return Chat(chat, None if chat.key is None else resolve(chat.key))
    except SecretError as error:
        raise _Unservable(EX_CONFIG, f"cascade.reply.chat.key: {error}") from error


async def _serve(
    settings: VoicedSettings, listening: socket.socket, key: str | None, options: argparse.Namespace
) -> None:
    from voiced.cascade.faults.rig import Rig  # noqa: PLC0415 (the recogniser's imports; errors come first)
    from voiced.cascade.frame_log import FrameLog  # noqa: PLC0415
    from voiced.cascade.service import serve  # noqa: PLC0415
    from voiced.host.control import ControlSocket  # noqa: PLC0415

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    if options.listen.startswith(_FD):  # the parent holds the other end of standard input, and goes with it
        loop.add_reader(sys.stdin.fileno(), stopping.set)
    # the daemon tells its tools' phrases in its session, and so the present ones
    inherited = options.listen.startswith(_FD)
    phrases = {} if inherited else {tool.name: tuple(tool.phrases) for tool in settings.tools if tool.phrases}
    rig = None if options.control is None else Rig(options.seed)
    with contextlib.closing(FrameLog(options.frame_log)) as log:
        async with (
            serve(settings.cascade, phrases, listening, key, frame_log=log, rig=rig, reply=_reply(settings)),
            asyncio.TaskGroup() as tasks,
        ):
            gc.collect()
            gc.freeze()  # what is here by now stays: looking through it again would hold up every session for 40 ms
            control = None
            if rig is not None:
                control = tasks.create_task(ControlSocket(options.control, {}, rig.errands()).run())
            await stopping.wait()
            if control is not None:
                control.cancel()
