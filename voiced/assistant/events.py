"""What happened: everything the assistant is told, in the past tense."""

from dataclasses import dataclass
from enum import StrEnum


class FailureReason(StrEnum):
    """Why a session could not be opened or did not last, by what the owner can do about it."""

    UNREACHABLE = "unreachable"
    """No network, no such host, nobody listening, TLS refused."""
    REFUSED = "refused"
    """The credential was refused (401, 403)."""
    NOT_FOUND = "not_found"
    """Wrong endpoint, model or api-version (400, 404)."""
    BUSY = "busy"
    """Over quota or out of service for now (429, 5xx)."""
    EXPIRED = "expired"
    """The service ended the session by age."""
    LOST = "lost"
    """The connection broke."""
    REJECTED = "rejected"
    """The service did not accept our session settings."""
    TIMED_OUT = "timed_out"
    """No answer within the deadline."""
    WRONG_CLOCK = "wrong_clock"
    """The service's certificate is not valid yet by this device's clock."""
    SIGN_IN = "sign_in"
    """The owner has to sign in first; the detail says where and with which code."""
    SPENT = "spent"
    """The budget is used up, and nothing stands in for the service."""


@dataclass(frozen=True, slots=True)
class Started:
    """Models are loaded and frames arrive from the microphone."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The time that `Assistant.deadline` names has come."""


@dataclass(frozen=True, slots=True)
class MicrophoneLost:
    """Frames stopped coming, or nobody can hear anything in them."""

    reason: str


@dataclass(frozen=True, slots=True)
class MicrophoneRecovered:
    """Frames come again."""


@dataclass(frozen=True, slots=True)
class WakeWordDetected:
    """A wake word was heard.

    Attributes:
        word: the model's name.
        score: 0 to 1.
        position: capture frame index at which the deciding block ended.
        captured_at: monotonic seconds at which its last sample was taken.
        persona: the persona bound to that word.
    """

    word: str
    score: float
    position: int
    captured_at: float
    persona: str = "default"


@dataclass(frozen=True, slots=True)
class WakeWordSuspected:
    """A wake word may be beginning; nothing is certain."""

    word: str
    score: float
    persona: str = "default"


@dataclass(frozen=True, slots=True)
class ListenRequested:
    """The owner asked to be listened to without a wake word; `position` is the capture frame index of that moment."""

    position: int


@dataclass(frozen=True, slots=True)
class TalkPressed:
    """The talk button was pressed: for silence, or to be listened to; `position` as with `ListenRequested`."""

    position: int


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The owner asked for silence."""


@dataclass(frozen=True, slots=True)
class StopWordHeard:
    """Somebody told the speaker to stop while it sounded.

    Attributes:
        phrase: as configured.
        fit: how well it explains the sound: 0 as well as anything could, negative where worse.
        position: capture frame index of its end, with the quiet after it.
    """

    phrase: str
    fit: float
    position: int


@dataclass(frozen=True, slots=True)
class MuteChanged:
    """The owner switched the microphone off or on.

    Attributes:
        reason: what is told of it, e.g. "microphone off by its button"; left out, only that it is off or on.
    """

    muted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """The service accepted the session's settings; audio may be sent."""


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """The session ended without a fault."""


@dataclass(frozen=True, slots=True)
class SessionFailed:
    """The session could not be opened, or broke."""

    reason: FailureReason
    detail: str


@dataclass(frozen=True, slots=True)
class FallbackAwaited:
    """This device is about to answer in the service's place, and may need so many seconds to get ready."""

    seconds: float


@dataclass(frozen=True, slots=True)
class FallbackBegan:
    """This device answers in the service's place, for the first time in an outage.

    Attributes:
        reason: why the service can't be had.
        detail: the same for the journal.
        owners: it lasts until the owner does something.
    """

    reason: FailureReason
    detail: str
    owners: bool


@dataclass(frozen=True, slots=True)
class SignInRequested:
    """The service wants the owner to sign in: to open `address` and enter `code`."""

    address: str
    code: str


@dataclass(frozen=True, slots=True)
class BudgetRunningLow:
    """A soft limit of the budget is reached, and the user has not heard so today."""

    detail: str


@dataclass(frozen=True, slots=True)
class LimitReached:
    """The conversation has used what it may; it is to end after the reply."""

    detail: str


@dataclass(frozen=True, slots=True)
class UplinkBegan:
    """The first sound of the session is on the wire."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The service heard the user begin to speak."""

    item_id: str


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The service heard the user's turn end, after the pause that ends one.

    Attributes:
        item_id: the turn's.
        audio_end_ms: when it did, in the sound it was sent; None where it doesn't say.
    """

    item_id: str
    audio_end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class UserTranscribed:
    """What the user said, as far as it was understood; may be empty."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """The service began a response; `purpose` is what we asked for it for, where it echoes that."""

    response_id: str
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class ReplyAudioReceived:
    """A stretch of the reply's sound: PCM16 mono at the playback rate."""

    response_id: str
    item_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ReplyAudioFinished:
    """All of a reply's sound has been received."""

    response_id: str


@dataclass(frozen=True, slots=True)
class ReplyHeard:
    """The first sample of an item reached the loudspeaker's driver."""

    item_id: str


@dataclass(frozen=True, slots=True)
class ReplyTranscribed:
    """The words of a reply, complete."""

    response_id: str
    text: str


@dataclass(frozen=True, slots=True)
class FunctionCalled:
    """The model asks for a tool; `arguments` is JSON text as the model wrote it."""

    response_id: str
    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ReplyFinished:
    """The service ended a response: completed, cancelled, failed or incomplete."""

    response_id: str
    status: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ServiceComplained:
    """The service answered something of ours with an error and went on."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool ended, well or not; `output` is the JSON text for the model."""

    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class PlaybackFinished:
    """Everything handed to the speaker has been heard."""


@dataclass(frozen=True, slots=True)
class PlaybackFlushed:
    """The rest of a reply was thrown away after `played_ms` of it had been heard."""

    item_id: str
    played_ms: int


@dataclass(frozen=True, slots=True)
class AnnouncementMade:
    """Somebody wants something said aloud.

    Attributes:
        seconds: how long that takes.
        text: its words; empty where there is only a sound.
    """

    seconds: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class RingDue:
    """A timer, an alarm or a reminder is due; told again with each that joins it.

    Attributes:
        seconds: how long it may ring.
        words: what to say of all that ring, in a conversation that is open.
    """

    seconds: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class RingSettled:
    """Nothing is to ring any more: it was cancelled, put off or ended by what was said."""


@dataclass(frozen=True, slots=True)
class ForgetRequested:
    """The owner wants what was said to be forgotten."""


@dataclass(frozen=True, slots=True)
class NoticeFinished:
    """A notice or an announcement has been heard, or could not be said."""


@dataclass(frozen=True, slots=True)
class RemoteToolsListed:
    """The service knows the tools of an MCP server."""

    server: str
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoteToolsFailed:
    """The service could not look up the tools of an MCP server."""

    server: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoteToolCalled:
    """The service calls a tool of an MCP server, or is about to; told several times, and not always in full.

    Attributes:
        response_id: the response that calls; "" where it isn't said.
        call_id: the call's item.
        server: the server's label; "" where it isn't said.
        name: the tool's; likewise.
        approval_id: the request that was granted for it, if there was one.
    """

    response_id: str
    call_id: str
    server: str = ""
    name: str = ""
    approval_id: str = ""


@dataclass(frozen=True, slots=True)
class RemoteToolFinished:
    """A call of an MCP server's tool ended; `detail` is the error, as far as it is told. May be told twice."""

    call_id: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A tool may not act before the user allows it; told twice where it is in a response.

    It is an MCP server's that the service calls, or the device's own: then there may be `words` to ask with.
    """

    response_id: str
    approval_id: str
    server: str
    name: str
    arguments: str
    words: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalAnswered:
    """The service has taken our answer to an approval request."""

    approval_id: str
    approved: bool


Event = (
    Started
    | TimePassed
    | MicrophoneLost
    | MicrophoneRecovered
    | WakeWordDetected
    | WakeWordSuspected
    | ListenRequested
    | TalkPressed
    | StopRequested
    | StopWordHeard
    | MuteChanged
    | SessionOpened
    | SessionClosed
    | SessionFailed
    | FallbackAwaited
    | FallbackBegan
    | SignInRequested
    | BudgetRunningLow
    | LimitReached
    | UplinkBegan
    | SpeechStarted
    | SpeechStopped
    | UserTranscribed
    | ReplyStarted
    | ReplyAudioReceived
    | ReplyAudioFinished
    | ReplyHeard
    | ReplyTranscribed
    | FunctionCalled
    | ReplyFinished
    | ServiceComplained
    | ToolFinished
    | PlaybackFinished
    | PlaybackFlushed
    | NoticeFinished
    | AnnouncementMade
    | RingDue
    | RingSettled
    | ForgetRequested
    | RemoteToolsListed
    | RemoteToolsFailed
    | RemoteToolCalled
    | RemoteToolFinished
    | ApprovalRequested
    | ApprovalAnswered
)
