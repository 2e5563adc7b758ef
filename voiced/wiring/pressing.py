"""What buttons do: begin a conversation or end what sounds, switch the microphone, change the volume."""

import asyncio
import logging
from collections.abc import Callable

from voiced.assistant import events as on
from voiced.assistant.events import Event
from voiced.assistant.phases import Phase
from voiced.host.buttons.keypad import Keypad
from voiced.host.buttons.settings import Button, ButtonsSettings
from voiced.wiring.loudness import Loudness

log = logging.getLogger(__name__)


class _Replaced(Exception):  # noqa: N818 (not an error)
    """The configuration has other buttons now."""


class Pressing:
    """Tells `dispatch` what is pressed. `phase` is the speaker's present one, `position` the next capture frame."""

    def __init__(
        self,
        settings: ButtonsSettings,
        loudness: Loudness,
        dispatch: Callable[[Event], None],
        *,
        phase: Callable[[], Phase],
        position: Callable[[], int],
    ) -> None:
        self._settings = self._wanted = settings
        self._loudness = loudness
        self._dispatch = dispatch
        self._phase = phase
        self._position = position
        self._keypad: Keypad | None = None
        self._replaced = asyncio.Event()
        self._percent = 0
        self._turned = asyncio.Event()

    @property
    def keeps_muted(self) -> bool:
        """Whether the switch for muting is on, so that nothing else may switch the microphone on."""
        return self._settings.has_mute_switch and self._keypad is not None and self._keypad.is_closed(Button.MUTE)

    def begin(self) -> None:
        """Take the pins. The microphone is off from now on where its switch says so."""
        keypad = self._other_keypad()
        keypad.open()
        self._use(keypad)

    async def run(self) -> None:
        """Watch until cancelled, then give the pins back."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._turn())
            while True:
                if self._keypad is None:
                    keypad = self._other_keypad()
                    await asyncio.to_thread(keypad.open)  # the first button loads a library, and sound doesn't wait
                    self._use(keypad)
                await self._watch()

    def adopt(self, settings: ButtonsSettings) -> None:
        """Put other buttons in the place of these; where they are the same nothing happens."""
        if settings != self._wanted:
            self._wanted = settings
            self._replaced.set()

    def _other_keypad(self) -> Keypad:
        self._replaced.clear()
        self._settings = self._wanted
        return Keypad(self._settings, self._pressed)

    def _use(self, keypad: Keypad) -> None:
        self._keypad = keypad
        if self.keeps_muted:
            self._dispatch(on.MuteChanged(muted=True))

    async def _watch(self) -> None:
        """Until there are other buttons."""
        keypad = self._keypad
        if keypad is None:
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keypad.run())
                await self._replaced.wait()
                raise _Replaced  # noqa: TRY301 (ends the watch)
        except* _Replaced:
            log.debug("there are other buttons")
        finally:
            keypad.close()  # where the watch had not begun
            self._keypad = None

    def _pressed(self, button: Button, pressed: bool) -> None:  # noqa: FBT001 (a level, as `Report` says)
        switch = button is Button.MUTE and self._settings.has_mute_switch
        if not (pressed or switch):
            return
        log.info("button: %s", f"{button} {'on' if pressed else 'off'}" if switch else button)
        match button:
            case Button.TALK:
                self._dispatch(on.TalkPressed(self._position()))
            case Button.MUTE:
                self._dispatch(on.MuteChanged(muted=pressed if switch else self._phase() is not Phase.MUTED))
            case Button.VOLUME_UP:
                self._turn_by(self._settings.volume_step)
            case Button.VOLUME_DOWN:
                self._turn_by(-self._settings.volume_step)

    def _turn_by(self, percent: int) -> None:
        self._percent += percent
        self._turned.set()

    async def _turn(self) -> None:
        """Change the volume; presses that come meanwhile are taken together."""
        while True:
            await self._turned.wait()
            self._turned.clear()
            volume = min(max(self._loudness.volume + self._percent, 0), 100)
            self._percent = 0
            if volume != self._loudness.volume:
                await self._loudness.set(volume)
