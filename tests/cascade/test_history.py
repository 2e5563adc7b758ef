import pytest

from voiced.cascade.history import History, Item
from voiced.cascade.protocol import ProtocolError


def item(name, text=""):
    return Item({"id": name, "type": "message", "content": [{"type": "input_text", "text": text}]})


def ids(history):
    return [each.id for each in history.items]


def test_items_are_kept_in_the_order_that_the_client_gives_them():
    history = History()
    places = (("a", None), ("b", None), ("c", "a"), ("d", "root"))
    assert [history.add(item(name), after) for name, after in places] == [None, "a", "a", None]
    assert ids(history) == ["d", "a", "c", "b"]


def test_id_that_exists_and_place_that_does_not_are_errors():
    history = History()
    history.add(item("a"))
    with pytest.raises(ProtocolError, match="exists already"):
        history.add(item("a"))
    with pytest.raises(ProtocolError, match="no item"):
        history.add(item("b"), "z")
    assert ids(history) == ["a"]


def test_oldest_items_are_forgotten_where_there_are_too_many():
    history = History()
    for number in range(2005):
        history.add(item(str(number)))
    assert len(history.items) == 2000
    assert ids(history)[0] == "5"


def test_items_that_have_grown_count_with_their_length():
    history = History()
    grown = [item(name) for name in ("a", "b", "c")]
    for each in grown:
        history.add(each)
    for each in grown:
        each.shown["content"] = [{"type": "text", "text": "x" * 3_000_000}]
        history.weigh(each)
    assert ids(history) == ["b", "c"]
    history.weigh(grown[0])  # which is no part of it any more
    assert ids(history) == ["b", "c"]


def test_oldest_items_are_forgotten_where_they_are_too_long_together():
    history = History()
    for name in ("a", "b", "c"):
        history.add(item(name, "x" * 3_000_000))
    assert ids(history) == ["b", "c"]
    history.add(item("d", "x" * 9_000_000))
    assert ids(history) == ["d"]
    history.remove("d")
    history.add(item("e", "x" * 5_000_000))
    history.add(item("f", "x" * 2_000_000))
    assert ids(history) == ["e", "f"]
