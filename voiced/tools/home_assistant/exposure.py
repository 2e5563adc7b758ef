"""Which entities become names that can be said, and which names those are."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from voiced.tools.home_assistant.inventory import Area, Inventory
from voiced.tools.home_assistant.settings import ExposeSettings
from voiced.tools.home_assistant.states import State

CONTROLLED = frozenset(
    (
        "climate",
        "cover",
        "fan",
        "humidifier",
        "input_boolean",
        "light",
        "lock",
        "media_player",
        "scene",
        "script",
        "switch",
    )
)
"""The kinds of entities that come before those which can only be read."""
ALIASES = 5
"""As many of an entity's or area's aliases are names, too."""
NAME_CHARACTERS = 60
"""A longer name is no name that anybody says."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An entity that can be spoken of. Names are in lower case, and no two things share one."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    area: str | None = None
    device_class: str = ""

    @property
    def domain(self) -> str:
        """Its kind: the part of its id before the dot."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Place:
    """An area that can be spoken of, likewise."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exposed:
    """What can be spoken of.

    Attributes:
        left_out: how many entities more were chosen than may be named.
        missing: what the settings name and the house doesn't have, in words.
        unasked: the ids and kinds of entities that don't ask first although they may let somebody in.
    """

    things: tuple[Thing, ...] = ()
    places: tuple[Place, ...] = ()
    left_out: int = 0
    missing: tuple[str, ...] = ()
    unasked: frozenset[str] = frozenset()


def chosen(settings: ExposeSettings, inventory: Inventory, states: Mapping[str, State]) -> list[str]:
    """The ids of the entities that are exposed, those first that stay where there are too many."""
    areas = _area_ids(settings.areas, inventory)
    labels = _label_ids(settings.labels, inventory)
    entries = inventory.entries

    def fits(entity_id: str) -> bool:
        entry = entries.get(entity_id)
        return (
            (entry is None or entry.shown)
            and (not settings.assist or (entry is not None and entry.exposed is True))
            and (areas is None or (entry is not None and entry.area in areas))
            and (settings.domains is None or entity_id.partition(".")[0] in settings.domains)
            and (labels is None or (entry is not None and not labels.isdisjoint(entry.labels)))
        )

    named = [entity_id for entity_id in settings.entities if entity_id in states]
    fitting = sorted(filter(fits, states), key=lambda each: (each.partition(".")[0] not in CONTROLLED, each))
    found = dict.fromkeys(named + (fitting if settings.conditional else []))
    return [entity_id for entity_id in found if entity_id not in settings.exclude]


def missing(settings: ExposeSettings, inventory: Inventory, states: Mapping[str, State]) -> tuple[str, ...]:
    """What the settings name and the house doesn't have, each in words."""
    found = [f"area '{name}'" for name in settings.areas or () if not _area_ids([name], inventory)]
    found += [f"label '{name}'" for name in settings.labels or () if not _label_ids([name], inventory)]
    ids = dict.fromkeys([*settings.entities, *(each for each in settings.unasked if "." in each)])
    return (*found, *(f"entity {each}" for each in ids if each not in states))


def named(
    ids: Iterable[str],
    most: int,
    inventory: Inventory,
    states: Mapping[str, State],
    aliases: Mapping[str, Iterable[str]],
) -> Exposed:
    """Their names, made different from each other; `aliases` by entity id.

    Of entities that are called alike each is called by its area, too, and then by its id; an alias that is taken is
    left out.
    """
    ids = list(ids)
    kept = ids[:most]
    areas = {each: inventory.entries[each].area for each in kept if each in inventory.entries}
    names = _names(kept, areas, inventory, states)
    taken = {name.casefold() for name in names.values()}
    things = []
    for entity_id in kept:
        area = inventory.areas.get(areas.get(entity_id) or "")
        attributes = states[entity_id].attributes
        things.append(
            Thing(
                entity_id,
                names[entity_id],
                _free(aliases.get(entity_id, ()), taken),
                None if area is None else area.id,
                str(attributes.get("device_class") or ""),
            )
        )
    used = {thing.area for thing in things}
    return Exposed(tuple(things), tuple(_places(used, inventory)), len(ids) - len(kept))


def _names(
    ids: list[str], areas: Mapping[str, str | None], inventory: Inventory, states: Mapping[str, State]
) -> dict[str, str]:
    plain = {each: _said(states[each].name or "") or _words(each) for each in ids}
    found = dict(plain)
    for entity_id in _alike(plain):
        area = inventory.areas.get(areas.get(entity_id) or "")
        if area is not None and _said(area.name) not in plain[entity_id]:
            found[entity_id] = f"{_said(area.name)} {plain[entity_id]}"
    for entity_id in _alike(found):
        found[entity_id] = _words(entity_id)
    for entity_id in _alike(found):  # light.desk and switch.desk
        found[entity_id] = f"{_words(entity_id)} {entity_id.partition('.')[0].replace('_', ' ')}"
    return _numbered(found)


def _numbered(names: Mapping[str, str]) -> dict[str, str]:
    """The names, with a number where an id is what something else is called."""
    taken: set[str] = set()
    found = {}
    for entity_id, name in names.items():
        numbered = (name if count == 1 else f"{name} {count}" for count in itertools.count(1))
        found[entity_id] = next(each for each in numbered if each.casefold() not in taken)
        taken.add(found[entity_id].casefold())
    return found


def _alike(names: Mapping[str, str]) -> list[str]:
    often = Counter(name.casefold() for name in names.values())
    return [entity_id for entity_id, name in names.items() if often[name.casefold()] > 1]


def _places(used: Iterable[str | None], inventory: Inventory) -> Iterable[Place]:
    rooms = [area for area_id, area in sorted(inventory.areas.items()) if area_id in set(used)]
    names = _numbered({area.id: _said(area.name) or _said(area.id) or area.id for area in rooms})
    taken = {name.casefold() for name in names.values()}
    for area in rooms:
        yield Place(area.id, names[area.id], _free(area.aliases, taken))


def _free(aliases: Iterable[str], taken: set[str]) -> tuple[str, ...]:
    """The aliases that nothing else is called; they are taken from now on."""
    found: list[str] = []
    for alias in filter(None, map(_said, aliases)):
        if alias.casefold() not in taken and len(found) < ALIASES:
            found.append(alias)
            taken.add(alias.casefold())
    return tuple(found)


def _said(name: str) -> str:
    """As a name is said; empty for what nobody says."""
    said = " ".join(name.replace("_", " ").split()).lower()
    return said if len(said) <= NAME_CHARACTERS else ""


def _words(entity_id: str) -> str:
    return " ".join(entity_id.replace("_", " ").partition(".")[2].split()) or entity_id


def _area_ids(given: list[str] | None, inventory: Inventory) -> frozenset[str] | None:
    if given is None:
        return None
    wanted = {name.casefold() for name in given}
    return frozenset(area.id for area in inventory.areas.values() if not wanted.isdisjoint(_called(area)))


def _called(area: Area) -> set[str]:
    return {area.id, area.name.casefold(), *(alias.casefold() for alias in area.aliases)}


def _label_ids(given: list[str] | None, inventory: Inventory) -> frozenset[str] | None:
    if given is None:
        return None
    wanted = {name.casefold() for name in given}
    return frozenset(
        label_id for label_id, name in inventory.labels.items() if not wanted.isdisjoint({label_id, name.casefold()})
    )
