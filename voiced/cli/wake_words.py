"""Which wake words a verb is about, and an engine that scores them."""

from collections.abc import Mapping, Sequence

from voiced.config.schema import VoicedSettings
from voiced.paths import state_directory
from voiced.wakeword.engine import Engine
from voiced.wakeword.models import find_models, word_name
from voiced.wakeword.settings import WakeWordSettings


def chosen(settings: VoicedSettings, names: Sequence[str]) -> dict[str, WakeWordSettings]:
    """The words asked for by name, as configured or else with the defaults; without a name every configured one."""
    configured = {word_name(word.model): word for word in settings.wake_words}
    if not names:
        return configured
    return {word_name(name): configured.get(word_name(name)) or WakeWordSettings(model=name) for name in names}


def engine_for(words: Mapping[str, WakeWordSettings]) -> Engine:
    """An engine over their models. Raises `WakeWordError`."""
    return Engine(find_models([word.model for word in words.values()]), state_directory() / "graphs")
