from voiced.audio.notices import NoticeStore


class Voice:
    """Speaks until it is told to fail; counts."""

    def __init__(self):
        self.said = []
        self.broken = False

    async def synthesise(self, text):
        if self.broken:
            raise RuntimeError("flite is missing")
        self.said.append(text)
        return b"\1\0" * len(text)


async def test_notice_is_synthesised_once_and_then_kept_without_a_voice(tmp_path):
    voice = Voice()
    await NoticeStore(tmp_path, "slt", voice.synthesise).prepare(["Sorry.", "Goodbye."])
    voice.broken = True
    assert await NoticeStore(tmp_path, "slt", voice.synthesise).sound("Sorry.") == b"\1\0" * 6
    assert voice.said == ["Sorry.", "Goodbye."]


async def test_damaged_file_is_made_again(tmp_path, caplog):
    voice = Voice()
    store = NoticeStore(tmp_path, "slt", voice.synthesise)
    await store.sound("Sorry.")
    next(tmp_path.glob("*.wav")).write_bytes(b"junk")
    assert await store.sound("Sorry.") == b"\1\0" * 6
    assert "damaged" in caplog.text


async def test_no_voice_is_silence_and_one_line_for_all_notices(tmp_path, caplog):
    voice = Voice()
    voice.broken = True
    store = NoticeStore(tmp_path, "slt", voice.synthesise)
    await store.prepare(["a", "b", "c"])
    assert len(caplog.records) == 1
    assert await store.sound("a") == b""


async def test_folder_that_cannot_be_written_still_speaks(tmp_path, caplog):
    (tmp_path / "notices").write_text("a file where the folder should be")
    store = NoticeStore(tmp_path / "notices", "slt", Voice().synthesise)
    assert await store.sound("Sorry.") == b"\1\0" * 6
    assert "can't be kept" in caplog.text


async def test_notice_that_was_cut_short_by_a_power_cut_is_made_again(tmp_path, caplog):
    store = NoticeStore(tmp_path, "slt", Voice().synthesise)
    whole = await store.sound("Sorry.")
    path = next(tmp_path.glob("*.wav"))
    for size in range(len(path.read_bytes())):
        path.write_bytes(path.read_bytes()[:size])
        assert await store.sound("Sorry.") == whole


async def test_another_voice_says_its_notices_itself(tmp_path):
    voice = Voice()
    for name in ("slt", "rms"):
        await NoticeStore(tmp_path, name, voice.synthesise).sound("Sorry.")
    assert len(voice.said) == 2


async def test_sentence_that_is_good_once_is_not_kept(tmp_path):
    voice = Voice()
    store = NoticeStore(tmp_path, "slt", voice.synthesise)
    assert await store.sound("The code is 1, 2, 3.", keep=False)
    assert not list(tmp_path.iterdir())


async def test_folder_that_cannot_be_written_is_one_warning_for_all_notices(tmp_path, caplog):
    (tmp_path / "notices").write_text("a file where the folder should be")
    store = NoticeStore(tmp_path / "notices", "slt", Voice().synthesise)
    await store.prepare(["a", "b", "c"])
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    (tmp_path / "notices").unlink()
    await store.sound("a")
    (path,) = (tmp_path / "notices").iterdir()
    assert path.suffix == ".wav"
