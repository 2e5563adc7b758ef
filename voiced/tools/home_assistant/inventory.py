"""What the house is made of: areas, labels, and the entities with the area and labels that hold for them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Area:
    """A room, or what else its owner calls an area."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entity of the registry.

    Attributes:
        area: its own area's id, or its device's; None for neither.
        labels: ids, those of its device and area included.
        shown: false where it is hidden, disabled or only of use to configure or diagnose a device.
        exposed: whether Home Assistant exposes it to Assist; None where that was never decided.
    """

    id: str
    area: str | None = None
    labels: frozenset[str] = frozenset()
    shown: bool = True
    exposed: bool | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """Areas and devices by id, labels as id to name, entities by id."""

    areas: Mapping[str, Area] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    devices: frozenset[str] = frozenset()
    entries: Mapping[str, Entry] = field(default_factory=dict)


def inventory(
    areas: JsonValue, labels: JsonValue, devices: JsonValue, entities: JsonValue, exposed: JsonValue
) -> Inventory:
    """From what the registries' list commands, and that of what is exposed, answer; any of them may be None."""
    rooms = {
        each["area_id"]: Area(each["area_id"], each["name"], texts(each.get("aliases")), _ids(each.get("labels")))
        for each in _objects(areas, "area_id", "name")
    }
    named = {each["label_id"]: each["name"] for each in _objects(labels, "label_id", "name")}
    owners = {each["id"]: each for each in _objects(devices, "id")}
    listed = exposed.get("exposed_entities") if isinstance(exposed, dict) else None
    decided = listed if isinstance(listed, dict) else {}
    entries = {each["entity_id"]: _entry(each, owners, rooms) for each in _objects(entities, "entity_id")}
    for entity_id, assistants in decided.items():
        old = entries.get(entity_id, Entry(entity_id))
        choice = assistants.get("conversation") if isinstance(assistants, dict) else None
        if isinstance(choice, bool):
            entries[entity_id] = Entry(entity_id, old.area, old.labels, old.shown, choice)
    return Inventory(rooms, named, frozenset(owners), entries)


def texts(given: JsonValue) -> tuple[str, ...]:
    """The words of a list of aliases; Home Assistant has null there for the entity's own name."""
    found = (" ".join(each.split()) for each in given if isinstance(each, str)) if isinstance(given, list) else ()
    return tuple(filter(None, found))


def _entry(
    given: Mapping[str, JsonValue], devices: Mapping[str, Mapping[str, JsonValue]], areas: Mapping[str, Area]
) -> Entry:
    device = devices.get(str(given.get("device_id")), {})
    area = next((each for each in (given.get("area_id"), device.get("area_id")) if isinstance(each, str)), None)
    labels = _ids(given.get("labels")) | _ids(device.get("labels"))
    if area is not None and area in areas:
        labels |= areas[area].labels
    hindered = any(given.get(key) is not None for key in ("hidden_by", "disabled_by", "entity_category"))
    options = given.get("options")
    assist = options.get("conversation") if isinstance(options, dict) else None
    choice = assist.get("should_expose") if isinstance(assist, dict) else None
    return Entry(str(given["entity_id"]), area, labels, not hindered, choice if isinstance(choice, bool) else None)


def _objects(given: JsonValue, *texts_: str) -> Iterator[dict[str, str]]:
    """The objects of a list that have these as texts."""
    for each in given if isinstance(given, list) else ():
        if isinstance(each, dict) and all(isinstance(each.get(key), str) for key in texts_):
            yield each  # type: ignore[misc]  # (the keys that are read without a look are texts)


def _ids(given: JsonValue) -> frozenset[str]:
    return frozenset(map(str, given)) if isinstance(given, list) else frozenset()
