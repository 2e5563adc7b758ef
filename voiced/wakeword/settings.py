from pydantic import Field

from voiced.settings import ChimeChoice, Settings


class WakeWordSettings(Settings):
    """A wake word the speaker listens for."""

    model: str = Field(default="hey_jarvis", min_length=1)
    """A known name (`voiced wake list`), or the path of an .onnx or .tflite model."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """The score from which a block of sound counts as the word; higher is harder to trigger."""
    frames: int = Field(default=2, ge=1, le=12)
    """How many blocks of 80 ms in a row must support it: one reaches the threshold, each half of it."""
    threshold_while_playing: float = Field(default=0.8, gt=0, lt=1)
    """The threshold while the speaker itself sounds, so that its own voice doesn't wake it; the higher one counts."""
    frames_while_playing: int = Field(default=3, ge=1, le=12)
    """How many blocks in a row must all reach it then; the higher number counts."""
    refractory_seconds: float = Field(default=2.0, ge=0, le=30)
    """How long after a detection the word is not detected again."""
    second_opinion: bool = True
    """Whether a second look must find the whole phrase, where there is one for the model: for hey_jarvis, which would
    often take a bare "jarvis" for it."""
    persona: str = "default"
    """Which persona answers to it."""
    chime: ChimeChoice = True
    """What is played when it was heard: true (the usual, `audio.chimes.wake`), false, or the path of a WAV file."""


class WakeClipsSettings(Settings):
    """Recordings of what woke the speaker, to find out why.

    Each holds 2 s of sound before the decision and 1 s after it, with whatever is said in the room. They are WAV files
    on this device, in `wake-clips` under the state directory, named by time, word, score and outcome; only root and the
    speaker's own user can read them, and nothing sends them anywhere. While the microphone is off nothing is kept.
    """

    keep: int = Field(default=0, ge=0, le=1000)
    """How many to keep; the oldest make room for the new. 0 keeps none."""
    megabytes: float = Field(default=10.0, ge=0.1, le=1000)
    """How much room they may take together; a clip takes 0.1."""
    near_misses: bool = False
    """Keep what nearly woke the speaker, too."""


class WakeSettings(Settings):
    """How all wake words are listened for."""

    gate: bool = True
    """Whether nothing but an energy check runs while the room is no louder than its own noise. Off costs CPU, and helps
    where a word is much quieter than what else sounds."""
