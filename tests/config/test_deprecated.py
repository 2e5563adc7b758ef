from pydantic import Field

from voiced.config.deprecated import deprecated
from voiced.settings import Settings


class Lamp(Settings):
    colour: str = Field(default="red", deprecated="use hue")
    hue: str = "red"


class House(Settings):
    lamps: tuple[Lamp, ...] = ()
    rooms: dict[str, Lamp] = Field(default_factory=dict)


def test_key_that_is_set_is_told_with_its_place_and_what_to_use():
    house = House.model_validate({"lamps": ({"hue": "blue"}, {"colour": "red"}), "rooms": {"attic": {"colour": "x"}}})
    assert list(deprecated(house)) == [
        (("lamps", 1, "colour"), "is deprecated: use hue"),
        (("rooms", "attic", "colour"), "is deprecated: use hue"),
    ]


def test_default_of_a_deprecated_key_is_not_told():
    assert list(deprecated(House(lamps=(Lamp(),)))) == []
