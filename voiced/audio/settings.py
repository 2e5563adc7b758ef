from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from voiced.settings import ChimeChoice, Settings


class InputSettings(Settings):
    """The microphone."""

    device: str = "default"
    """An ALSA device by name, as `voiced devices` prints it, or `file:PATH` for a WAV file played in real time."""
    channels: int = Field(default=1, ge=1, le=8)
    """Channels to open; microphone arrays often refuse 1."""
    channel: Annotated[int, Field(ge=0, le=7)] | Literal["mix"] = 0
    """Which of them is the microphone, counted from 0, or `mix` for the average of all."""

    @model_validator(mode="after")
    def _channel_exists(self) -> Self:
        if self.channel != "mix" and self.channel >= self.channels:
            raise ValueError(f"channel {self.channel} does not exist; set channels to {self.channel + 1} or more")
        return self


class MixerSettings(Settings):
    """A volume control of a sound card."""

    control: str = Field(min_length=1)
    """Its name, as `amixer scontrols` lists it: PCM, Speaker, Headphone."""
    card: str | None = None
    """The card's id; the loudspeaker's own card, or the default, where this is left out."""


class OutputSettings(Settings):
    """The loudspeaker."""

    device: str = "default"
    """An ALSA device by name, as `voiced devices` prints it, or `file:PATH` to write a WAV file in real time."""
    volume: int = Field(default=60, ge=0, le=100)
    """Percent, on a curve that sounds even."""
    mixer: str | MixerSettings | None = None
    """The card's volume control that `volume` sets, by name; without one the volume is set in software."""
    lead_in_ms: int = Field(default=0, ge=0, le=2000)
    """Silence before the first sound after a pause, for an amplifier that sleeps and swallows the first word."""


class ChimeSettings(Settings):
    """Which short sounds are played: true, false, or the path of a WAV file (24000 Hz, 16 bit, mono, at most 3 s)."""

    wake: ChimeChoice = True
    """When the wake word was heard."""
    done: ChimeChoice = True
    """When a conversation ends because nobody went on speaking. What was likely a false wake ends without a sound."""
    error: ChimeChoice = True
    """Before a spoken error."""
    mute: ChimeChoice = True
    """When a button or switch has switched the microphone off."""
    unmute: ChimeChoice = True
    """When it has switched the microphone on."""
    volume: ChimeChoice = True
    """When a button has changed the volume and nothing else is heard of it."""


class AudioSettings(Settings):
    """Sound in and out."""

    input: InputSettings = InputSettings()
    """The microphone."""
    output: OutputSettings = OutputSettings()
    """The loudspeaker."""
    chimes: ChimeSettings = ChimeSettings()
    """Short sounds."""
    half_duplex: bool = False
    """Send silence while the speaker sounds: you can't interrupt it, nor can it interrupt itself in a hopeless room."""
