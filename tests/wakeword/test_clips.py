import asyncio
import contextlib
import re
import resource
import stat
import wave

import pytest

from voiced.wakeword.clips import ClipFolder, Clips, Moment, Outcome, file_name
from voiced.wakeword.settings import WakeClipsSettings

RATE = 16_000
SECOND = RATE * 2
CLIP_BYTES = 44 + 3 * SECOND


def moment(seconds, word="hey_jarvis", score=0.873):
    return Moment(word, score, int(seconds * RATE), 1_700_000_000.25 + seconds)


def sound(begin, end):
    """As if the microphone had been heard since position 0, each sample's value telling its second."""
    return b"".join((position // RATE % 256).to_bytes(2, "little") for position in range(max(0, begin), end))


@contextlib.asynccontextmanager
async def keeping(folder, **settings):
    clips = Clips(WakeClipsSettings(**{"keep": 3, **settings}), folder, sound)
    task = asyncio.create_task(clips.run())
    try:
        yield clips
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def settled(clips, condition):
    async with asyncio.timeout(5):
        while not condition(clips):
            await asyncio.sleep(0.005)


def names(folder):
    return sorted(path.name.split("-", 1)[1] for path in folder.iterdir())


async def test_clip_holds_two_seconds_before_and_one_after_and_only_its_owner_may_read_it(tmp_path):
    folder = tmp_path / "state" / "clips"
    async with keeping(folder) as clips:
        clips.begin(moment(10), Outcome.WAKE)
        clips.hear(11 * RATE - 1)
        clips.hear(11 * RATE)
        await settled(clips, lambda clips: clips.kept == 1)
    (path,) = folder.iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}\.250-hey_jarvis-0\.87-wake\.wav", path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE, 2, 1)
        assert file.readframes(RATE * 9) == sound(8 * RATE, 11 * RATE)


async def test_clip_is_not_written_before_its_end_was_heard(tmp_path):
    async with keeping(tmp_path) as clips:
        clips.begin(moment(10), Outcome.WAKE)
        clips.hear(int(10.9 * RATE))
        assert clips._work.empty()
        clips.hear(11 * RATE)
        assert not clips._work.empty()


@pytest.mark.parametrize("written", [False, True])
async def test_outcome_that_is_known_later_is_in_the_name(tmp_path, written):
    async with keeping(tmp_path) as clips:
        clips.begin(moment(10), Outcome.WAKE)
        if written:
            clips.hear(11 * RATE)
            await settled(clips, lambda clips: clips.kept == 1)
        clips.amend(10 * RATE, Outcome.FALSE_WAKE)
        clips.hear(12 * RATE)
        await settled(clips, lambda _: names(tmp_path) == ["hey_jarvis-0.87-false_wake.wav"])


async def test_what_waits_at_the_end_is_still_written(tmp_path):
    async with keeping(tmp_path) as clips:
        clips.begin(moment(10), Outcome.WAKE)
        clips.hear(11 * RATE)
        await settled(clips, lambda clips: clips.kept == 1)
        clips.amend(10 * RATE, Outcome.FALSE_WAKE)
    assert names(tmp_path) == ["hey_jarvis-0.87-false_wake.wav"]


async def test_clip_the_owner_removed_meanwhile_is_no_fault(tmp_path, caplog):
    async with keeping(tmp_path) as clips:
        clips.begin(moment(10), Outcome.WAKE)
        clips.hear(11 * RATE)
        await settled(clips, lambda clips: clips.kept == 1)
        next(tmp_path.iterdir()).unlink()
        clips.amend(10 * RATE, Outcome.FALSE_WAKE)
        await settled(clips, lambda clips: clips.kept == 0)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


async def test_oldest_clips_make_room_and_other_files_stay(tmp_path):
    (tmp_path / "my-notes.wav").write_bytes(b"mine")
    async with keeping(tmp_path) as clips:
        for second in range(10, 16):
            clips.begin(moment(second, word=f"word{second}"), Outcome.WAKE)
            clips.hear((second + 1) * RATE)
            await settled(clips, lambda _, end=f"word{second}-0.87-wake.wav": end in names(tmp_path))
    assert [path.name.split("-")[1] for path in ClipFolder(tmp_path, 3, 1).clips()] == ["word13", "word14", "word15"]
    assert (tmp_path / "my-notes.wav").read_bytes() == b"mine"


def test_size_limit_holds_before_a_clip_is_written(tmp_path):
    folder = ClipFolder(tmp_path, keep=100, limit=2 * CLIP_BYTES)
    for second in range(4):
        folder.write(file_name(moment(second), Outcome.WAKE), bytes(3 * SECOND))
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2 * CLIP_BYTES
    assert len(folder.clips()) == 2


def test_lower_limits_hold_from_the_start_and_leftovers_of_a_power_cut_go(tmp_path):
    folder = ClipFolder(tmp_path, keep=100, limit=10**9)
    for second in range(4):
        folder.write(file_name(moment(second), Outcome.WAKE), bytes(100))
    (tmp_path / ".20250101T000000.000-x-0.50-wake.wav.part").write_bytes(b"half")
    tmp_path.chmod(0o755)
    ClipFolder(tmp_path, keep=1, limit=10**9).prepare()
    assert len(list(tmp_path.iterdir())) == 1
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


async def test_near_misses_are_kept_only_where_asked_for(tmp_path):
    for near_misses in (False, True):
        async with keeping(tmp_path / str(near_misses), near_misses=near_misses) as clips:
            clips.begin(moment(10, score=0.3), Outcome.NEAR_MISS)
            clips.begin(moment(11), Outcome.WAKE)
            clips.hear(12 * RATE)
            await settled(clips, lambda clips, wanted=1 + near_misses: clips.kept == wanted)
    assert names(tmp_path / "True") == ["hey_jarvis-0.30-near_miss.wav", "hey_jarvis-0.87-wake.wav"]


async def test_nothing_heard_before_the_microphone_was_switched_off_is_kept(tmp_path):
    async with keeping(tmp_path) as clips:
        clips.hear(int(10.5 * RATE))
        clips.begin(moment(10), Outcome.WAKE)
        clips.forget()
        clips.begin(moment(10.4), Outcome.WAKE)  # the listening thread was a little behind
        clips.begin(moment(20), Outcome.WAKE)
        clips.hear(21 * RATE)
        await settled(clips, lambda clips: clips.kept == 1)
        (path,) = tmp_path.iterdir()
        with wave.open(str(path)) as file:
            assert file.readframes(1) == sound(18 * RATE, 18 * RATE + 1)


async def test_folder_that_cannot_be_used_is_one_warning_until_it_can(tmp_path, caplog):
    folder = tmp_path / "clips"
    folder.write_text("a file is in the way")
    async with keeping(folder) as clips:
        for second in (10, 20):
            clips.begin(moment(second), Outcome.WAKE)
            clips.hear((second + 1) * RATE)
            await settled(clips, lambda clips: clips._work.empty())
        folder.unlink()
        clips.begin(moment(30), Outcome.WAKE)
        clips.hear(31 * RATE)
        await settled(clips, lambda clips: clips.kept == 1)
    (warning,) = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert f"wake clips can't be kept in {folder}" in warning
    assert "privacy.wake_clips.keep" in warning


def test_full_disk_leaves_no_half_clip(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            ClipFolder(tmp_path, 3, 10**9).write(file_name(moment(1), Outcome.WAKE), bytes(SECOND))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


async def test_disk_that_hangs_bounds_what_waits(tmp_path):
    clips = Clips(WakeClipsSettings(keep=100), tmp_path, sound)  # nothing runs
    for second in range(10, 60):
        clips.begin(moment(second), Outcome.WAKE)
        clips.hear((second + 1) * RATE)
    assert clips._work.qsize() <= 8


def test_word_of_an_odd_file_name_cannot_leave_the_folder():
    assert file_name(moment(0, word="../../my word-ü"), Outcome.WAKE).split("-")[1:] == [
        "______my_word__",
        "0.87",
        "wake.wav",
    ]
