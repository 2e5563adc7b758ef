import pytest

from voiced.tools.home_assistant.guarding import may_let_in
from voiced.tools.home_assistant.states import State

STATES = {
    "cover.blind": State("open", {"device_class": "blind"}),
    "cover.garage": State("closed", {"device_class": "garage"}),
    "cover.roof": State("closed", {"device_class": "window"}),
    "cover.bare": State("closed"),
    "cover.odd": State("closed", {"device_class": ["blind"]}),
    "lock.front": State("locked"),
    "alarm_control_panel.home": State("armed_away"),
    "light.bed": State("on"),
    "script.movie": State("off"),
    "scene.lamps": State("2020", {"entity_id": ["light.bed", "switch.tv", "cover.blind"]}),
    "scene.leaving": State("2020", {"entity_id": ["light.bed", "lock.front"]}),
    "scene.arriving": State("2020", {"entity_id": ["cover.garage"]}),
    "scene.night": State("2020", {"entity_id": ["alarm_control_panel.home"]}),
    "scene.of_a_scene": State("2020", {"entity_id": ["scene.of_a_scene"]}),
    "scene.of_another_hub": State("2020", {"group_name": "Bedroom"}),
    "scene.empty": State("2020", {"entity_id": []}),
    "scene.strange": State("2020", {"entity_id": "light.bed"}),
}


@pytest.mark.parametrize(
    ("entity_id", "name"),
    [
        ("switch.gate", "Gate"),
        ("switch.shelly_1", "Front gate"),
        ("switch.garage_door_relay_2", "Shelly 3"),
        ("input_boolean.gate_opener", None),
        ("switch.x", "Door lock"),
    ],
)
def test_switch_that_is_called_a_way_in_may(entity_id: str, name: str | None) -> None:
    assert may_let_in(entity_id, {entity_id: State("off", {"friendly_name": name})})
    assert may_let_in("scene.s", {entity_id: State("off", {"friendly_name": name}), **scene_of(entity_id)})


@pytest.mark.parametrize("name", ["Kettle", "Garage light", "Door light", "Outdoor", "Child lock", "Switch", "2"])
def test_other_switches_let_nobody_in(name: str) -> None:
    assert not may_let_in("switch.x", {"switch.x": State("off", {"friendly_name": name})})


def test_switch_that_is_not_known_is_told_by_its_id() -> None:
    assert may_let_in("switch.gate", {})
    assert not may_let_in("switch.tv", {})


def scene_of(entity_id: str) -> dict[str, State]:
    return {"scene.s": State("2020", {"entity_id": [entity_id]})}


HARMLESS = ("cover.blind", "light.bed", "scene.lamps")


@pytest.mark.parametrize("entity_id", HARMLESS)
def test_what_is_known_to_be_harmless_lets_nobody_in(entity_id: str) -> None:
    assert not may_let_in(entity_id, STATES)


@pytest.mark.parametrize("entity_id", [*sorted(STATES.keys() - HARMLESS), "cover.gone"])
def test_anything_else_may(entity_id: str) -> None:
    assert may_let_in(entity_id, STATES)
