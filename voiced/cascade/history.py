"""The items of a conversation, in order."""

import json
from dataclasses import dataclass

from voiced.cascade.protocol import Frame, ProtocolError
from voiced.cascade.recogniser import Heard

_LARGEST = 2000
"""Items kept; the oldest are forgotten."""
_LARGEST_TEXT = 8_000_000
"""Characters kept of all items as they came, pictures included; the oldest are forgotten, but never the only one."""


@dataclass(slots=True)
class Item:
    """One item.

    Attributes:
        shown: as the client sees it.
        heard: what a voice turn was recognised as, None until it is.
        audio_ms: length of an assistant's speech, as far as it was sent.
        answered: whether a response has taken it into account.
        truncated: whether the user did not hear all of it.
    """

    shown: Frame
    heard: Heard | None = None
    audio_ms: int = 0
    answered: bool = False
    truncated: bool = False

    @property
    def id(self) -> str:
        """The item's id, which the client may have chosen."""
        return str(self.shown["id"])

    @property
    def text(self) -> str:
        """All written text of a message."""
        parts = self.shown.get("content") or []
        return " ".join(part["text"] for part in parts if isinstance(part.get("text"), str))


class History:
    """Items by id and in order; the oldest go when there are too many."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._lengths: dict[str, int] = {}

    @property
    def items(self) -> list[Item]:
        """All items, oldest first."""
        return list(self._items.values())

    @property
    def last_id(self) -> str | None:
        """The newest item's id."""
        return next(reversed(self._items), None)

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Insert after an item, by default after the newest, and return the id before it.

        Raises:
            ProtocolError: the id exists already, or there is no item `after`; "root" means at the beginning.
        """
        if item.id in self._items:
            raise ProtocolError("item_id_already_exists", f"An item with id '{item.id}' exists already.", "item.id")
        if after is None or after == self.last_id:
            before = self.last_id
            self._items[item.id] = item
        elif after == "root":
            before = None
            self._items = {item.id: item, **self._items}
        else:
            self.get(after, "previous_item_id")
            before, rest = after, self._items
            self._items = {}
            for each in rest.values():
                self._items[each.id] = each
                if each.id == after:
                    self._items[item.id] = item
        self.weigh(item)
        return before

    def weigh(self, item: Item) -> None:
        """Take note of an item's length, which grows while it is made; the oldest are forgotten if need be."""
        if not self.has(item):
            return
        self._lengths[item.id] = len(json.dumps(item.shown))
        while len(self._items) > _LARGEST or (len(self._items) > 1 and sum(self._lengths.values()) > _LARGEST_TEXT):
            self.remove(next(iter(self._items)))

    def get(self, item_id: object, param: str = "item_id") -> Item:
        """The item; `ProtocolError` if there is none."""
        item = self._items.get(item_id) if isinstance(item_id, str) else None
        if item is None:
            raise ProtocolError("item_not_found", f"There is no item with id {item_id!r:.80}.", param)
        return item

    def knows(self, item_id: str) -> bool:
        """Whether there is an item of that id."""
        return item_id in self._items

    def has(self, item: Item) -> bool:
        """Whether this very item is in it."""
        return self._items.get(item.id) is item

    def remove(self, item_id: object) -> Item:
        """Take an item out; `ProtocolError` if there is none."""
        item = self.get(item_id)
        del self._lengths[item.id]
        return self._items.pop(item.id)

    def has_call(self, call_id: object) -> bool:
        """Whether a function call has this `call_id`."""
        calls = (item.shown for item in self._items.values() if item.shown["type"] == "function_call")
        return any(call.get("call_id") == call_id for call in calls)
