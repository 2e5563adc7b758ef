"""Keeps the fault of one part, or of one thing that was to be done, from ending the whole."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator

from voiced import cancelling
from voiced.messages import Message, explained

log = logging.getLogger(__name__)

RESTART_SECONDS = 5.0


async def keep_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a part until it ends; where it breaks, log why and run it anew. Raises nothing but cancellation."""
    while True:
        try:
            await run()
        except Exception:  # whatever it was: the speaker goes on listening, and the traceback is in the journal
            log.exception(
                "%s broke and is started again in %g s; please report this",
                name,
                RESTART_SECONDS,
                extra=explained(Message.DEFECT),
            )
            cancelling.pass_on()
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return


async def run_once(name: str, run: Callable[[], Awaitable[None]], broke: Callable[[], None]) -> None:
    """Do a thing that must not be done twice; where it breaks, log why and call `broke`. Raises only cancellation."""
    try:
        await run()
    except Exception:  # whatever it was: the speaker goes on listening, and the traceback is in the journal
        log.exception("%s broke; please report this", name, extra=explained(Message.DEFECT))
        broke()


@contextlib.contextmanager
def surviving(what: str) -> Iterator[None]:
    """Log a fault in dealing with something, and go on behind the block."""
    try:
        yield
    except Exception:  # whatever it was: the traceback is in the journal
        log.exception("%s could not be dealt with; please report this", what, extra=explained(Message.DEFECT))
