import subprocess
import sys

import pytest

HANGING = """
import asyncio, threading
from voiced.host.ending import PromptEnd

async def live():
    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
    {due}

with PromptEnd(status=7, patience_seconds=0.05) as end:
    asyncio.run(live())
"""


def ended(due, seconds):
    done = subprocess.run([sys.executable, "-c", HANGING.format(due=due)], check=False, timeout=seconds)
    return done.returncode


def test_thread_that_hangs_does_not_hold_up_the_end():
    assert ended("end.due()", 30) == 7


def test_nothing_ends_before_it_is_due():
    with pytest.raises(subprocess.TimeoutExpired):
        ended("pass", 1.5)
