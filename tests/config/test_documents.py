from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.config.documents import DocumentError, merge, read


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="voiced.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write_file


def test_booleans_are_those_of_yaml_1_2(write):
    found = read(write("a: on\nb: no\nc: yes\nd: true\ne: False\n")).data
    assert found == {"a": "on", "b": "no", "c": "yes", "d": True, "e": False}


def test_numbers_are_those_of_yaml_1_2(write):
    found = read(write("a: 017\nb: 0o17\nc: 1:30\nd: 1e3\ne: 0x1F\nf: -2\ng: 2026-11-21\nh: .5\ni:\nj: 1_000\n")).data
    assert found == {
        "a": 17,
        "b": 15,
        "c": "1:30",
        "d": 1000.0,
        "e": 31,
        "f": -2,
        "g": "2026-11-21",
        "h": 0.5,
        "i": None,
        "j": "1_000",
    }


@pytest.mark.parametrize(
    ("text", "place", "fix"),
    [
        ("lights:\n\tdriver: rgb\n", "2:1", "a tab stands here; indent with spaces"),
        ("lights:\n  driver: rgb\n\tpins: {led: 1}\n", "3:1", "a tab stands here; indent with spaces"),
        ("lights:\n  driver: rgb\n   pins: {led: 1}\n", "3:8", "indent the keys of one map alike"),
        ("lights:\n    driver: rgb\n  pins: {led: 1}\n", "3:3", "indent the keys of one map alike"),
        ("wake_words:\n  - model: a\n - model: b\n", "3:2", "indent"),
        ("wake_words:\n  - model: a\n  persona: b\n", "3:3", "each with `- ` before it"),
        ("a: {b: Yes: what?}\n", "1:11", "in quotes"),
        ("a: {b: http://lamp/{{ room }}}\n", "1:20", "put a value that has a bracket or `: ` in it in quotes"),
        ("a: {b: 6\nc: {d: none}\n", "2:2", "close the bracket"),
        ('a: {b: "Kitchen}\n', "2:1", "the quote that opens in line 1 is never closed"),
        ("a: @home\n", "1:4", "put a value that begins with it in quotes"),
        ("a: *home\n", "1:4", "put a value that begins with * in quotes"),
        ("a: 1\n---\nb: 2\n", "2:1", "take the line with --- away"),
        ("a: 'Tom's'\n", "1:9", "a quote within quotes is doubled"),
        ("a: 1\nbé: x\x07y\n", "2:6", "a character that can't be seen (U+0007) stands here; type the line anew"),
        ("\x00", "1:1", "U+0000"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_place_and_the_fix(write, text, place, fix):
    path = write(text)
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:{place}: not valid YAML: ")
    assert fix in str(caught.value)


def test_every_value_remembers_its_place(write):
    path = write("speaker:\n  name: Kitchen\nwake_words:\n  - model: alexa\n")
    document = read(path)
    assert str(document.locate(("speaker", "name"))) == f"{path}:2:3"
    assert str(document.locate(("wake_words", 0, "model"))) == f"{path}:4:5"
    assert str(document.locate(("speaker", "nothing", "here"))) == f"{path}:1:1"


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("a: [1\n", "2:1", "not valid YAML"),
        ("a: 1\na: 2\n", "2:1", "second time"),
        ("- a\n", "1:1", "a map of keys"),
        ("1: a\n", "1:1", "must be text"),
        ("a: &x [*x]\n", "1:4", "contains itself"),
        ("a: !!python/object:os.system x\n", "1:4", "could not determine a constructor"),
        ("a: *nowhere\n", "1:4", "undefined alias"),
        ("a: !!timestamp x\n", "1:4", "can't stand here|not a value"),
        ("a: !!timestamp 2026-11-21\n", "1:4", "put it in quotes"),
        ("a: !!binary aGk=\n", "1:4", "put it in quotes"),
        ("a: !!float abc\n", "1:4", "not a value"),
        ("a: !!int abc\n", "1:4", "not a value"),
        ("a: !!bool maybe\n", "1:4", "not a value"),
        ("a: " + "9" * 5000 + "\n", "1:4", "not a value"),
        ("a: " + "[" * 3000 + "\n", "1:1", "nested too deeply"),
        ("? [a]\n: b\n", "1:3", "can't stand here"),
    ],
)
def test_broken_yaml_is_refused_with_its_place(write, text, place, problem):
    path = write(text)
    with pytest.raises(DocumentError, match=problem) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:{place}: ")


def test_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "voiced.yaml"
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(DocumentError, match="not UTF-8"):
        read(path)


def test_empty_file_is_an_empty_map(write):
    assert read(write("# nothing\n")).data == {}


def test_merge_joins_maps_and_replaces_the_rest_with_their_places(write):
    base = read(write("a: {x: 1, y: 2}\nb: [1, 2, 3]\n", "base.yaml"))
    over = read(write("# more\na: {y: 3}\nb: [4]\n", "over.yaml"))
    merged = merge(base, over)
    assert merged.data == {"a": {"x": 1, "y": 3}, "b": [4]}
    assert merged.locate(("a", "x")).file.name == "base.yaml"
    assert str(merged.locate(("a", "y"))).endswith("over.yaml:2:5")
    assert merged.locate(("b", 2)).file.name == "over.yaml"
    assert base.data == {"a": {"x": 1, "y": 2}, "b": [1, 2, 3]}


@given(text=st.text(max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = Path(tmp_path_factory.getbasetemp()) / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    try:
        found = read(path).data
    except DocumentError as error:
        found = str(error)
    assert isinstance(found, dict) or found.startswith(f"{path}:")


def test_key_beside_a_merge_overrides_it(write):
    found = read(write("base: &b {x: 1, y: 2}\nover:\n  <<: *b\n  y: 3\n")).data
    assert found["over"] == {"x": 1, "y": 3}
