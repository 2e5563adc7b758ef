from pydantic import Field

from voiced.settings import Settings


class InputSettings(Settings):
    """The microphone."""

    device: str = "default"
    """An ALSA device by name, as `voiced devices` prints it, or `file:PATH` for a WAV file played in real time."""
    channels: int = Field(default=1, ge=1, le=8)
    """Channels to open; microphone arrays often refuse 1."""
    channel: int = Field(default=0, ge=0, le=7)
    """Which of them is the microphone, counted from 0."""


class OutputSettings(Settings):
    """The loudspeaker."""

    device: str = "default"
    """An ALSA device by name, as `voiced devices` prints it, or `file:PATH` to write a WAV file in real time."""
    volume: int = Field(default=60, ge=0, le=100)
    """Percent, on a curve that sounds even."""
    lead_in_ms: int = Field(default=0, ge=0, le=2000)
    """Silence before the first sound after a pause, for an amplifier that sleeps and swallows the first word."""


class ChimeSettings(Settings):
    """Which short sounds are played."""

    wake: bool = True
    """When the wake word was heard."""
    done: bool = True
    """When a conversation ends because nobody spoke."""
    error: bool = True
    """Before a spoken error."""


class AudioSettings(Settings):
    """Sound in and out."""

    input: InputSettings = InputSettings()
    """The microphone."""
    output: OutputSettings = OutputSettings()
    """The loudspeaker."""
    chimes: ChimeSettings = ChimeSettings()
    """Short sounds."""
