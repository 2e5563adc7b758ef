"""What buttons do: begin a conversation or end what sounds, switch the microphone, change the volume."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from voiced import cancelling
from voiced.assistant import events as on
from voiced.assistant.commands import Chime
from voiced.assistant.events import Event
from voiced.assistant.phases import CONVERSATION, Phase
from voiced.host.buttons.keypad import COMMANDS, Keypad
from voiced.host.buttons.settings import Button, ButtonsSettings
from voiced.wiring.loudness import Loudness

log = logging.getLogger(__name__)

OPENING_SECONDS = 15.0
"""How long a reload waits at most for other buttons, whose library may have to be loaded."""


class _Replaced(Exception):  # noqa: N818 (not an error)
    """The configuration has other buttons now."""


class Pressing:
    """Tells `dispatch` what is pressed, and with `chime` the user what came of it.

    `phase` is the speaker's present one, `position` the next capture frame, `sounding` whether anything is heard.
    """

    def __init__(
        self,
        settings: ButtonsSettings,
        loudness: Loudness,
        dispatch: Callable[[Event], None],
        *,
        phase: Callable[[], Phase],
        position: Callable[[], int],
        sounding: Callable[[], bool],
        chime: Callable[[Chime], None],
    ) -> None:
        self._settings = self._wanted = settings
        self._loudness = loudness
        self._dispatch = dispatch
        self._phase = phase
        self._position = position
        self._sounding = sounding
        self._chime = chime
        self._keypad: Keypad | None = None
        self._replaced = asyncio.Event()
        self._settled = asyncio.Event()
        self._volume: int | None = None
        self._turned = asyncio.Event()

    @property
    def keeps_muted(self) -> bool:
        """Whether the switch for muting is on, so that nothing else may switch the microphone on."""
        return self.decides and self._keypad is not None and self._keypad.is_closed(Button.MUTE)

    @property
    def decides(self) -> bool:
        """Whether a switch says if the microphone is on, and can be read."""
        return self._settings.has_mute_switch and self._reads_mute

    @property
    def way_to_unmute(self) -> str:
        """How the microphone is switched on again, for people; with the buttons that there are now."""
        if not self._reads_mute:
            return "type voiced unmute on the speaker"
        return "move its switch to and fro" if self.decides else "press its button"

    @property
    def _reads_mute(self) -> bool:
        return self._keypad is not None and self._keypad.reads(Button.MUTE)

    def begin(self, *, muted: bool = False) -> None:
        """Take the pins. The microphone is off from now on where its switch says so.

        `muted` says whether it was off before the speaker started, which is so until somebody switches it on.
        """
        keypad = self._made()
        keypad.open()
        self._use(keypad, muted=muted)

    async def run(self) -> None:
        """Watch until cancelled, then give the pins back."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._turn())
            while True:
                await self._watch(self._keypad or await self._renewed())

    def adopt(self, settings: ButtonsSettings) -> None:
        """Put other buttons in the place of these; where they are the same and can all be read, nothing happens."""
        if settings != self._wanted or self._faults:
            self._wanted = settings
            self._settled.clear()
            self._replaced.set()

    async def unreadable(self) -> Mapping[str, str]:
        """The keys of the buttons that can't be read, with the reason and the fix; waits for those that are adopted."""
        try:
            async with asyncio.timeout(OPENING_SECONDS):
                await self._settled.wait()
        except TimeoutError:
            return {"buttons": "their pins are still being opened; the journal will say where one can't be"}
        return {f"buttons.{button}": fault for button, fault in self._faults.items()}

    @property
    def _faults(self) -> Mapping[Button, str]:
        return {} if self._keypad is None else self._keypad.faults.copy()  # its thread may add to them

    async def _renewed(self) -> Keypad:
        keypad = self._made()
        await asyncio.to_thread(keypad.open)  # the first button loads a library, and sound doesn't wait
        self._use(keypad, muted=self._phase() is Phase.MUTED)
        return keypad

    def _made(self) -> Keypad:
        self._replaced.clear()
        self._settings = self._wanted
        return Keypad(self._settings, self._pressed)

    def _use(self, keypad: Keypad, *, muted: bool) -> None:
        self._keypad = keypad
        if self._settings.has_mute_switch and not self.decides:
            log.warning(
                "The mute switch can't be read: the microphone stays %s, as it was left, wherever the switch is. %s "
                "Mend what the line above says, then: sudo systemctl restart voiced",
                "off" if muted else "on",
                COMMANDS,
            )
        if self.keeps_muted:
            self._dispatch(on.MuteChanged(muted=True, reason="microphone off by its switch"))
        if not self._replaced.is_set():  # else others are wanted by now
            self._settled.set()

    async def _watch(self, keypad: Keypad) -> None:
        """Until there are other buttons."""
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
        cancelling.pass_on()  # not within `except*`, which would wrap it

    def _pressed(self, button: Button, pressed: bool) -> None:  # noqa: FBT001 (a level, as `Report` says)
        switch = button is Button.MUTE and self._settings.has_mute_switch
        if not (pressed or switch):
            return
        log.info("button: %s", f"{button} {'on' if pressed else 'off'}" if switch else button)
        match button:
            case Button.TALK:
                self._dispatch(on.TalkPressed(self._position()))
            case Button.MUTE:
                self._mute(pressed if switch else self._phase() is not Phase.MUTED)
            case Button.VOLUME_UP:
                self._turn_by(self._settings.volume_step)
            case Button.VOLUME_DOWN:
                self._turn_by(-self._settings.volume_step)

    def _mute(self, muted: bool) -> None:  # noqa: FBT001 (a level, too)
        before = self._phase()
        what = "switch" if self._settings.has_mute_switch else "button"
        self._dispatch(on.MuteChanged(muted=muted, reason=f"microphone {'off' if muted else 'on'} by its {what}"))
        if Phase.MUTED in (before, self._phase()) and before is not self._phase():
            self._chime(Chime.MUTE if muted else Chime.UNMUTE)

    def _turn_by(self, percent: int) -> None:
        volume = self._loudness.volume if self._volume is None else self._volume
        self._volume = min(max(volume + percent, 0), 100)
        self._turned.set()

    async def _turn(self) -> None:
        """Change the volume; presses that come meanwhile are taken together."""
        while True:
            await self._turned.wait()
            self._turned.clear()
            volume, self._volume = self._volume, None
            if volume is not None and volume != self._loudness.volume:
                await self._loudness.set(volume)
            if self._phase() not in CONVERSATION and not self._sounding():  # else it is heard, or would be overheard
                self._chime(Chime.VOLUME)
