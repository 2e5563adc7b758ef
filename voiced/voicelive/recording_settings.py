from pydantic import Field

from voiced.settings import Settings


class RecordingSettings(Settings):
    """Recordings of conversations, to find out what went wrong; none unless you ask for them.

    Each holds the frames of the protocol and what the speaker made of them, with their times: what was said, as text,
    and what tools were called with. Keys, passwords and tokens are left out where their name tells, and headers; what
    was spoken is not. They are files on this device, in `conversations` under the state directory, that only root and
    the speaker's own user can read, and nothing sends them anywhere. `voiced record` records the next conversation, and
    whoever may use the control socket can ask for it; `voiced replay` plays one back.
    """

    every: bool = False
    """Record every conversation, not only the one after `voiced record`."""
    sound: bool = False
    """Record the sound of both sides, too; else its length only."""
    keep: int = Field(default=10, ge=1, le=1000)
    """How many to keep; the oldest make room for the new."""
    megabytes: float = Field(default=20.0, ge=0.1, le=1000)
    """How much room they may take together; a minute with sound takes about 6, without it about 0.5."""
