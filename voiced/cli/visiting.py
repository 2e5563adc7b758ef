"""A look at the house from the command line: Home Assistant, connected to once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from voiced.tools.home_assistant.connection import Connection
from voiced.tools.home_assistant.line import LostError
from voiced.tools.home_assistant.settings import HomeAssistantSettings
from voiced.tools.secrecy import Resolve


@asynccontextmanager
async def visited(settings: HomeAssistantSettings, resolve: Resolve, seconds: float) -> AsyncIterator[Connection]:
    """The house as it is now. Raises `LostError`, and of it `RefusedError`; `ActionError` where it is too slow."""
    house = Connection(settings, resolve)
    holding = asyncio.create_task(house.hold())
    arriving = asyncio.create_task(house.ready(seconds))
    try:
        await asyncio.wait({holding, arriving}, return_when=asyncio.FIRST_COMPLETED)
        if holding.done():
            await holding
            raise LostError("it ended the connection")
        await arriving
        yield house
    finally:
        holding.cancel()
        arriving.cancel()
        await asyncio.gather(holding, arriving, return_exceptions=True)
