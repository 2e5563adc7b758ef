"""What holds in a session now; its parts share it."""

from dataclasses import dataclass
from typing import Self

from voiced.cascade.parameters.defaults import default_session, is_native
from voiced.cascade.parameters.session import updated_session
from voiced.cascade.protocol import Frame, new_id


@dataclass(slots=True)
class Configuration:
    """A session's parameters.

    Attributes:
        model: of the connection.
        shown: all parameters as the client sees them; replaced as a whole, never changed.
        spoken: whether the session has produced sound, after which its voice stays.
    """

    model: str
    shown: Frame
    spoken: bool = False

    @classmethod
    def new(cls, model: str, expires_at: int) -> Self:
        """Of a session that begins; expires_at in Unix seconds."""
        return cls(model, default_session(new_id("sess"), model, expires_at))

    @property
    def session_id(self) -> str:
        """The session's id, "sess_…"."""
        return str(self.shown["id"])

    @property
    def native(self) -> bool:
        """Whether the session looks like the native back-end, not like the cascaded one (voice-live §5)."""
        return is_native(self.model)

    def updated(self, changes: object) -> Frame:
        """What would be shown with the `session` of a `session.update`; `ProtocolError` where it can't be."""
        return updated_session(self.shown, changes, self.model, spoken=self.spoken)
