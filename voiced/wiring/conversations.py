"""The daemon's conversations: one at a time, over as many sessions as it takes."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from voiced.assistant.events import (
    Event,
    FailureReason,
    FallbackAwaited,
    LimitReached,
    ReplyFinished,
    SessionClosed,
    SessionFailed,
    SessionOpened,
    SpeechStopped,
    UplinkBegan,
)
from voiced.audio.frames import CAPTURE_RATE, Frame, milliseconds
from voiced.audio.preroll import PreRoll
from voiced.voicelive.budget import Budget
from voiced.voicelive.continuity import Continuity
from voiced.voicelive.credentials import SignIn
from voiced.voicelive.failures import Failure, Remedy
from voiced.voicelive.recorder import Recorder
from voiced.voicelive.session import Session
from voiced.voicelive.spending import Spending
from voiced.voicelive.tap import Tap, ignore
from voiced.wiring.access import Access
from voiced.wiring.course import RESUME_SECONDS, Course
from voiced.wiring.services import OPENING_SHARE, Service
from voiced.wiring.talk import Talk

log = logging.getLogger(__name__)


class Conversations:
    """Opens, feeds and closes conversations as the assistant commands; `dispatch` gets the present one's events.

    Where `service` can't be had, `fallback` answers in its place; `wanted` is called as soon as that is likely, and
    always before it does. `chance` gives random numbers from 0 to 1, `clock` monotonic seconds. `history` gives what
    another session should know of the conversation, `recall` what a conversation with a persona goes on with:
    conversation items. The `budget` counts the service's use, not the fallback's, and may forbid it. The `recorder` is
    given everything that passes.
    """

    def __init__(
        self,
        service: Service,
        pre_roll: PreRoll,
        dispatch: Callable[[Event], None],
        *,
        fallback: Service | None = None,
        budget: Budget | None = None,
        recorder: Recorder | None = None,
        wanted: Callable[[], None] = lambda: None,
        chance: Callable[[], float],
        clock: Callable[[], float],
        resume_seconds: float = RESUME_SECONDS,
    ) -> None:
        self._service = service
        self._fallback = fallback
        self._budget = budget
        self._recorder = recorder
        self._wanted = wanted
        self._pre_roll = pre_roll
        self._dispatch = dispatch
        self._clock = clock
        self._access = Access(service, None if fallback is None else fallback.name, chance, clock, budget)
        self._course = Course(
            service,
            fallback,
            self._access,
            recorder,
            wanted=wanted,
            emit=self._take_present,
            awaited=self._await_fallback,
            seed=self._told,
            position=lambda: self._position,
            clock=clock,
            resume_seconds=resume_seconds,
        )
        self._position = 0
        self._talk: Talk | None = None
        self.history: Callable[[], Sequence[Mapping[str, Any]]] = tuple
        self.recall: Callable[[str], Sequence[Mapping[str, Any]]] = lambda _: ()

    @property
    def session(self) -> Session | None:
        """The present session, for what the assistant sends."""
        return None if self._talk is None else self._talk.session

    @property
    def persona(self) -> str:
        """Who is spoken to, `default` where nobody is."""
        return "default" if self._talk is None else self._talk.persona

    @property
    def sign_in(self) -> SignIn | None:
        """What the owner has to do before the service lets the speaker in."""
        return self._service.credential.sign_in

    # -- what the assistant commands ------------------------------------------------------------------------------

    def open(self, persona: str, *, certain: bool) -> Talk:
        """A conversation in place of the one before, for `live`."""
        self.close()
        spending = Spending(self._budget, self._clock, lambda reached: self._limited(talk, reached))
        self._talk = talk = Talk(persona, certain, spending)
        if self._recorder is not None:
            self._recorder.begin(persona, certain=certain)
        return talk

    def confirm(self) -> None:
        """The wake word that the present conversation was opened for is certain."""
        if self._talk is not None:
            self._talk.certain = True
            self._await_fallback(self._talk)
            self._tell_fallback(self._talk)

    def start_uplink(self, since: int) -> None:
        """Send what the pre-roll has from a capture frame index on; live sound follows without a gap."""
        talk = self._talk
        if talk is not None:
            talk.since = since
            talk.continuity = Continuity(since)
            if talk.live:
                self._send_from(talk, since)
            else:  # the session broke a moment ago: another is on its way
                talk.resume = since

    def hear(self, frame: Frame, *, deaf: bool) -> None:
        """Send a live frame where the uplink is open; as silence where the speaker is to be deaf."""
        self._position = frame.position + frame.frames
        talk = self._talk
        if talk is not None and talk.uplink_open:
            talk.send(frame.silenced() if deaf else frame)

    def tools_changed(self) -> None:
        """Tell the present session of other tools."""
        talk = self._talk
        if talk is not None and talk.session is not None and talk.service is not None:
            talk.session.set_tools(talk.service.request(talk.persona).get("tools", ()))

    def close(self) -> None:
        """End the present conversation, if there is one."""
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.over.set()
            if talk.session is not None:
                talk.session.close()

    async def keep_credential(self) -> None:
        """Have what is shown to the service ready before it is needed, until cancelled."""
        await self._service.credential.run()

    async def watch(self) -> None:
        """While the fallback stands in for the service, look from time to time whether it is back."""
        await self._access.watch(busy=lambda: self._talk is not None)

    @property
    def needs_fallback(self) -> bool:
        """Whether the fallback answers, or would the next time."""
        return self._access.out or (self._talk is not None and self._talk.service is self._fallback)

    def status(self) -> Mapping[str, Any]:
        """Who answers, and what is wrong with the service if anything is."""
        return {**self._access.status(), "mcp_servers": self._service.remote.status()}

    async def aside(
        self, hold: Callable[[Service, Tap], Awaitable[Failure | None]], limited: Callable[[str], None]
    ) -> Failure | None:
        """Have a session held beside the conversation: with the service, and where that fails with the fallback.

        `limited` is told which limit of the budget it reached: it has to end.
        """
        failure = self._access.blocked()
        if failure is None:
            failure = await self._access.admit(self._clock() + self._service.target.connect_seconds, certain=True)
        if failure is None:
            with Spending(self._budget, self._clock, limited).metered() as tap:
                failure = await hold(self._service, tap)
            if failure is None:
                self._access.back()
                return None
            await self._access.again(failure, self._clock())
        if self._fallback is None:
            return failure
        self._wanted()
        return None if await hold(self._fallback, ignore) is None else failure

    # -- a conversation's life ------------------------------------------------------------------------------------

    async def live(self, talk: Talk) -> None:
        """A conversation's whole life. Raises nothing but cancellation."""
        try:
            failure = await self._course.converse(talk)
        except Exception as error:  # a defect of ours: the conversation ends, the listening doesn't
            log.exception("the conversation broke; please report this")
            failure = Failure(FailureReason.LOST, Remedy.GIVE_UP, str(error))
        if talk is self._talk:
            self._talk = None
            self._dispatch(SessionClosed() if failure is None else failure.event())

    def _await_fallback(self, talk: Talk) -> None:
        """Who is certain to be there waits for the fallback to start: what they said is kept."""
        if self._fallback is not None and talk.service is self._fallback and talk.certain and not talk.opened:
            self._dispatch(FallbackAwaited(self._fallback.target.connect_seconds / OPENING_SHARE))

    def _tell_fallback(self, talk: Talk) -> None:
        """Who is certain to be there has to know who answers; once an outage."""
        if not (talk.certain and talk.opened) or talk.service is not self._fallback:
            return
        news = self._access.news()
        if news is not None:
            self._dispatch(news)

    def _limited(self, talk: Talk, reached: str) -> None:
        """A conversation may use no more."""
        if talk is self._talk:
            self._dispatch(LimitReached(reached))

    # -- sound and events -----------------------------------------------------------------------------------------

    def _told(self) -> Sequence[Mapping[str, Any]]:
        return self.history()

    def _take_present(self, talk: Talk, event: Event) -> None:
        """Take an event of a session, unless its conversation is over."""
        if talk is self._talk:
            self._take(talk, event)

    def _take(self, talk: Talk, event: Event) -> None:
        """Pass a session's event on. How sessions end is for the course to judge."""
        match event:
            case SessionClosed() | SessionFailed():
                return
            case SessionOpened():
                talk.live = True
                if talk.service is self._service:
                    self._access.back()
                if talk.opened:  # the conversation goes on, and the assistant need not know
                    self._go_on(talk)
                    return
                talk.opened = True
            case UplinkBegan() if talk.began:
                return
            case UplinkBegan():
                talk.began = True
            case SpeechStopped(audio_end_ms=int(end)):
                event = replace(event, audio_end_ms=end + milliseconds(talk.behind, CAPTURE_RATE))
        if talk.service is not None:
            talk.service.remote.feed(event)
        talk.continuity.feed(event, self._position)
        self._dispatch(event)
        if isinstance(event, SessionOpened):
            self._tell_fallback(talk)

    def _go_on(self, talk: Talk) -> None:
        """Another session took over, which hears nothing before the wake word is certain."""
        left = talk.continuity.leave_unasked()
        if left:
            self._dispatch(ReplyFinished(left, "cancelled"))
        if talk.since is not None:
            self._send_from(talk, self._position if talk.resume is None else talk.resume)
        self._tell_fallback(talk)

    def _send_from(self, talk: Talk, position: int) -> None:
        if talk.start is None and talk.session is not None:  # later sessions are told with their opening
            for item in self.recall(talk.persona):
                talk.session.send_item(item)
        talk.start = position
        for frame in self._pre_roll.since(position):
            talk.send(frame)
        talk.uplink_open = True
