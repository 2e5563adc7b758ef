"""One conversation, from its opening to its end, over as many sessions as it takes."""

import asyncio
from dataclasses import dataclass, field

from voiced.audio.frames import Frame
from voiced.voicelive.continuity import Continuity
from voiced.voicelive.session import Session
from voiced.voicelive.spending import Spending
from voiced.wiring.services import Service


@dataclass(slots=True, eq=False)
class Talk:
    """One conversation, from its opening to its end, whoever answers.

    Attributes:
        persona: who is spoken to.
        certain: the wake word is certain; else nobody was promised anything yet.
        spending: what it uses of the service.
        session: the present one.
        service: who answers in it.
        opened: the assistant has been told that a session is open.
        began: it has been told that sound is on the wire.
        live: the present session is open.
        uplink_open: live sound is sent.
        since: the capture frame with which the uplink began; None while the user was promised nothing, and is not
            listened to, whatever session is open.
        start: the capture frame with which the present session's sound begins; None before there was any.
        continuity: from where on another session should hear.
        resume: the capture frame from which the next session is to hear; None where no other may take over.
        over: it has been closed from our side.
        wanted: the fallback was asked to be ready.
    """

    persona: str
    certain: bool
    spending: Spending
    session: Session | None = None
    service: Service | None = None
    opened: bool = False
    began: bool = False
    live: bool = False
    uplink_open: bool = False
    since: int | None = None
    start: int | None = None
    continuity: Continuity = field(default_factory=lambda: Continuity(0))
    resume: int | None = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: bool = False

    @property
    def can_go_on(self) -> bool:
        """Whether another session may take over: nothing was promised yet, or the turn can be heard again."""
        return not self.opened or self.resume is not None

    @property
    def behind(self) -> int:
        """The capture frames by which the present session's sound begins after the uplink did."""
        return 0 if self.start is None or self.since is None else self.start - self.since

    def send(self, frame: Frame) -> None:
        """Queue a frame for who answers now, with the channels that they take."""
        if self.session is None or self.service is None:
            return
        if self.service.target.channels == 1:
            self.session.send_audio(frame.data if frame.channels == 1 else frame.samples.tobytes())
        else:
            self.session.send_audio(frame.data)
