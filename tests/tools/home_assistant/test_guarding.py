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


@pytest.mark.parametrize("entity_id", ["cover.blind", "light.bed", "scene.lamps"])
def test_what_is_known_to_be_harmless_lets_nobody_in(entity_id: str) -> None:
    assert not may_let_in(entity_id, STATES)


@pytest.mark.parametrize("entity_id", [*(STATES.keys() - {"cover.blind", "light.bed", "scene.lamps"}), "cover.gone"])
def test_anything_else_may(entity_id: str) -> None:
    assert may_let_in(entity_id, STATES)
