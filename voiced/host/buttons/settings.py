"""The buttons' part of the configuration: `buttons:` of voiced.yaml."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from voiced.gpio import BcmNumber
from voiced.settings import Mistakes, Settings

_PULLED_UP = (2, 3)
"""Pins with a resistor on the board, for I2C."""


class Button(StrEnum):
    """What a button is for."""

    TALK = "talk"
    MUTE = "mute"
    VOLUME_UP = "volume_up"
    VOLUME_DOWN = "volume_down"


class ButtonSettings(Settings):
    """How a button is wired."""

    pin: BcmNumber
    """Its GPIO's Broadcom (BCM) number, 0 to 27."""
    pull: Literal["up", "down", "none"] = "up"
    """The Pi's own resistor: `up` for a button between the pin and ground, `down` for one between the pin and 3.3 V,
    `none` where the board has a resistor of its own."""
    active_high: bool | None = None
    """true where the pin is high while the button is pressed; left out: true with `pull: down`, else false."""
    bounce_ms: int = Field(default=20, ge=0, le=500)
    """A contact chatters when it is moved: a position counts once it has lasted this long."""

    @model_validator(mode="after")
    def _has_that_resistor(self) -> Self:
        if self.pin in _PULLED_UP and self.pull != "up":
            raise Mistakes([(("pull",), f"GPIO {self.pin} has a resistor on the board, which pulls it up")])
        return self

    @property
    def closed_level(self) -> bool:
        """The pin's level while the button is pressed."""
        return self.pull == "down" if self.active_high is None else self.active_high


class MuteSettings(ButtonSettings):
    """How the button or switch that mutes is wired."""

    switch: bool = False
    """true for a switch that stays where it is put: its position is what counts, from the start on, and while it is on
    nothing else switches the microphone on; where it can't be read, the microphone stays as it was left. false for a
    push button: each press changes between off and on."""


def _form(value: object) -> str:
    return "wiring" if isinstance(value, Mapping | BaseModel) else "pin"


_Pin = Annotated[BcmNumber, Tag("pin")]
_PinOrButton = Annotated[_Pin | Annotated[ButtonSettings, Tag("wiring")], Discriminator(_form)]
_PinOrMute = Annotated[_Pin | Annotated[MuteSettings, Tag("wiring")], Discriminator(_form)]


class ButtonsSettings(Settings):
    """Buttons and switches on GPIO pins. A number is enough for a button between that pin and ground."""

    talk: _PinOrButton | None = None
    """Press it and speak, without the wake word. While something rings, it stops the ringing; during a conversation or
    anything else that is said, it ends that; while the microphone is off, it does no more than that. 17 on a ReSpeaker
    2-Mics Pi HAT, 23 on an AIY Voice HAT."""
    mute: _PinOrMute | None = None
    """Switches the microphone off and on, as `voiced mute` and `voiced unmute` do; a restart leaves it as it is."""
    volume_up: _PinOrButton | None = None
    """Louder by `volume_step`, again and again while it is held."""
    volume_down: _PinOrButton | None = None
    """Quieter likewise."""
    volume_step: int = Field(default=5, ge=1, le=50)
    """Percent of the volume that a press is."""

    def wired(self) -> dict[Button, ButtonSettings]:
        """The buttons there are, each in its long form."""
        given: dict[Button, Any] = {button: getattr(self, button.value) for button in Button}
        return {
            button: ButtonSettings(pin=wiring) if isinstance(wiring, int) else wiring
            for button, wiring in given.items()
            if wiring is not None
        }

    def pins_in_use(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Every GPIO that a button takes, with the path of the key that says so."""
        for button, wiring in self.wired().items():
            short = isinstance(getattr(self, button.value), int)
            yield wiring.pin, (button.value,) if short else (button.value, "pin")

    @property
    def has_mute_switch(self) -> bool:
        """Whether the position of a switch says whether the microphone is on."""
        return isinstance(self.mute, MuteSettings) and self.mute.switch
