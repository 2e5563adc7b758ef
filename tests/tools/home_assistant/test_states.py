from hypothesis import given
from hypothesis import strategies as st

from voiced.tools.home_assistant.states import State, States

LAMP = {"s": "off", "a": {"friendly_name": "Bed  lamp", "brightness": 1}, "c": "01"}


def test_entities_are_added_changed_and_removed() -> None:
    states = States()
    assert states.feed({"a": {"light.bed": LAMP, "light.x": {"s": "on", "a": {}}}})
    assert states["light.bed"] == State("off", {"friendly_name": "Bed  lamp", "brightness": 1})
    assert not states.feed({"c": {"light.bed": {"+": {"s": "on", "a": {"color": "red"}}, "-": {"a": ["brightness"]}}}})
    assert states["light.bed"] == State("on", {"friendly_name": "Bed  lamp", "color": "red"})
    assert states.feed({"r": ["light.x"]})
    assert list(states) == ["light.bed"]


def test_another_name_is_a_change_of_the_house_and_another_state_is_none() -> None:
    states = States()
    states.feed({"a": {"light.bed": LAMP}})
    assert states["light.bed"].name == "Bed lamp"
    assert not states.feed({"a": {"light.bed": {**LAMP, "s": "on"}}})
    assert states.feed({"c": {"light.bed": {"+": {"a": {"friendly_name": "Night lamp"}}}}})
    assert states["light.bed"].name == "Night lamp"


def test_a_change_of_what_is_not_known_is_left_alone() -> None:
    states = States()
    assert not states.feed({"c": {"light.bed": {"+": {"s": "on"}}}})
    assert not states


values = st.none() | st.text(max_size=3) | st.lists(st.text(max_size=3), max_size=2)
diffs = st.dictionaries(st.sampled_from(["s", "a", "+", "-"]), values | st.dictionaries(st.text(max_size=2), values))
events = st.dictionaries(
    st.sampled_from(["a", "c", "r"]), values | st.dictionaries(st.sampled_from(["light.a", "light.b"]), values | diffs)
)


@given(st.lists(values | events, max_size=4))
def test_whatever_is_told_no_event_breaks_it(told: list[object]) -> None:
    states = States()
    for event in told:
        states.feed(event)  # type: ignore[arg-type]
    assert all(isinstance(state, State) for state in states.values())
