"""The items of a conversation, in order."""

from dataclasses import dataclass

from voiced.cascade.protocol import Frame, ProtocolError, new_id
from voiced.cascade.recogniser import Heard

_LARGEST = 2000
"""Items kept; the oldest are forgotten."""
_PARTS = frozenset({"input_text", "input_audio", "input_image", "text", "audio"})
_ROLES = ("system", "user", "assistant")


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
        if len(self._items) > _LARGEST:
            del self._items[next(iter(self._items))]
        return before

    def get(self, item_id: object, param: str = "item_id") -> Item:
        """The item; `ProtocolError` if there is none."""
        item = self._items.get(item_id) if isinstance(item_id, str) else None
        if item is None:
            raise ProtocolError("item_not_found", f"There is no item with id {item_id!r:.80}.", param)
        return item

    def remove(self, item_id: object) -> Item:
        """Take an item out; `ProtocolError` if there is none."""
        return self._items.pop(self.get(item_id).id)

    def has_call(self, call_id: object) -> bool:
        """Whether a function call has this `call_id`."""
        calls = (item.shown for item in self._items.values() if item.shown["type"] == "function_call")
        return any(call.get("call_id") == call_id for call in calls)


def checked_item(given: object, history: History) -> Frame:  # noqa: C901 (one case for each kind)
    """An item of `conversation.item.create` as it will be shown; `ProtocolError` where it isn't one."""
    if not isinstance(given, dict):
        raise ProtocolError("invalid_type", "Invalid type for 'item': expected an object.", "item")
    item_id = given.get("id")
    if item_id is not None and (not isinstance(item_id, str) or not item_id):
        raise ProtocolError("invalid_value", "Invalid value for 'item.id': expected a text.", "item.id")
    shown: Frame = {"id": item_id or new_id("item"), "object": "realtime.item"}
    match given.get("type"):
        case "message":
            if given.get("role") not in _ROLES:
                raise ProtocolError("invalid_value", f"Expected 'item.role' to be one of {_ROLES}.", "item.role")
            content = given.get("content")
            if not isinstance(content, list) or not all(map(_is_part, content)):
                raise ProtocolError("invalid_value", "Expected 'item.content' to be a list of parts.", "item.content")
            return {**shown, "type": "message", "status": "completed", "role": given["role"], "content": content}
        case "function_call":
            for field in ("call_id", "name", "arguments"):
                _require_text(given, field)
            fields = {field: given[field] for field in ("call_id", "name", "arguments")}
            return {**shown, "type": "function_call", "status": "completed", **fields}
        case "function_call_output":
            for field in ("call_id", "output"):
                _require_text(given, field)
            if not history.has_call(given["call_id"]):
                raise ProtocolError(
                    "invalid_tool_call_id",
                    f"There is no function call with id {given['call_id']!r:.80}.",
                    "item.call_id",
                )
            return {**shown, "type": "function_call_output", "call_id": given["call_id"], "output": given["output"]}
        case "mcp_approval_response":
            _require_text(given, "approval_request_id")
            if not isinstance(given.get("approve"), bool):
                raise ProtocolError("invalid_value", "Expected 'item.approve' to be true or false.", "item.approve")
            fields = {field: given[field] for field in ("approval_request_id", "approve")}
            return {**shown, "type": "mcp_approval_response", **fields}
        case other:
            raise ProtocolError("invalid_value", f"Invalid value for 'item.type': {other!r:.80}.", "item.type")


def _is_part(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("type"), str) and part["type"] in _PARTS


def _require_text(given: Frame, field: str) -> None:
    if not isinstance(given.get(field), str):
        raise ProtocolError("missing_required_parameter", f"Missing required parameter: 'item.{field}'.", "item")
