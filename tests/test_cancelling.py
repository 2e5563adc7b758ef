import asyncio
import contextlib

import pytest

from voiced import cancelling


async def test_cancellation_that_was_hidden_goes_on():
    async def stubborn():
        with contextlib.suppress(asyncio.CancelledError):  # as a library does whose connection breaks while it closes
            await asyncio.Event().wait()
        cancelling.pass_on()
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_without_a_cancellation_nothing_happens():
    cancelling.pass_on()
