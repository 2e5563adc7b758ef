"""A clock of three hands that only tests move, and what is kept by it."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from voiced.tools.builtins.clocks import Moment
from voiced.tools.builtins.diary import Diary

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Clock:
    """Saturday, 21 November 2026, noon in Berlin, at first."""

    wall: float = field(default_factory=lambda: datetime(2026, 11, 21, 12, tzinfo=BERLIN).timestamp())
    monotonic: float = 5000.0
    boot: str = "first"
    zone: ZoneInfo = BERLIN

    def __call__(self):
        return Moment(self.monotonic, self.wall, self.zone, self.boot)

    def pass_by(self, seconds):
        self.monotonic += seconds
        self.wall += seconds

    def set_to(self, *when):
        """The owner, or the network, sets the clock on the wall."""
        self.wall = datetime(*when, tzinfo=self.zone).timestamp()

    def restart(self, seconds_off):
        """The machine is started anew."""
        self.monotonic, self.wall, self.boot = 10.0, self.wall + seconds_off, self.boot + "'"


@pytest.fixture
def clock():
    return Clock()


@dataclass
class Book:
    """A diary, and what it told."""

    diary: Diary
    rang: list = field(default_factory=list)
    missed: list = field(default_factory=list)
    quiet: int = 0

    def hush(self):
        self.quiet += 1


@pytest.fixture
def open_book(clock, tmp_path):
    """A diary in a file, opened as at a start of the speaker."""

    def opened():
        book = Book(None)
        book.diary = Diary(
            tmp_path / "timers.json",
            clock,
            snooze_seconds=540,
            ring=book.rang.append,
            quiet=book.hush,
            missed=book.missed.append,
        )
        return book

    return opened


@pytest.fixture
def book(open_book):
    return open_book()


@pytest.fixture
def call():
    """Calls a tool of a set by name, as a model does; the result with the reply."""

    def called(tools, name, /, **arguments):
        tool = next(tool for tool in tools if tool.name == name)
        values = tool.arguments.read(json.dumps(arguments))
        result = asyncio.run(tool.action(values)).result
        assert tool.reply.render({**values, "result": result}) == result["said"]
        return result

    return called
