import json
import logging

from voiced.cascade.frame_log import FrameLog


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def written(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_frames_are_written_with_the_time_since_their_session_began(tmp_path):
    clock, path = Clock(), tmp_path / "frames"
    log = FrameLog(path, clock)
    note = log.begin("sess_1")
    note("->", '{"type": "session.created"}')
    clock.now = 100.25
    note("<-", '{"type": "session.update"}')
    note("--", '{"kind": "reset"}')
    later = log.begin("sess_2")
    later("->", '{"type": "session.created"}')
    assert [(line["at"], line["session"], line["from"]) for line in written(path)] == [
        (0.0, "sess_1", "service"), (0.25, "sess_1", "client"), (0.25, "sess_1", "fault"), (0.0, "sess_2", "service"),
    ]  # fmt: skip
    assert written(path)[1]["frame"] == {"type": "session.update"}
    log.close()
    later("->", "{}")
    assert len(written(path)) == 4


def test_long_sound_is_cut_short_and_what_is_no_frame_is_text(tmp_path):
    path = tmp_path / "frames"
    log = FrameLog(path)
    note = log.begin("s")
    note("<-", json.dumps({"type": "input_audio_buffer.append", "audio": "A" * 4000}))
    for odd in ("{oops", "[1]", ""):
        note("->", odd)
    note("<-", b"\0" * 100)
    log.close()
    first, *others = written(path)
    assert first["frame"]["audio"] == "(4002 characters)"
    assert [line["text"] for line in others] == ["{oops", "[1]", "", f"100 bytes: {'00' * 32}"]


def test_file_is_its_owners_alone(tmp_path):
    FrameLog(tmp_path / "frames").close()
    assert (tmp_path / "frames").stat().st_mode & 0o777 == 0o600


def test_without_a_file_frames_go_to_the_journal_at_debug_only(caplog):
    note = FrameLog().begin("sess_1")
    with caplog.at_level(logging.INFO, "voiced.cascade.frame_log"):
        note("->", "{}")
        assert not caplog.records
    with caplog.at_level(logging.DEBUG, "voiced.cascade.frame_log"):
        note("->", "{}")
        assert "sess_1" in caplog.text


def test_what_proves_to_servers_who_the_owner_is_is_not_written(tmp_path):
    path = tmp_path / "frames"
    log = FrameLog(path)
    tool = {"type": "mcp", "authorization": 'to"ken', "headers": {"X-Key": 'hid"}den'}, "server_label": "books"}
    log.begin("s")("<-", json.dumps({"type": "session.update", "session": {"tools": [tool]}}))
    log.close()
    (line,) = written(path)
    assert line["frame"]["session"]["tools"] == [{**tool, "authorization": "(removed)", "headers": {}}]
