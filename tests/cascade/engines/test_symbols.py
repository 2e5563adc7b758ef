import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.engines.models import EngineError
from voiced.cascade.engines.symbols import check_whole, read_symbols


@pytest.fixture
def table(tmp_path):
    def table(data):
        path = tmp_path / "tokens.txt"
        path.write_bytes(data)
        return path

    return table


def test_each_line_is_a_symbol_with_its_number(table):
    text = "<blk> 0\r\n▁THE 1\n\u3000 2\n   3\n#0\t4\n\n"  # an ideographic space is a symbol, a plain one is left out
    assert read_symbols(table(text.encode())) == {
        0: b"<blk>",
        1: "▁THE".encode(),
        2: "\u3000".encode(),
        3: b" ",
        4: b"#0",
    }


@pytest.mark.parametrize(
    "line", ["no model", "a b 1", "word", "word -1", "word 1.5", "word ²", "word 99999999999", "\x8912"]
)
def test_any_other_line_is_told_with_its_place(table, line):
    path = table(f"a 0\n{line}\nb 1\n".encode())
    with pytest.raises(EngineError) as caught:
        read_symbols(path)
    assert str(caught.value) == f"{path}, line 2: {line!r} is no symbol with its number: unpack the model anew"


@given(data=st.binary())
def test_anything_is_a_table_or_a_clear_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "tokens.txt"
    path.write_bytes(data)
    with contextlib.suppress(EngineError):
        assert all(number >= 0 for number in read_symbols(path))


def test_a_table_that_lacks_symbols_is_not_whole(table):
    path = table(b"a 0\nb 1\nd 3\n#0 5\n")
    check_whole(path, read_symbols(path), 2)
    with pytest.raises(
        EngineError, match="of the model's 5 symbols it lacks 2, the first of them number 2: unpack the"
    ):
        check_whole(path, read_symbols(path), 5)
    with pytest.raises(EngineError, match="it lacks 999999995, the first of them number 2: unpack the"):
        check_whole(path, read_symbols(path), 999_999_999)


def test_a_table_that_can_not_be_read_is_a_clear_error(tmp_path):
    with pytest.raises(EngineError, match="can't be read: Is a directory"):
        read_symbols(tmp_path)
