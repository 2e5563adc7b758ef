"""The assistant: which phase the speaker is in, and what each event makes it do."""

import logging
from collections.abc import Callable

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.announcements import Announcements
from voiced.assistant.commands import Chime, Command, Notice
from voiced.assistant.conversation import Conversation
from voiced.assistant.endings import ALERTING_SECONDS, Endings
from voiced.assistant.events import Event
from voiced.assistant.phases import CONVERSATION, Phase
from voiced.assistant.ringing import Ringing
from voiced.assistant.settings import ConversationSettings
from voiced.assistant.situation import NO_DEADLINE, Situation
from voiced.assistant.speaking_up import SpeakingUp
from voiced.assistant.speculation import Allowance, Speculation
from voiced.assistant.turns import Turns

log = logging.getLogger(__name__)

_CAPTURE_FRAMES_PER_MS = 16
_STARTING_SECONDS = 30.0
_CLOSED = "session closed by the service"
_SPECULATION_SECONDS = 1.5
_SNOOZE = "snooze"
"""A stop word with this in it puts off what rings."""


class Assistant:
    """Sans-I/O core: `handle` an event at a time, carry out the commands it returns, call again at `deadline`.

    Times are seconds of one monotonic clock that the caller reads; `pause_ms` is the pause that ends a user's turn,
    `locale` the language in which a persona is spoken to, and `greeting` what it says to who says nothing.
    """

    def __init__(
        self,
        settings: ConversationSettings,
        now: float,
        pause_ms: float = 500,
        locale: Callable[[str], str] = lambda _persona: "en-US",
        greeting: Callable[[str], str | None] = lambda _persona: None,
    ) -> None:
        self._settings = settings
        self._at = Situation(now, Phase.STARTING, now + _STARTING_SECONDS)
        self._endings = Endings(settings, self._at)
        self._announcements = Announcements(self._at)
        self._ringing = Ringing(self._at, self._announcements)
        self._speaking_up = SpeakingUp(settings, self._at, self._announcements, greeting)
        self._turns = Turns(settings, pause_ms, self._at, self._endings, locale, self._speaking_up)
        self._speculation: Speculation | None = None
        self._deaf = ""
        self._allowance = Allowance(settings.speculative_connects_per_minute)

    @property
    def phase(self) -> Phase:
        """What the speaker is doing."""
        return self._at.phase

    @property
    def deadline(self) -> float | None:
        """When `TimePassed` is due, or None where the phase may last for ever."""
        due = min(self._at.due, self._ringing.until)
        if self._at.conversation is not None:
            due = min(due, self._at.conversation.ends_at, self._speaking_up.due(self._at.conversation))
        if self._speculation is not None:
            due = min(due, self._speculation.until)
        return None if due == NO_DEADLINE else due

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event at `now`; return what is to be done, in order.

        Events that make no sense in the present phase (late, duplicate, of a closed session) are ignored.
        """
        self._at.begin(now)
        before = self._at.conversation
        self._react(event, before)
        talk = self._at.conversation
        if before is not None and before is not talk:
            self._speaking_up.over(before)
        idle = self._at.phase is Phase.IDLE
        self._ringing.proceed(talk)
        if idle and self._at.phase is not Phase.IDLE:
            self._abandon()
        if self._announcements.due and not self._ringing.sounds:
            self._abandon()
            self._announcements.say()
        elif talk is not None:
            self._speaking_up.proceed(talk)
        return self._at.commands

    def _react(self, event: Event, talk: Conversation | None) -> None:  # noqa: C901, PLR0912, PLR0915 (a flat table)
        match event:
            case on.Started() | on.MicrophoneRecovered():
                self._deaf = ""
                if self._at.phase in (Phase.STARTING, Phase.FAULTED):
                    self._at.enter(Phase.IDLE, "listening for the wake word")
            case on.MicrophoneLost():
                self._microphone_lost(event.reason)
            case on.MuteChanged():
                self._mute(event)
            case on.WakeWordSuspected():
                self._suspect(event.persona)
            case on.WakeWordDetected():
                self._wake(event.persona, event.position, f"heard {event.word} ({event.score:.2f})", event)
            case on.ListenRequested():
                self._wake("default", event.position, "asked to listen")
            case on.TalkPressed():
                self._talk_pressed(event)
            case on.ForgetRequested():
                self._stop("asked to forget")
            case on.StopRequested():
                self._stop("asked to stop")
            case on.StopWordHeard():
                self._stop(f"heard {event.phrase!r} ({event.fit:.2f})", snooze=_SNOOZE in event.phrase.lower())
            case on.TimePassed():
                self._time_passed()
            case on.SignInRequested() if self._at.phase is Phase.IDLE:
                self._abandon()
                self._at.enter(Phase.ALERTING, "sign in", ALERTING_SECONDS)
                self._at.do(do.SayNotice(Notice.SIGN_IN, f"open {event.address} and enter the code {event.code}"))
            case on.BudgetRunningLow() if self._at.phase is Phase.IDLE:
                self._abandon()
                self._at.enter(Phase.ALERTING, "the budget runs low", ALERTING_SECONDS)
                self._at.do(do.SayNotice(Notice.RUNNING_LOW, event.detail))
            case on.AnnouncementMade() | on.FallbackBegan():
                self._announcements.add(event)
            case on.RingDue():
                self._ringing.due(event)
            case on.RingSettled():
                self._ringing.settled()
            case on.NoticeFinished():
                self._announcements.finished()
                if self._at.phase is Phase.ALERTING and not self._ringing.sounds:
                    self._at.enter(Phase.IDLE, "notice heard")
            case on.FallbackAwaited() if self._at.phase is Phase.CONNECTING:
                self._at.extend(event.seconds)
            case on.SessionOpened() | on.SessionFailed() | on.SessionClosed() if talk is not None:
                self._session_changed(event, talk)
            case on.PlaybackFinished() if talk is not None and talk.closed:
                self._endings.end(Phase.IDLE, _CLOSED)
            case on.ApprovalRequested() if talk is not None and talk.closed:
                talk.approvals.request(event)  # nobody is asked any more: it is denied when the conversation ends
            case _ if talk is not None and talk.opened and not talk.closed:
                self._turns.take(event, talk)
            case on.SessionOpened() if self._speculation is not None:
                self._speculation.opened = True
            case on.SessionFailed() | on.SessionClosed() if self._speculation is not None:
                self._speculation = None  # nobody was promised anything; a certain wake word tries again
            case _:
                log.debug("ignored in %s: %s", self._at.phase, type(event).__name__)

    # -- the owner ----------------------------------------------------------------------------------------------

    def _suspect(self, persona: str) -> None:
        """Begin to connect while the wake word's score is rising; say nothing, send nothing."""
        if self._at.phase is not Phase.IDLE:
            return
        until = self._at.now + _SPECULATION_SECONDS
        if self._speculation is not None and self._speculation.persona == persona:
            self._speculation.until = until
        elif self._speculation is None and self._allowance.take(self._at.now):
            self._speculation = Speculation(persona, until)
            self._at.do(do.PrepareSession(persona))

    def _abandon(self) -> None:
        if self._speculation is not None:
            self._speculation = None
            self._at.do(do.AbandonSession())

    def _wake(self, persona: str, position: int, reason: str, by: on.WakeWordDetected | None = None) -> None:
        if self._at.phase not in (Phase.IDLE, Phase.ALERTING):
            log.debug("wake ignored in %s", self._at.phase)
            return
        if self._at.phase is Phase.ALERTING:
            self._ringing.stop()
            self._at.do(do.Flush())
        since = max(0, position - self._settings.lead_ms * _CAPTURE_FRAMES_PER_MS)
        talk = Conversation(persona, since, self._at.now + self._settings.max_minutes * 60, by)
        self._at.conversation = talk
        self._at.enter(Phase.CONNECTING, reason, self._settings.connect_seconds)
        self._at.do(do.PlayChime(Chime.WAKE, "" if by is None else by.word))
        prepared = self._speculation
        if prepared is not None and prepared.persona == persona:
            self._speculation = None
            self._at.do(do.ConfirmSession())
            if prepared.opened:
                self._opened(talk)
        else:
            self._abandon()
            self._at.do(do.OpenSession(persona))

    def _talk_pressed(self, event: on.TalkPressed) -> None:
        """End what sounds or listens; a press is for a conversation only where there is nothing to end."""
        if (
            self._ringing.sounds
            or self._announcements.sounds
            or self._at.phase in CONVERSATION
            or self._at.phase is Phase.ALERTING
        ):
            self._stop("talk button")
        else:
            self._wake("default", event.position, "talk button")

    def _stop(self, reason: str, *, snooze: bool = False) -> None:
        talk = self._at.conversation
        ringing = self._ringing.stop(snooze=snooze)
        announcing = self._announcements.stop() or (talk is not None and self._speaking_up.stop(talk))
        if self._at.phase in CONVERSATION or self._at.phase is Phase.ALERTING:
            self._at.do(do.Flush())
            self._endings.end(Phase.IDLE, reason)
        elif announcing or ringing:
            self._at.do(do.Flush())

    def _mute(self, event: on.MuteChanged) -> None:
        if event.muted and self._at.phase is not Phase.MUTED:
            self._abandon()
            self._ringing.stop()
            self._at.do(do.Flush())
            self._endings.end(Phase.MUTED, event.reason or "microphone off")
        elif not event.muted and self._at.phase is Phase.MUTED:
            if self._deaf:
                self._at.enter(Phase.FAULTED, self._deaf)
            else:
                self._at.enter(Phase.IDLE, event.reason or "microphone on")

    def _microphone_lost(self, reason: str) -> None:
        self._deaf = reason
        if self._at.phase is not Phase.MUTED:  # whose light and promise come first
            self._abandon()
            self._at.do(do.Flush())
            self._endings.end(Phase.FAULTED, reason)

    # -- the session --------------------------------------------------------------------------------------------

    def _session_changed(
        self, event: on.SessionOpened | on.SessionFailed | on.SessionClosed, talk: Conversation
    ) -> None:
        match event:
            case on.SessionOpened():
                self._opened(talk)
            case on.SessionFailed():
                self._endings.fail(Notice(event.reason.value), event.detail)
            case on.SessionClosed() if self._at.phase in (Phase.CONNECTING, Phase.THINKING):
                self._endings.fail(Notice.LOST, "the service closed the session before it answered")
            case on.SessionClosed() if self._at.phase is Phase.SPEAKING:
                talk.closed = True
                self._at.do(do.FinishReply())
                self._at.extend(max(0.0, talk.heard_until - self._at.now) + self._settings.reply_seconds)
            case on.SessionClosed():
                self._endings.end(Phase.IDLE, _CLOSED)

    def _opened(self, talk: Conversation) -> None:
        if talk.opened:
            return
        talk.opened = True
        talk.listened_until = self._at.now + self._settings.silence_seconds
        talk.own.quiet_since = self._at.now
        self._at.do(do.StartUplink(talk.since))
        self._at.enter(Phase.LISTENING, "session open", self._settings.silence_seconds)

    # -- time ---------------------------------------------------------------------------------------------------

    def _time_passed(self) -> None:
        due = self.deadline
        if due is None or self._at.now < due:
            return
        if self._speculation is not None and self._at.now >= self._speculation.until:
            self._abandon()
            return
        if self._ringing.expired():
            return
        talk = self._at.conversation
        if talk is not None and self._at.now >= talk.ends_at:
            self._endings.too_long()
        elif self._at.now >= self._at.due and (talk is None or not self._turns.expired(talk)):
            self._endings.expire()
