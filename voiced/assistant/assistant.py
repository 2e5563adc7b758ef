"""The assistant: which phase the speaker is in, and what each event makes it do."""

import logging
from collections.abc import Callable

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.commands import Chime, Command, Notice
from voiced.assistant.conversation import Conversation
from voiced.assistant.events import Event
from voiced.assistant.phases import CONVERSATION, TRANSITIONS, Phase
from voiced.assistant.settings import ConversationSettings
from voiced.assistant.speculation import Allowance, Speculation

log = logging.getLogger(__name__)

_CAPTURE_FRAMES_PER_MS = 16
_PLAYBACK_BYTES_PER_SECOND = 48_000
_STARTING_SECONDS = 30.0
_ALERTING_SECONDS = 30.0
_SPECULATION_SECONDS = 1.5
_LATE_REPLY_SECONDS = 2.0
_NO_DEADLINE = float("inf")
_RACES = frozenset({"response_cancel_not_active", "input_audio_buffer_commit_empty"})
_ALREADY_RESPONDING = "conversation_already_has_active_response"


class IllegalTransitionError(RuntimeError):
    """A step that `TRANSITIONS` does not allow: a defect of ours, never the user's."""


class Assistant:
    """Sans-I/O core: `handle` an event at a time, carry out the commands it returns, call again at `deadline`.

    Times are seconds of one monotonic clock that the caller reads; `pause_ms` is the pause that ends a user's turn.
    """

    def __init__(self, settings: ConversationSettings, now: float, pause_ms: float = 500) -> None:
        self._settings = settings
        self._pause_ms = pause_ms
        self._phase = Phase.STARTING
        self._deadline = now + _STARTING_SECONDS
        self._conversation: Conversation | None = None
        self._speculation: Speculation | None = None
        self._deaf = ""
        self._allowance = Allowance(settings.speculative_connects_per_minute)
        self._commands: list[Command] = []
        self._now = now

    @property
    def phase(self) -> Phase:
        """What the speaker is doing."""
        return self._phase

    @property
    def deadline(self) -> float | None:
        """When `TimePassed` is due, or None where the phase may last for ever."""
        due = self._deadline
        if self._conversation is not None:
            due = min(due, self._conversation.ends_at)
        if self._speculation is not None:
            due = min(due, self._speculation.until)
        return None if due == _NO_DEADLINE else due

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event at `now`; return what is to be done, in order.

        Events that make no sense in the present phase (late, duplicate, of a closed session) are ignored.
        """
        self._now = now
        self._commands = []
        self._react(event)
        return self._commands

    def _react(self, event: Event) -> None:  # noqa: C901, PLR0912 (a flat table of events reads best whole)
        match event:
            case on.Started() | on.MicrophoneRecovered():
                self._deaf = ""
                if self._phase in (Phase.STARTING, Phase.FAULTED):
                    self._enter(Phase.IDLE, "listening for the wake word")
            case on.MicrophoneLost():
                self._deaf = event.reason
                if self._phase is not Phase.MUTED:  # whose light and promise come first
                    self._abandon()
                    self._do(do.Flush())
                    self._end_conversation(Phase.FAULTED, event.reason)
            case on.MuteChanged():
                self._mute(event)
            case on.WakeWordSuspected():
                self._suspect(event.persona)
            case on.WakeWordDetected():
                self._wake(event.persona, event.position, f"heard {event.word} ({event.score:.2f})", event)
            case on.ListenRequested():
                self._wake("default", event.position, "asked to listen")
            case on.StopRequested():
                self._stop("asked to stop")
            case on.StopWordHeard():
                self._stop(f"heard {event.phrase!r} ({event.fit:.2f})")
            case on.TimePassed():
                self._time_passed()
            case on.SignInRequested() if self._phase is Phase.IDLE:
                self._abandon()
                self._enter(Phase.ALERTING, "sign in", _ALERTING_SECONDS)
                self._do(do.SayNotice(Notice.SIGN_IN, f"open {event.address} and enter the code {event.code}"))
            case on.NoticeFinished() if self._phase is Phase.ALERTING:
                self._enter(Phase.IDLE, "notice heard")
            case on.SessionOpened() | on.SessionFailed() | on.SessionClosed() if self._conversation is not None:
                self._session_changed(event, self._conversation)
            case _ if self._conversation is not None and self._conversation.opened:
                self._converse(event, self._conversation)
            case on.SessionOpened() if self._speculation is not None:
                self._speculation.opened = True
            case on.SessionFailed() | on.SessionClosed() if self._speculation is not None:
                self._speculation = None  # nobody was promised anything; a certain wake word tries again
            case _:
                log.debug("ignored in %s: %s", self._phase, type(event).__name__)

    def _converse(self, event: Event, talk: Conversation) -> None:  # noqa: C901, PLR0912 (likewise)
        match event:
            case on.SpeechStarted():
                talk.turn = event.item_id
                self._user_began(talk)
            case on.SpeechStopped():
                self._user_ended(event, talk)
            case on.ReplyStarted():
                talk.responding = event.response_id
                talk.reply_owed = talk.reply_awaited = False
                if self._phase is Phase.FOLLOWING_UP or (self._may_answer(talk) and not talk.turn_is_wake_word):
                    self._enter(Phase.THINKING, "the service replies", self._settings.reply_seconds)
            case on.UserTranscribed():
                self._transcribed(event, talk)
            case on.ReplyAudioReceived():
                self._reply_audio(event, talk)
            case on.ReplyAudioFinished():
                if event.response_id not in talk.dropped:
                    self._do(do.FinishReply())
            case on.FunctionCalled():
                talk.proven = True
                if self._may_answer(talk):
                    self._enter(Phase.THINKING, "the service calls a tool", self._settings.reply_seconds)
                if talk.begin_call(event):
                    if self._phase in (Phase.THINKING, Phase.SPEAKING):
                        self._deadline = _NO_DEADLINE  # a tool has its own
                    self._do(do.RunTool(event.call_id, event.name, event.arguments))
            case on.ToolFinished():
                if talk.end_call(event.call_id):
                    self._do(do.SendToolOutput(event.call_id, event.output))
                    if not talk.tools_running:
                        self._owe_reply(talk)
            case on.ReplyFinished():
                self._reply_finished(event, talk)
            case on.PlaybackFlushed() if event.item_id:
                self._do(do.TruncateReply(event.item_id, event.played_ms))
            case on.PlaybackFinished():
                talk.heard_until = self._now
                self._turn_over(talk)
            case on.ServiceComplained():
                self._complaint(event, talk)
            case _:
                log.debug("nothing to do in %s for %s", self._phase, type(event).__name__)

    # -- the owner ----------------------------------------------------------------------------------------------

    def _suspect(self, persona: str) -> None:
        """Begin to connect while the wake word's score is rising; say nothing, send nothing."""
        if self._phase is not Phase.IDLE:
            return
        until = self._now + _SPECULATION_SECONDS
        if self._speculation is not None and self._speculation.persona == persona:
            self._speculation.until = until
        elif self._speculation is None and self._allowance.take(self._now):
            self._speculation = Speculation(persona, until)
            self._do(do.PrepareSession(persona))

    def _abandon(self) -> None:
        if self._speculation is not None:
            self._speculation = None
            self._do(do.AbandonSession())

    def _wake(self, persona: str, position: int, reason: str, by: on.WakeWordDetected | None = None) -> None:
        if self._phase not in (Phase.IDLE, Phase.ALERTING):
            log.debug("wake ignored in %s", self._phase)
            return
        if self._phase is Phase.ALERTING:
            self._do(do.Flush())
        since = max(0, position - self._settings.lead_ms * _CAPTURE_FRAMES_PER_MS)
        self._conversation = Conversation(persona, since, self._now + self._settings.max_minutes * 60, by)
        self._enter(Phase.CONNECTING, reason, self._settings.connect_seconds)
        self._do(do.PlayChime(Chime.WAKE, "" if by is None else by.word))
        prepared = self._speculation
        if prepared is not None and prepared.persona == persona:
            self._speculation = None
            if prepared.opened:
                self._opened(self._conversation)
        else:
            self._abandon()
            self._do(do.OpenSession(persona))

    def _stop(self, reason: str) -> None:
        if self._phase in CONVERSATION or self._phase is Phase.ALERTING:
            self._do(do.Flush())
            self._end_conversation(Phase.IDLE, reason)

    def _mute(self, event: on.MuteChanged) -> None:
        if event.muted and self._phase is not Phase.MUTED:
            self._abandon()
            self._do(do.Flush())
            self._end_conversation(Phase.MUTED, "microphone off")
        elif not event.muted and self._phase is Phase.MUTED:
            if self._deaf:
                self._enter(Phase.FAULTED, self._deaf)
            else:
                self._enter(Phase.IDLE, "microphone on")

    # -- the session --------------------------------------------------------------------------------------------

    def _session_changed(
        self, event: on.SessionOpened | on.SessionFailed | on.SessionClosed, talk: Conversation
    ) -> None:
        match event:
            case on.SessionOpened():
                self._opened(talk)
            case on.SessionFailed():
                self._fail(Notice(event.reason.value), event.detail)
            case on.SessionClosed() if self._phase in (Phase.CONNECTING, Phase.THINKING):
                self._fail(Notice.LOST, "the service closed the session before it answered")
            case on.SessionClosed():
                self._end_conversation(Phase.IDLE, "session closed by the service")

    def _opened(self, talk: Conversation) -> None:
        if talk.opened:
            return
        talk.opened = True
        talk.listened_until = self._now + self._settings.silence_seconds
        self._do(do.StartUplink(talk.since))
        self._enter(Phase.LISTENING, "session open", self._settings.silence_seconds)

    def _user_began(self, talk: Conversation) -> None:
        """Barge-in or an ordinary turn: either way the speaker falls silent at once (voice-live §5.5)."""
        talk.user_speaking = True
        if talk.responding is not None:
            talk.dropped.add(talk.responding)
        talk.heard_until = self._now
        self._do(do.Flush())
        if self._phase is Phase.LISTENING:
            self._deadline = self._now + self._settings.speech_seconds
        else:
            self._enter(Phase.LISTENING, "speech started", self._settings.speech_seconds)

    def _user_ended(self, event: on.SpeechStopped, talk: Conversation) -> None:
        """A turn that was the wake word's own end is none, unless words or a call prove that more was in it."""
        talk.user_speaking = False
        talk.reply_awaited = True
        spoken_ms = None if event.audio_end_ms is None else event.audio_end_ms - self._pause_ms
        talk.turn_is_wake_word = spoken_ms is not None and talk.only_wake_word(spoken_ms)
        if self._phase is not Phase.LISTENING:
            return
        if talk.turn_is_wake_word:
            self._deadline = max(talk.listened_until, self._now + _LATE_REPLY_SECONDS)
        else:
            self._enter(Phase.THINKING, "end of speech", self._settings.reply_seconds)

    def _may_answer(self, talk: Conversation) -> bool:
        """Whether the speaker listens still and the user's turn is over."""
        return self._phase is Phase.LISTENING and not talk.user_speaking

    def _transcribed(self, event: on.UserTranscribed, talk: Conversation) -> None:
        """Words prove a wake; a turn without any leaves the speaker waiting for the first, as if it had not been."""
        if talk.says_something(event.text):
            talk.proven = True
            if event.item_id == talk.turn and talk.turn_is_wake_word and self._may_answer(talk):
                self._enter(Phase.THINKING, "end of speech", self._settings.reply_seconds)
        elif event.item_id == talk.turn and self._phase is Phase.THINKING and not talk.proven and not talk.responding:
            self._await_words(talk)

    def _await_words(self, talk: Conversation) -> None:
        talk.reply_awaited = False
        until = max(talk.listened_until, self._now + _LATE_REPLY_SECONDS)
        self._enter(Phase.LISTENING, "no words yet", until - self._now)

    def _reply_audio(self, event: on.ReplyAudioReceived, talk: Conversation) -> None:
        if event.response_id in talk.dropped:
            return
        if talk.turn_is_wake_word and not talk.proven:
            talk.dropped.add(event.response_id)
            self._do(do.CancelReply())
            return
        talk.proven = True
        talk.heard_until = max(talk.heard_until, self._now) + len(event.data) / _PLAYBACK_BYTES_PER_SECOND
        self._do(do.Play(event.item_id, event.data))
        due = talk.heard_until + self._settings.reply_seconds
        if self._phase is Phase.SPEAKING:
            self._deadline = due
        else:
            self._enter(Phase.SPEAKING, "reply begins", due - self._now)

    def _reply_finished(self, event: on.ReplyFinished, talk: Conversation) -> None:
        if talk.responding == event.response_id:
            talk.responding = None
        dropped = event.response_id in talk.dropped
        talk.dropped.discard(event.response_id)
        if not dropped:
            self._do(do.FinishReply())
        if event.status == "failed" and not dropped:
            log.warning("the service failed to reply: %s", event.detail or "no reason given")
            self._fail(Notice.NO_REPLY, event.detail)
            return
        if talk.reply_owed and not talk.tools_running:
            self._owe_reply(talk)
        else:
            self._turn_over(talk)

    def _owe_reply(self, talk: Conversation) -> None:
        """Ask for one reply to all tool outputs: after the response under way, and not while the user speaks.

        The service answers a user's turn by itself, and then has the outputs in its history.
        """
        if talk.user_speaking:
            return
        if talk.responding is not None:
            talk.reply_owed = True
            return
        talk.reply_owed = False
        talk.reply_awaited = True
        self._do(do.RequestReply())
        if self._phase is Phase.SPEAKING:
            self._deadline = max(talk.heard_until, self._now) + self._settings.reply_seconds
        elif self._phase is Phase.THINKING:
            self._deadline = self._now + self._settings.reply_seconds
        else:
            self._enter(Phase.THINKING, "tools answered", self._settings.reply_seconds)

    def _turn_over(self, talk: Conversation) -> None:
        """Where nothing more is owed and all was heard, open the follow-up window."""
        if self._phase not in (Phase.SPEAKING, Phase.THINKING) or talk.heard_until > self._now:
            return
        if talk.busy:
            if self._phase is Phase.SPEAKING and talk.responding is None:
                self._enter(Phase.THINKING, "waiting for a tool")
            return
        if not talk.proven and talk.woken_by is not None:
            self._await_words(talk)
        elif self._settings.follow_up_seconds == 0:
            self._end_conversation(Phase.IDLE, "reply heard")
        else:
            self._enter(Phase.FOLLOWING_UP, "reply heard", self._settings.follow_up_seconds)

    def _complaint(self, event: on.ServiceComplained, talk: Conversation) -> None:
        if event.code == _ALREADY_RESPONDING:
            talk.reply_owed = True
        elif event.code not in _RACES:
            log.warning("the service complains: %s (%s)", event.message, event.code or "no code")

    # -- endings ------------------------------------------------------------------------------------------------

    def _time_passed(self) -> None:
        due = self.deadline
        if due is None or self._now < due:
            return
        if self._speculation is not None and self._now >= self._speculation.until:
            self._abandon()
            return
        talk = self._conversation
        if talk is not None and self._now >= talk.ends_at:
            self._do(do.Flush())
            self._do(do.PlayChime(Chime.DONE))
            self._end_conversation(Phase.IDLE, "the longest conversation allowed")
            return
        self._expire()

    def _expire(self) -> None:
        match self._phase:
            case Phase.STARTING:
                self._enter(Phase.FAULTED, "no sound from the microphone since the start")
            case Phase.CONNECTING:
                self._fail(Notice.TIMED_OUT, f"no session within {self._settings.connect_seconds:g} s")
            case Phase.LISTENING | Phase.FOLLOWING_UP:
                self._nobody_spoke()
            case Phase.THINKING | Phase.SPEAKING:
                self._fail(Notice.NO_REPLY, f"no reply for {self._settings.reply_seconds:g} s")
            case _:
                self._enter(Phase.IDLE, "notice abandoned")

    def _nobody_spoke(self) -> None:
        """End the conversation; one that never came to a word was a false wake, and ends without a sound."""
        talk = self._conversation
        word = None if talk is None or talk.proven or talk.user_speaking else talk.woken_by
        if word is None:
            self._do(do.PlayChime(Chime.DONE))
            endless = talk is not None and talk.user_speaking
            self._end_conversation(Phase.IDLE, "the longest sentence allowed" if endless else "nobody spoke")
            return
        self._do(do.ReportFalseWake(word.word, word.position))
        self._end_conversation(Phase.IDLE, f"false wake: {word.word} ({word.score:.2f}), and nobody spoke")

    def _fail(self, notice: Notice, detail: str) -> None:
        """End the conversation and tell the user why, aloud."""
        self._do(do.Flush())
        self._end_conversation(Phase.ALERTING, notice.value.replace("_", " "))
        self._deadline = self._now + _ALERTING_SECONDS
        self._do(do.PlayChime(Chime.ERROR))
        self._do(do.SayNotice(notice, detail))

    def _end_conversation(self, phase: Phase, reason: str) -> None:
        if self._conversation is not None:
            self._conversation = None
            self._do(do.CloseSession())
        if self._phase is not phase:
            self._enter(phase, reason)

    def _enter(self, phase: Phase, reason: str, seconds: float = _NO_DEADLINE) -> None:
        """The only place where the phase changes."""
        if phase not in TRANSITIONS[self._phase]:
            raise IllegalTransitionError(f"{self._phase} -> {phase} ({reason})")
        self._phase = phase
        self._deadline = self._now + seconds
        self._do(do.ShowPhase(phase, reason))

    @property
    def _do(self) -> Callable[[Command], None]:
        return self._commands.append
