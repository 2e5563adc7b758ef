import json
import time

import pytest

from voiced.voicelive.recorder import Recorder
from voiced.voicelive.recording import Recording, RecordingError, RecordingFolder, read
from voiced.voicelive.tap import Direction

UPDATE = {"type": "session.update", "session": {"headers": {"x": "key-123"}}}
DELTA = {"type": "response.audio.delta", "delta": "AAAA"}
BEGAN = time.mktime((2026, 1, 30, 12, 0, 0, 0, 0, -1))


class Room:
    """A recorder whose clocks the test turns, and its folder."""

    def __init__(self, folder, *, every=True, sound=False, keep=10, limit=10**6):
        self.now = 100.0
        self.folder = RecordingFolder(folder / "conversations", keep, limit)
        self.recorder = Recorder(
            self.folder, lambda: self.now, every=every, sound=sound, wall=lambda: BEGAN + self.now - 100
        )

    def phase(self, name, after=0.0):
        self.now += after
        self.recorder.note("phase", {"phase": name})

    def converse(self, *frames, certain=True):
        """A conversation of some (direction, frame), half a second each."""
        self.recorder.begin("default", certain=certain)
        take = self.recorder.session("azure")
        for direction, frame in frames:
            self.now += 0.5
            if take is not None:
                take.look(direction, frame)
        self.phase("idle", after=0.5)
        self.recorder.close()

    def recordings(self):
        return [read(path) for path in self.folder.recordings()]


@pytest.fixture
def room(tmp_path):
    return lambda **settings: Room(tmp_path, **settings)


def test_conversation_is_read_as_it_was_written_without_secrets_and_sound(room):
    house = room()
    house.phase("connecting")
    house.converse((Direction.SENT, UPDATE), (Direction.RECEIVED, DELTA))
    (recording,) = house.recordings()
    assert recording.head["persona"] == "default"
    assert [event["event"] for event in recording.events] == ["phase", "phase"]
    (session,) = recording.sessions
    assert session.service == "azure"
    assert session.ended is None
    assert [(each.at, each.direction) for each in session.frames] == [(0.5, Direction.SENT), (1.0, Direction.RECEIVED)]
    assert session.frames[0].frame["session"]["headers"] == {"x": "***"}
    assert session.frames[1].frame == {"type": "response.audio.delta", "delta": "", "audio_bytes": 3}
    (path,) = house.folder.recordings()
    assert path.name == "20260130T120000.000.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_sound_is_kept_where_it_is_wanted(room):
    house = room(sound=True)
    house.converse((Direction.RECEIVED, DELTA))
    assert house.recordings()[0].sessions[0].frames[0].frame == DELTA


def test_nothing_is_recorded_unless_asked_for(room):
    house = room(every=False)
    house.converse((Direction.SENT, UPDATE))
    assert house.recordings() == []
    assert not house.folder.path.exists()


def test_one_conversation_is_recorded_where_one_is_asked_for(room):
    house = room(every=False)
    house.recorder.arm()
    for _ in range(2):
        house.converse((Direction.SENT, UPDATE))
    assert len(house.recordings()) == 1


def test_session_opened_in_advance_is_kept_once_the_wake_word_is_certain(room):
    house = room(every=False)
    house.recorder.arm()
    house.converse((Direction.SENT, UPDATE), certain=False)
    assert house.recordings() == [], "it came to nothing, and the next one is still to be recorded"
    house.recorder.begin("default", certain=False)
    house.recorder.session("azure").look(Direction.SENT, UPDATE)
    house.phase("connecting")
    house.phase("idle")
    house.recorder.close()
    assert len(house.recordings()[0].sessions[0].frames) == 1


def test_service_that_ends_a_session_is_told_from_a_speaker_that_does(room):
    house = room()
    house.recorder.begin("default", certain=True)
    for service in ("azure", "cascade"):
        take = house.recorder.session(service)
        take.look(Direction.RECEIVED, DELTA)
        house.now += 1
        if service == "azure":
            take.end()
    house.phase("idle")
    take.look(Direction.RECEIVED, DELTA)
    house.recorder.close()
    azure, cascade = house.recordings()[0].sessions
    assert (azure.service, azure.ended) == ("azure", 1.0)
    assert (cascade.service, cascade.ended, len(cascade.frames)) == ("cascade", None, 1)


def test_oldest_make_room_for_the_new_and_other_files_stay(room):
    house = room(keep=2)
    house.folder.path.mkdir()
    (house.folder.path / "notes.txt").write_text("mine")
    for _ in range(4):
        house.converse((Direction.SENT, UPDATE))
    names = [path.name for path in house.folder.recordings()]
    assert names == ["20260130T120002.000.jsonl", "20260130T120003.000.jsonl"]
    assert (house.folder.path / "notes.txt").exists()


def test_all_together_stay_within_the_room_given(room):
    house = room(limit=2000)
    for _ in range(10):
        house.converse(*[(Direction.SENT, UPDATE)] * 5)
    sizes = [path.stat().st_size for path in house.folder.recordings()]
    assert len(sizes) > 1
    assert sum(sizes) <= 2000


def test_recording_that_outgrows_the_room_ends_with_one_warning(room, caplog):
    house = room(limit=1000)
    house.recorder.begin("default", certain=True)
    take = house.recorder.session("azure")
    for _ in range(3):
        for _ in range(8):
            take.look(Direction.SENT, UPDATE)
        house.recorder._complain(house.recorder._write_down(house.recorder._taken()))
    house.recorder.close()
    assert house.recordings()[0].truncated
    assert caplog.text.count("no more room for it") == 1


def test_folder_that_can_not_be_written_is_one_warning(room, caplog, tmp_path):
    (tmp_path / "conversations").write_text("in the way")
    house = room()
    house.converse((Direction.SENT, UPDATE))
    assert caplog.text.count("can't be written") == 1


def test_line_cut_by_a_power_cut_is_passed_over(room):
    house = room()
    house.converse((Direction.SENT, UPDATE), (Direction.RECEIVED, DELTA))
    (path,) = house.folder.recordings()
    path.write_bytes(path.read_bytes()[:-10])
    (recording,) = house.recordings()
    assert isinstance(recording, Recording)
    assert len(recording.sessions[0].frames) == 2


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "no recording"),
        (["[]"], ":1: not a line"),
        (["{"], ":1: not JSON"),
        (['{"recording": 2}'], "no recording of version 1"),
        (['{"recording": 1}', '{"at": 1}'], ":2: not a line of a recording"),
        (['{"recording": 1}', '{"at": 1, "n": 1, "sent": {"type": "x"}}'], ":2:"),
        (['{"recording": 1}', '{"at": 1, "n": 1, "session": "azure"}', '{"at": 1, "n": 1, "sent": []}'], ":3:"),
    ],
)
def test_file_that_is_no_recording_is_refused_with_its_line(tmp_path, lines, complaint):
    path = tmp_path / "x.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    with pytest.raises(RecordingError) as error:
        read(path)
    assert complaint in str(error.value)


def test_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RecordingError, match="can't be read"):
        read(tmp_path / "x.jsonl")


def test_lines_are_json_that_other_programs_can_read(room):
    house = room()
    house.converse((Direction.SENT, UPDATE))
    (path,) = house.folder.recordings()
    assert all(isinstance(json.loads(line), dict) for line in path.read_text().splitlines())
