import argparse
import asyncio
import logging

from voiced.audio.devices import FILE_PREFIX, DeviceError
from voiced.cli.common import EX_CONFIG, EX_OK, EX_UNAVAILABLE, add_config, fail, load_or_explain
from voiced.host import journal, startup
from voiced.host.ending import PromptEnd
from voiced.wakeword.models import WakeWordError

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced run`."""
    add_config(parser)
    parser.add_argument("--verbose", action="store_true", help="log every event")


def execute(options: argparse.Namespace) -> int:
    """Be the speaker until SIGTERM."""
    doubts: list[str] = []
    settings = load_or_explain(options.config, doubts.append)
    if settings is None:
        return EX_CONFIG
    journal.set_up(verbose=options.verbose)
    sound = settings.audio
    if not sound.input.device.startswith(FILE_PREFIX) or not sound.output.device.startswith(FILE_PREFIX):
        startup.ahead("sounddevice")
    for doubt in doubts:
        log.warning("%s", doubt)

    async def live() -> None:
        from voiced.daemon import Daemon  # noqa: PLC0415 (its imports take most of a second; errors come first)

        await Daemon(settings, options.config).run()
        end.due()

    try:
        with PromptEnd() as end:
            asyncio.run(live())
    except (WakeWordError, DeviceError) as error:
        return fail(EX_UNAVAILABLE, str(error))
    return EX_OK
