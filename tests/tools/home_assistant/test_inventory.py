from voiced.tools.home_assistant.inventory import Area, Entry, Inventory, inventory, texts


def test_an_entity_is_where_its_device_is_unless_it_says_otherwise() -> None:
    found = inventory(
        [{"area_id": "hall", "name": "Hall", "aliases": ["corridor", None], "labels": ["ground"]}],
        [{"label_id": "ground", "name": "Ground floor"}],
        [{"id": "d1", "area_id": "hall", "labels": ["old"]}],
        [
            {"entity_id": "light.a", "device_id": "d1", "area_id": None, "labels": ["mine"]},
            {"entity_id": "light.b", "device_id": "d1", "area_id": "attic"},
            {"entity_id": "light.c", "device_id": None, "hidden_by": "user"},
            {"entity_id": "light.d", "entity_category": "config"},
        ],
        None,
    )
    assert found.areas == {"hall": Area("hall", "Hall", ("corridor",), frozenset({"ground"}))}
    assert found.labels == {"ground": "Ground floor"}
    assert found.devices == {"d1"}
    assert found.entries["light.a"] == Entry("light.a", "hall", frozenset({"mine", "old", "ground"}))
    assert found.entries["light.b"].area == "attic"
    assert not found.entries["light.c"].shown
    assert not found.entries["light.d"].shown


def test_what_is_exposed_is_in_the_list_or_in_the_registry() -> None:
    registry = [
        {"entity_id": "light.a", "options": {"conversation": {"should_expose": True}}},
        {"entity_id": "light.b", "options": {"conversation": {"should_expose": True}}},
        {"entity_id": "light.c", "options": {}},
    ]
    listed = {"exposed_entities": {"light.b": {"conversation": False}, "scene.x": {"conversation": True}, "sun.y": {}}}
    found = inventory([], None, [], registry, listed).entries
    assert {each: entry.exposed for each, entry in found.items()} == {
        "light.a": True, "light.b": False, "light.c": None, "scene.x": True,
    }  # fmt: skip


def test_what_is_not_as_expected_is_left_out() -> None:
    odd = [None, 1, {}, {"area_id": 1, "name": 2}, {"id": None}, {"entity_id": []}]
    assert inventory(odd, odd, odd, odd, {"exposed_entities": []}) == Inventory({}, {}, frozenset(), {})  # type: ignore[arg-type]
    assert texts("Lamp") == ()
