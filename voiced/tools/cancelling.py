"""Cancellation that a library has hidden."""

import asyncio


def pass_on() -> None:
    """Raise `CancelledError` where the task is being cancelled.

    A connection that breaks while it is being closed raises an error of its own in its place, and a loop that tries
    again would then never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
