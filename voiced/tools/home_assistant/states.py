"""The states of the house's entities, kept up from what `subscribe_entities` tells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

UNAVAILABLE = "unavailable"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class State:
    """One entity as it is."""

    value: str
    attributes: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        """What people call it, None where it has no name."""
        name = self.attributes.get("friendly_name")
        return " ".join(name.split()) if isinstance(name, str) and name.strip() else None


class States(Mapping[str, State]):
    """By entity id. Additions, changes and removals are `a`, `c` and `r`, a state `s` and its attributes `a`."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}

    def __getitem__(self, entity_id: str) -> State:
        return self._states[entity_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._states)

    def __len__(self) -> int:
        return len(self._states)

    def clear(self) -> None:
        """Nothing is known any more."""
        self._states.clear()

    def feed(self, event: JsonValue) -> bool:
        """Take what was told; whether there are other entities than before, or others are called differently."""
        if not isinstance(event, dict):
            return False
        before = len(self._states)
        renamed = False
        for entity_id, given in _entries(event.get("a")):
            old = self._states.get(entity_id)
            self._states[entity_id] = new = State(str(given.get("s", UNKNOWN)), dict(_entries_of(given.get("a"))))
            renamed |= old is None or old.name != new.name
        for entity_id, change in _entries(event.get("c")):
            old = self._states.get(entity_id)
            if old is not None:
                self._states[entity_id] = new = _changed(old, change)
                renamed |= old.name != new.name
        removed = event.get("r")
        for gone in removed if isinstance(removed, list) else ():
            renamed |= self._states.pop(str(gone), None) is not None
        return renamed or len(self._states) != before


def _changed(state: State, change: Mapping[str, JsonValue]) -> State:
    more = dict(_entries_of(change.get("+")))
    less = dict(_entries_of(change.get("-"))).get("a")
    gone = set(map(str, less)) if isinstance(less, list) else set()
    attributes = {name: value for name, value in state.attributes.items() if name not in gone}
    return State(str(more.get("s", state.value)), attributes | dict(_entries_of(more.get("a"))))


def _entries(given: JsonValue) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    for key, value in _entries_of(given):
        if isinstance(value, dict):
            yield key, value


def _entries_of(given: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(given, dict):
        yield from given.items()
