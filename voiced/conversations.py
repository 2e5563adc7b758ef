"""The daemon's sessions: one at a time, with the pre-roll first and then the live sound."""

import logging
from collections.abc import Callable

from voiced.assistant.events import Event, FailureReason, SessionFailed
from voiced.audio.frames import Frame
from voiced.audio.preroll import PreRoll
from voiced.config.schema import VoicedSettings
from voiced.config.secrets import SecretError, resolve
from voiced.tools.registry import Registry
from voiced.voicelive.request import CLIENT_REFERENCE_QUERY, Function, request_session
from voiced.voicelive.session import Session, Target

log = logging.getLogger(__name__)


class Conversations:
    """Opens, feeds and closes sessions as the assistant commands; `dispatch` gets the present session's events.

    `embedded` is the address and the key of the cascade on this device, where that is what is talked to.
    """

    def __init__(
        self,
        settings: VoicedSettings,
        registry: Registry,
        pre_roll: PreRoll,
        embedded: tuple[str, str] | None,
        dispatch: Callable[[Event], None],
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._pre_roll = pre_roll
        self._embedded = embedded
        self._dispatch = dispatch
        self._uplink_open = False
        self.session: Session | None = None

    def open(self, persona: str) -> Session | None:
        """A session in place of the one before, for `live`; None, with a failure dispatched, without a key."""
        self.close()
        try:
            target = self._target()
        except SecretError as error:
            self._dispatch(SessionFailed(FailureReason.REFUSED, str(error)))
            return None

        def emit(event: Event) -> None:
            if self.session is session:  # a closed session's last words are not about the present one
                self._dispatch(event)

        self.session = session = Session(target, self._request(persona), emit)
        return session

    async def live(self, session: Session) -> None:
        """A session's whole life. Raises nothing but cancellation."""
        try:
            await session.run()
        except Exception as error:  # a defect of ours: the conversation ends, the listening doesn't
            log.exception("the session broke; please report this")
            if self.session is session:
                self._dispatch(SessionFailed(FailureReason.LOST, str(error)))

    def start_uplink(self, since: int) -> None:
        """Send what the pre-roll has from a capture frame index on; live sound follows without a gap."""
        if self.session is not None:
            for frame in self._pre_roll.since(since):
                self.session.send_audio(frame.data)
            self._uplink_open = True

    def hear(self, frame: Frame, *, deaf: bool) -> None:
        """Send a live frame where the uplink is open; as silence where the speaker is to be deaf."""
        if self._uplink_open and self.session is not None:
            self.session.send_audio(bytes(len(frame.data)) if deaf else frame.data)

    def close(self) -> None:
        """End the present session, if there is one."""
        session, self.session, self._uplink_open = self.session, None, False
        if session is not None:
            session.close()

    def _request(self, persona: str) -> dict[str, object]:
        settings = self._settings
        functions = [
            Function(tool.name, tool.description, dict(tool.parameters)) for tool in self._registry.definitions()
        ]
        return request_session(settings.voice_live, settings.persona(persona), settings.speaker.locale, functions)

    def _target(self) -> Target:
        """Where to connect. Raises `SecretError`."""
        service = self._settings.voice_live
        if self._embedded is not None:
            endpoint, key = self._embedded
        else:
            credential = service.credential
            endpoint, key = service.endpoint, "" if credential is None else resolve(credential.api_key)
        reference = service.echo_reference == "client"
        return Target(
            endpoint,
            key,
            service.model,
            service.api_version,
            self._settings.conversation.connect_seconds,
            query=CLIENT_REFERENCE_QUERY if reference else {},
            channels=2 if reference else 1,
        )
