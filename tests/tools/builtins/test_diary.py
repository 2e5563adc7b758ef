import asyncio
import contextlib
import json
import logging
import threading

import pytest

from voiced.tools.builtins import keeping
from voiced.tools.builtins.entries import Countdown, Kind


def timer(book, seconds, label=""):
    return book.diary.add(Kind.TIMER, label, Countdown(seconds, book.diary.now.monotonic + seconds))


@contextlib.asynccontextmanager
async def running(book):
    task = asyncio.create_task(book.diary.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def test_what_is_due_is_told_and_saved(book, clock, tmp_path):
    async with running(book):
        timer(book, 60, "egg")
        await until((tmp_path / "timers.json").exists)
        assert book.rang == []
        clock.pass_by(60)
        timer(book, 60, "tea")  # which makes it look
        await until(lambda: book.rang)
    assert [[entry.label for entry in rings] for rings in book.rang] == [["egg"]]


async def test_real_time_makes_it_look(book, clock, monkeypatch):
    monkeypatch.setattr("voiced.tools.builtins.diary.LOOK_SECONDS", 0.01)
    async with running(book):
        timer(book, 60)
        await asyncio.sleep(0)
        clock.pass_by(60)
        await until(lambda: book.rang)


async def test_clock_that_is_set_is_told_and_what_it_moves_is_saved(book, clock, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("voiced.tools.builtins.diary.LOOK_SECONDS", 0.01)
    caplog.set_level(logging.INFO)
    path = tmp_path / "timers.json"
    async with running(book):
        timer(book, 600)
        await until(path.exists)
        clock.wall += 7200
        await until(lambda: "the clock was set by +7200 s" in caplog.text)
        await until(lambda: json.loads(path.read_text())["entries"][0]["ends"] == clock.wall + 600)


async def test_missed_while_the_speaker_was_off_is_told_at_its_start(open_book, book, clock, caplog):
    timer(book, 60, "egg")
    book.diary.close()
    clock.restart(3600)
    again = open_book()
    async with running(again):
        await until(lambda: again.missed)
    assert [[missed.label for missed in told] for told in again.missed] == [["egg"]]
    assert again.rang == []
    assert "could not ring" in caplog.text


def test_each_step_is_one_line_in_the_journal_without_the_words(book, clock, caplog):
    caplog.set_level(logging.INFO)
    timer(book, 60, "secret")
    clock.pass_by(60)
    book.diary.look()
    book.diary.settle("stopped")
    assert [record.message for record in caplog.records] == [
        "timer 1 is set, due in 60 s",
        "timer 1 rings",
        "timer 1 has rung: stopped",
    ]


def test_ringing_that_was_cancelled_stopped_or_put_off_by_words_falls_silent_once(book, clock):
    for quiet, act in enumerate(
        (lambda: book.diary.cancel(book.diary.schedule.ringing), book.diary.stop, book.diary.snooze), start=1
    ):
        timer(book, 60)
        clock.pass_by(60)
        book.diary.look()
        act()
        assert book.quiet == quiet
        assert book.diary.schedule.ringing == ()


def test_one_of_two_that_ring_can_be_cancelled_and_the_other_rings_on(book, clock):
    timer(book, 60, "egg"), timer(book, 60, "tea")
    clock.pass_by(60)
    book.diary.look()
    book.diary.cancel(book.diary.schedule.ringing[:1])
    assert book.quiet == 0
    assert [entry.label for entry in book.diary.schedule.ringing] == ["tea"]


def test_ringing_that_nobody_stops_is_told_as_missed(book, clock):
    timer(book, 60, "egg")
    clock.pass_by(60)
    book.diary.look()
    book.diary.give_up()
    assert [[missed.label for missed in told] for told in book.missed] == [["egg"]]


@pytest.mark.parametrize("label", ["x" * 5000, "  tea  "])
def test_label_is_cut_to_a_size_that_can_be_said(book, label):
    assert timer(book, 60, label).label == label.strip()[:200]


async def test_what_a_full_disk_refused_is_written_once_there_is_room(book, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("voiced.tools.builtins.diary.LOOK_SECONDS", 0.01)
    obstacle = tmp_path / "timers.part"
    obstacle.symlink_to("/dev/full")
    async with running(book):
        timer(book, 600, "egg")
        await until(lambda: "can't be written" in caplog.text)
        await asyncio.sleep(0.05)  # some more tries
        assert caplog.text.count("can't be written") == 1
        assert "No space left on device" in caplog.text
        obstacle.unlink()
        await until((tmp_path / "timers.json").exists)
    assert json.loads((tmp_path / "timers.json").read_text())["entries"][0]["label"] == "egg"


async def test_what_is_set_at_the_end_is_what_the_file_has_however_slow_the_disk(book, tmp_path, monkeypatch):
    save, begun, go_on = keeping.save, threading.Event(), threading.Event()

    def slow(path, content):
        if not begun.is_set():
            begun.set()
            go_on.wait(5)
        save(path, content)

    monkeypatch.setattr(keeping, "save", slow)
    running_ = asyncio.create_task(book.diary.run())
    timer(book, 600, "first")
    await until(begun.is_set)
    timer(book, 700, "second")
    running_.cancel()
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    await asyncio.gather(running_, return_exceptions=True)
    book.diary.close()
    await asyncio.get_running_loop().shutdown_default_executor()
    labels = [entry["label"] for entry in json.loads((tmp_path / "timers.json").read_text())["entries"]]
    assert labels == ["first", "second"]
