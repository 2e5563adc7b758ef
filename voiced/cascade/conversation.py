"""A session's conversation: its items, and the user's turns on their way into it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from voiced.cascade.configuration import Configuration
from voiced.cascade.history import History, Item
from voiced.cascade.items import checked_item
from voiced.cascade.outputs import Outbox
from voiced.cascade.protocol import SERVER_ERROR, Frame, ProtocolError, error_event, new_id
from voiced.cascade.recogniser import Heard


@dataclass(slots=True)
class UserTurn:
    """A user's turn by voice.

    Attributes:
        item_id: of the item that it becomes.
        start: its first sample, padding included.
        ticket: of its newest recognition.
        heard: the outcome of that.
        reply: whether it is answered by itself.
        held: whether the client does not know of it yet, because it may be a filler word.
        stopped_ms: where such a turn has ended.
    """

    item_id: str
    start: int
    ticket: int | None = None
    heard: Heard | None = None
    reply: bool = False
    held: bool = False
    stopped_ms: int = 0


class Conversation:
    """The items. A turn is committed at once, and goes in with what it was recognised as, in order."""

    def __init__(self, configuration: Configuration, outbox: Outbox) -> None:
        self.history = History()
        self._configuration = configuration
        self._outbox = outbox
        self._committed: deque[tuple[UserTurn, Item]] = deque()

    @property
    def awaiting(self) -> bool:
        """Whether a committed turn is still to be recognised."""
        return bool(self._committed)

    @property
    def reply_awaited(self) -> bool:
        """Whether one of those is to be answered by itself."""
        return any(turn.reply for turn, _ in self._committed)

    def forgo_replies(self) -> None:
        """Answer none of those by itself."""
        for turn, _ in self._committed:
            turn.reply = False

    def commit(self, turn: UserTurn) -> None:
        """A turn is over."""
        part: Frame = {"type": "input_audio", "transcript": None}
        if self.taken(turn.item_id):  # by a client's own item, which came after the turn was told of
            turn.item_id = new_id("item")
        item = Item(
            {
                "id": turn.item_id, "object": "realtime.item", "type": "message", "status": "completed",
                "role": "user", "content": [part],
            }
        )  # fmt: skip
        committed = "input_audio_buffer.committed"
        if not self._configuration.native:
            self._outbox.announce(committed, previous_item_id=self.history.last_id or "", item_id=turn.item_id)
        else:
            before = self.history.add(item)
            self._outbox.announce(committed, previous_item_id=before, item_id=turn.item_id)
            self._created(item, before)
        self._committed.append((turn, item))

    def wants(self, ticket: int) -> bool:
        """Whether a recognition of a committed turn is still of use."""
        return any(turn.ticket == ticket for turn, _ in self._committed)

    def recognised(self, ticket: int, heard: Heard) -> None:
        """A committed turn was recognised."""
        for turn, _ in self._committed:
            if turn.ticket == ticket:
                turn.heard = heard

    def take_in(self, reply_to: Callable[[UserTurn], None]) -> None:
        """Put the turns that are recognised into the conversation, in order; reply_to may answer each in its place."""
        while self._committed and self._committed[0][0].heard is not None:
            turn, item = self._committed.popleft()
            item.heard = turn.heard
            transcript = turn.heard.transcript if turn.heard else ""
            if self._configuration.shown["input_audio_transcription"] is not None or not self._configuration.native:
                item.shown["content"] = [{"type": "input_audio", "transcript": transcript}]
            if self._configuration.native:
                reply_to(turn)
                self._transcribed(turn, transcript)
            else:
                self._transcribed(turn, transcript)
                self._created(item, self.history.add(item))
                reply_to(turn)

    def create(self, frame: Frame) -> None:
        """Serve `conversation.item.create`."""
        after = frame.get("previous_item_id")
        if after is not None and not isinstance(after, str):
            raise ProtocolError("invalid_type", "Invalid type for 'previous_item_id'.", "previous_item_id")
        item = Item(checked_item(frame.get("item"), self.history))
        if self.taken(item.id):
            raise ProtocolError("item_id_already_exists", f"An item with id '{item.id}' exists already.", "item.id")
        if item.shown.get("role") == "assistant":  # a conversation of before is told
            for earlier in self.history.items:
                earlier.answered = True
        item.answered = (
            item.shown["type"] == "function_call"
            or item.shown.get("role") in ("system", "assistant")
            or item.shown.get("approve") is True
        )
        before = self.history.add(item, after or None)
        self._created(item, before)

    def taken(self, item_id: str) -> bool:
        """Whether there is an item of that id, or a turn that will be one."""
        return self.history.knows(item_id) or any(item.id == item_id for _, item in self._committed)

    def retrieve(self, frame: Frame) -> None:
        """Serve `conversation.item.retrieve`."""
        self._outbox.announce("conversation.item.retrieved", item=dict(self.history.get(frame.get("item_id")).shown))

    def delete(self, frame: Frame) -> None:
        """Serve `conversation.item.delete`."""
        self._outbox.announce("conversation.item.deleted", item_id=self.history.remove(frame.get("item_id")).id)

    def truncate(self, frame: Frame) -> None:
        """Serve `conversation.item.truncate`: only so much of an assistant's speech was heard."""
        item = self.history.get(frame.get("item_id"))
        end, part = frame.get("audio_end_ms"), frame.get("content_index", 0)
        if item.shown.get("role") != "assistant" or not item.audio_ms:
            raise ProtocolError("invalid_value", "Only an assistant's audio can be truncated.", "item_id")
        if part != 0 or isinstance(part, bool):
            raise ProtocolError("invalid_value", "The item's audio is at content_index 0.", "content_index")
        if isinstance(end, bool) or not isinstance(end, int) or end < 0:
            raise ProtocolError("invalid_value", "Expected 'audio_end_ms' to be a whole number >= 0.", "audio_end_ms")
        if end > item.audio_ms:
            raise ProtocolError(
                "invalid_value", f"Audio content of {item.audio_ms}ms is already shorter than {end}ms.", "audio_end_ms"
            )
        self.cut(item, end)

    def cut(self, item: Item, end: int, transcript: str = "") -> None:
        """Keep only so many ms of an assistant's speech; its transcript is dropped for another."""
        item.audio_ms, item.truncated = end, True
        item.shown["content"] = [{"type": "audio", "transcript": transcript}]
        self._outbox.announce("conversation.item.truncated", item_id=item.id, content_index=0, audio_end_ms=end)

    def _transcribed(self, turn: UserTurn, transcript: str) -> None:
        wanted = self._configuration.shown["input_audio_transcription"] is not None
        name = "conversation.item.input_audio_transcription"
        if turn.heard is not None and turn.heard.failure is not None:
            failed = ProtocolError("transcription_failed", turn.heard.failure)
            if wanted:
                error = {"type": SERVER_ERROR, "code": failed.code, "message": failed.message}
                self._outbox.announce(f"{name}.failed", item_id=turn.item_id, content_index=0, error=error)
            else:
                self._outbox.send([error_event(failed, type_=SERVER_ERROR)])
            return
        if not wanted:
            return
        if self._configuration.native and transcript:
            self._outbox.announce(f"{name}.delta", item_id=turn.item_id, content_index=0, delta=transcript)
        self._outbox.announce(f"{name}.completed", item_id=turn.item_id, content_index=0, transcript=transcript)

    def _created(self, item: Item, before: str | None) -> None:
        native = self._configuration.native
        previous = before if native else before or ""
        self._outbox.announce("conversation.item.created", previous_item_id=previous, item=dict(item.shown))
        if native and item.shown.get("role") == "user":
            self._outbox.announce("conversation.item.done", previous_item_id=previous, item=dict(item.shown))
