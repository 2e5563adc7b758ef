"""From a name, or an area and a kind, to the things that are meant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant.exposure import Exposed, Thing
from voiced.tools.parameters import ParameterSettings
from voiced.tools.templates import Values

EVERYTHING = "everything"
KINDS: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "lights": (frozenset({"light"}), ("light", "lamp", "lamps")),
    "switches": (frozenset({"switch", "input_boolean"}), ("switch", "socket", "sockets", "plug", "plugs")),
    "fans": (frozenset({"fan"}), ("fan",)),
    "media players": (frozenset({"media_player"}), ("media player", "speakers", "music")),
    "heating": (frozenset({"climate"}), ("heater", "heaters", "air conditioning", "thermostat")),
    "humidifiers": (frozenset({"humidifier"}), ("humidifier",)),
}
"""What is switched on and off, in the words for many of them: the domains, and the other words."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Things, and how to speak of them all."""

    things: tuple[Thing, ...]
    words: str

    @property
    def ids(self) -> list[str]:
        """Their entity ids."""
        return [thing.id for thing in self.things]


class Targets:
    """Some of what is exposed, as parameters and back."""

    def __init__(self, exposed: Exposed, things: Iterable[Thing]) -> None:
        self._things = {thing.name: thing for thing in things}
        used = {thing.area for thing in self._things.values()}
        self._places = {place.name: place for place in exposed.places if place.id in used}

    def __len__(self) -> int:
        return len(self._things)

    def name(self, *, optional: bool = False) -> dict[str, ParameterSettings]:
        """The parameter `name`."""
        aliases = {thing.name: list(thing.aliases) for thing in self._things.values() if thing.aliases}
        return {
            "name": ParameterSettings(
                enum=list(self._things),
                synonyms=aliases,
                coerce=("lower",),
                optional=optional,
                description="Which one.",
            )
        }

    def area(self) -> dict[str, ParameterSettings]:
        """The parameter `area`, in place of a name; nothing where no area has any of it."""
        if not self._places:
            return {}
        aliases = {place.name: list(place.aliases) for place in self._places.values() if place.aliases}
        return {
            "area": ParameterSettings(
                enum=list(self._places),
                synonyms=aliases,
                coerce=("lower",),
                optional=True,
                description="In place of a name: all that are there.",
            )
        }

    def kind(self) -> dict[str, ParameterSettings]:
        """The parameter `kind`, with an area; lights where there are some and it is not given."""
        if not self._places:
            return {}
        domains = {thing.domain for thing in self._things.values()}
        present = [kind for kind, (of, _) in KINDS.items() if not of.isdisjoint(domains)]
        return {
            "kind": ParameterSettings(
                enum=[*present, EVERYTHING],
                synonyms={**{kind: list(KINDS[kind][1]) for kind in present}, EVERYTHING: ["all"]},
                coerce=("lower",),
                default=present[0] if present else EVERYTHING,
                description="With an area: what of it.",
            )
        }

    def of(self, values: Values) -> tuple[Thing, ...]:
        """The things that the parameters mean, none where they don't go together."""
        try:
            return self.meant(values).things
        except ActionError:
            return ()

    def meant(self, values: Values, words: str = "things") -> Meant:
        """What the parameters mean; raises `ActionError`. `words` are for what an area has many of."""
        name, area = values.get("name"), values.get("area")
        place = None if area is None else self._places[str(area)]
        if name is not None:
            thing = self._things[str(name)]
            if place is not None and thing.area != place.id:
                raise ActionError(f"The {thing.name} is not in the {place.name}.")
            return Meant((thing,), f"the {thing.name}")
        if place is None:
            raise ActionError("Say which one: a name or an area.")
        kind = values.get("kind")
        domains = KINDS[str(kind)][0] if kind in KINDS else None
        words = str(kind) if kind is not None else words
        found = tuple(
            thing
            for thing in self._things.values()
            if thing.area == place.id and (domains is None or thing.domain in domains)
        )
        if not found:
            none = "is nothing" if words == EVERYTHING else f"are no {words}"
            raise ActionError(f"There {none} in the {place.name}.")
        return Meant(found, f"everything in the {place.name}" if words == EVERYTHING else f"the {place.name} {words}")
