"""What shall be done: everything the assistant asks for, in the imperative."""

from dataclasses import dataclass
from enum import StrEnum

from voiced.assistant.phases import Phase


class Chime(StrEnum):
    """A short sound that stands for a sentence."""

    WAKE = "wake"
    DONE = "done"
    ERROR = "error"
    MUTE = "mute"
    UNMUTE = "unmute"
    VOLUME = "volume"


class Notice(StrEnum):
    """A sentence the speaker can say without a session."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    BUSY = "busy"
    EXPIRED = "expired"
    LOST = "lost"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    NO_REPLY = "no_reply"
    WRONG_CLOCK = "wrong_clock"
    SIGN_IN = "sign_in"
    SPENT = "spent"
    RUNNING_LOW = "running_low"
    OFFLINE = "offline"
    STANDING_IN = "standing_in"


class RingEnd(StrEnum):
    """What became of what rang."""

    STOPPED = "stopped"
    SNOOZED = "snoozed"
    UNHEARD = "unheard"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Open a session for a persona."""

    persona: str


@dataclass(frozen=True, slots=True)
class PrepareSession:
    """Open a session for a persona, silently and without sending a sound; it may be abandoned."""

    persona: str


@dataclass(frozen=True, slots=True)
class ConfirmSession:
    """The prepared session is for a certain wake word: the user waits for it."""


@dataclass(frozen=True, slots=True)
class AbandonSession:
    """Close a prepared session silently."""


@dataclass(frozen=True, slots=True)
class StartUplink:
    """Send the pre-roll from capture frame index `since`, then live frames."""

    since: int


@dataclass(frozen=True, slots=True)
class CloseSession:
    """Stop the uplink and close the session, if there is one."""


@dataclass(frozen=True, slots=True)
class Play:
    """Queue a stretch of a reply for the speaker."""

    item_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FinishReply:
    """No more of this reply's sound will come: running dry is its end."""


@dataclass(frozen=True, slots=True)
class Flush:
    """Silence the speaker within one period and report `PlaybackFlushed` for the reply it cut."""


@dataclass(frozen=True, slots=True)
class TruncateReply:
    """Make the model forget what of an item was not heard."""

    item_id: str
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class CancelReply:
    """Ask the service to stop the response under way."""


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run a tool; report `ToolFinished`."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class SendToolOutput:
    """Hand a tool's output to the model."""

    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class RequestReply:
    """Ask the model to go on (`response.create`)."""


@dataclass(frozen=True, slots=True)
class AskUser:
    """Have the session ask something aloud, word for word; `ReplyStarted.purpose` tells the question from replies."""

    words: str
    purpose: str


@dataclass(frozen=True, slots=True)
class SpeakUp:
    """Have the session say something unasked, word for word; `ReplyStarted.purpose` tells it from replies."""

    words: str
    purpose: str


@dataclass(frozen=True, slots=True)
class AnswerApproval:
    """Tell the service whether it may call the tool it asked about."""

    approval_id: str
    approve: bool


@dataclass(frozen=True, slots=True)
class SetAutomaticReplies:
    """Let the service answer the user's turns by itself, or only when it is asked to."""

    on: bool


@dataclass(frozen=True, slots=True)
class ShowPhase:
    """The phase changed: lights, journal, status."""

    phase: Phase
    reason: str


@dataclass(frozen=True, slots=True)
class PlayChime:
    """Play a chime, where the owner wants it; the wake chime is the one of that wake word, if it has its own."""

    chime: Chime
    word: str = ""


@dataclass(frozen=True, slots=True)
class ReportFalseWake:
    """Count a wake word that nothing came of; `position` is the one of its detection."""

    word: str
    position: int


@dataclass(frozen=True, slots=True)
class SayNotice:
    """Say a prepared sentence; report `NoticeFinished` when it has been heard or can't be said."""

    notice: Notice
    detail: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Say the announcement that waits longest; report `NoticeFinished` when it has been heard or can't be said."""


@dataclass(frozen=True, slots=True)
class DropAnnouncements:
    """Throw away the sounds of so many announcements, those that wait longest."""

    count: int


@dataclass(frozen=True, slots=True)
class Ring:
    """Begin to ring, until `EndRing`."""


@dataclass(frozen=True, slots=True)
class RingOnce:
    """Sound one burst, over what is heard."""


@dataclass(frozen=True, slots=True)
class EndRing:
    """Ring no more; `how` it came, None where the caller knows. A `Flush` follows where it has to be silent at once."""

    how: RingEnd | None


Command = (
    OpenSession
    | PrepareSession
    | ConfirmSession
    | AbandonSession
    | StartUplink
    | CloseSession
    | Play
    | FinishReply
    | Flush
    | TruncateReply
    | CancelReply
    | RunTool
    | SendToolOutput
    | RequestReply
    | AskUser
    | SpeakUp
    | AnswerApproval
    | SetAutomaticReplies
    | ShowPhase
    | PlayChime
    | ReportFalseWake
    | SayNotice
    | Announce
    | DropAnnouncements
    | Ring
    | RingOnce
    | EndRing
)
