from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.tools.home_assistant.exposure import ALIASES, Exposed, Place, chosen, missing, named
from voiced.tools.home_assistant.generic import tools
from voiced.tools.home_assistant.inventory import Area, Entry, Inventory
from voiced.tools.home_assistant.settings import ExposeSettings
from voiced.tools.home_assistant.states import State

INVENTORY = Inventory(
    areas={
        "kitchen": Area("kitchen", "Kitchen", ("Cookery",)),
        "bedroom": Area("bedroom", "Bedroom"),
        "empty": Area("empty", "Empty"),
    },
    labels={"voice": "By voice"},
    entries={
        each.id: each
        for each in (
            Entry("light.ceiling", "kitchen", exposed=True),
            Entry("light.bed", "bedroom", frozenset({"voice"}), exposed=False),
            Entry("sensor.warmth", "kitchen", frozenset({"voice"}), exposed=True),
            Entry("light.status", "kitchen", shown=False, exposed=True),
            Entry("light.gone", "kitchen", exposed=True),
        )
    },
)
STATES = {
    "light.ceiling": State("on", {"friendly_name": "Lamp"}),
    "light.bed": State("on", {"friendly_name": "Lamp"}),
    "sensor.warmth": State("21", {"friendly_name": "Warmth", "device_class": "temperature"}),
    "light.status": State("on"),
    "switch.yaml_only": State("on"),
}


def choose(**expose: Any) -> list[str]:
    return chosen(ExposeSettings.model_validate(expose, strict=False), INVENTORY, STATES)


@pytest.mark.parametrize(
    ("expose", "expected"),
    [
        ({"assist": True}, ["light.ceiling", "sensor.warmth"]),
        ({"areas": ["Kitchen"]}, ["light.ceiling", "sensor.warmth"]),
        ({"areas": ["cookery"]}, ["light.ceiling", "sensor.warmth"]),
        ({"areas": ["kitchen", "bedroom"], "domains": ["light"]}, ["light.bed", "light.ceiling"]),
        ({"domains": ["switch"]}, ["switch.yaml_only"]),
        ({"labels": ["by VOICE"]}, ["light.bed", "sensor.warmth"]),
        ({"labels": ["voice"], "assist": True}, ["sensor.warmth"]),
        ({"entities": ["sensor.warmth"]}, ["sensor.warmth"]),
        ({"assist": True, "entities": ["light.bed"]}, ["light.bed", "light.ceiling", "sensor.warmth"]),
        ({"assist": True, "exclude": ["sensor.warmth"]}, ["light.ceiling"]),
        ({"areas": ["attic"]}, []),
    ],
)
def test_expose_chooses(expose: dict[str, Any], expected: list[str]) -> None:
    assert choose(**expose) == expected


def test_what_the_house_does_not_have_is_told() -> None:
    settings = ExposeSettings.model_validate(
        {"areas": ["attic", "kitchen"], "labels": ["nope"], "entities": ["light.bad"]}, strict=False
    )
    assert missing(settings, INVENTORY, STATES) == ("area 'attic'", "label 'nope'", "entity light.bad")


def name(ids: list[str], most: int = 100, aliases: dict[str, list[str]] | None = None, **more: State) -> Exposed:
    return named(
        ids, most, INVENTORY, STATES | {key.replace("__", "."): state for key, state in more.items()}, aliases or {}
    )


def test_areas_called_alike_are_told_apart() -> None:
    areas = {key: Area(key, "Room", ("Den",)) for key in ("a", "b")}
    states = {f"light.{key}": State("on") for key in areas}
    inventory = Inventory(areas=areas, entries={f"light.{key}": Entry(f"light.{key}", key) for key in areas})
    found = named(list(states), 9, inventory, states, {})
    assert found.places == (Place("a", "room", ("den",)), Place("b", "room 2"))


def test_things_called_alike_are_called_by_their_area_too() -> None:
    found = name(["light.ceiling", "light.bed", "sensor.warmth"])
    assert [thing.name for thing in found.things] == ["kitchen lamp", "bedroom lamp", "warmth"]
    assert found.places == (Place("bedroom", "bedroom"), Place("kitchen", "kitchen", ("cookery",)))


def test_things_called_alike_in_one_place_are_called_by_their_id() -> None:
    found = name(["switch.desk", "light.desk"], switch__desk=State("on"), light__desk=State("on"))
    assert [thing.name for thing in found.things] == ["desk switch", "desk light"]


def test_names_beyond_the_bound_are_left_out_and_counted() -> None:
    found = name(["light.ceiling", "light.bed", "sensor.warmth"], 1)
    assert [thing.name for thing in found.things] == ["lamp"]
    assert found.left_out == 2


def test_alias_that_is_taken_is_left_out() -> None:
    aliases = {"light.ceiling": ["Big  Light", "bedroom lamp", "big light"], "light.bed": ["big light", "Night Light"]}
    found = name(["light.ceiling", "light.bed"], aliases=aliases)
    assert [thing.aliases for thing in found.things] == [("big light",), ("night light",)]


def test_name_that_nobody_says_gives_way_to_the_id() -> None:
    found = name(["light.x_1"], light__x_1=State("on", {"friendly_name": "y" * 200}))
    assert [thing.name for thing in found.things] == ["x 1"]


words = st.sampled_from(["Lamp", "lamp", "Bed lamp", "kitchen lamp", "a light", "Straße", "STRASSE", "", "_"])


@given(
    st.dictionaries(
        st.sampled_from([f"{d}.{i}" for d in ("light", "switch") for i in ("a", "lamp", "bed_lamp")]), words
    ),
    st.lists(words, max_size=8),
    st.lists(st.sampled_from(["kitchen", "bedroom", None]), min_size=6, max_size=6),
)
def test_no_two_things_share_a_name_or_an_alias(
    called: dict[str, str], aliases: list[str], areas: list[str | None]
) -> None:
    states = {entity_id: State("on", {"friendly_name": each}) for entity_id, each in called.items()}
    entries = {each: Entry(each, area) for each, area in zip(states, areas, strict=False)}
    inventory = Inventory(areas=INVENTORY.areas, entries=entries)
    found = named(list(states), 100, inventory, states, dict.fromkeys(states, aliases))
    said = [word.casefold() for thing in found.things for word in (thing.name, *thing.aliases)]
    assert len(said) == len(set(said))
    assert [thing.name for thing in found.things] == [thing.name.lower() for thing in found.things]
    assert all(said)
    assert all(len(thing.aliases) <= ALIASES for thing in found.things)
    house = SimpleNamespace(exposed=found, states=states, inventory=inventory)
    assert [tool.name for tool in tools(house, "en-US")][:1] == ["ha_turn"] * bool(states)  # type: ignore[arg-type]
