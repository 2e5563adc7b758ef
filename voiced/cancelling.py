"""Cancellation that something else has hidden."""

import asyncio


def pass_on() -> None:
    """Raise `CancelledError` where the task is being cancelled: for who has caught an error and would go on.

    A connection that breaks while it is being closed raises an error of its own in place of the cancellation, and so
    does a `TaskGroup` (until Python 3.13) one of whose tasks fails while it ends. Who tries again would never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
