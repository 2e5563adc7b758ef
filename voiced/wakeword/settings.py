from pydantic import Field

from voiced.settings import Settings


class WakeWordSettings(Settings):
    """A wake word the speaker listens for."""

    model: str = Field(default="hey_jarvis", min_length=1)
    """A known name (`voiced wake list`), or the path of an .onnx or .tflite model."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """The score from which a block of sound counts as the word; higher is harder to trigger."""
    frames: int = Field(default=2, ge=1, le=12)
    """How many blocks of 80 ms in a row must reach it."""
    threshold_while_playing: float = Field(default=0.8, gt=0, lt=1)
    """The threshold while the speaker itself sounds, so that its own voice doesn't wake it; the higher one counts."""
    frames_while_playing: int = Field(default=3, ge=1, le=12)
    """How many blocks in a row must reach it then; the higher number counts."""
    refractory_seconds: float = Field(default=2.0, ge=0, le=30)
    """How long after a detection the word is not detected again."""
    persona: str = "default"
    """Which persona answers to it."""
