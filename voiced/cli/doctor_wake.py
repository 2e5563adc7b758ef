"""The doctor's look at the wake words: are their models there, are they the published ones, and do they hear."""

from dataclasses import dataclass, field
from pathlib import Path

from voiced.cli.findings import Finding, bad, doubtful, good
from voiced.cli.wake_words import engine_for
from voiced.paths import model_directories
from voiced.wakeword.fetch import missing
from voiced.wakeword.models import SUFFIXES, Manifest, ModelEntry, WakeWordError, find_models, manifest, word_name
from voiced.wakeword.selftest import self_test
from voiced.wakeword.settings import WakeWordSettings

_FETCH = "voiced wake fetch"
_FETCH_OFFLINE = f"{_FETCH}, or without a network: {_FETCH} --from FOLDER"


@dataclass(slots=True)
class WakeExamination:
    """What the checks of wake words share."""

    words: tuple[WakeWordSettings, ...]
    complete: bool = field(default=False)
    """Whether every model is there; the checks after that rest on it."""


def wake_models_are_there(wake: WakeExamination) -> Finding:
    """Every configured wake word has its model on this machine, and so have the models all of them rest on."""
    known = manifest()
    entries = [*known.features.values(), *(entry for entry in _entries(wake, known) if entry is not None)]
    absent = [entry.file for entry in entries if _place(entry) is None]
    own = [word.model for word in wake.words if Path(word.model).suffix in SUFFIXES]
    gone = [model for model in own if not Path(model).expanduser().is_file()]
    if absent:
        return bad(f"missing wake models: {', '.join([*absent, *gone])}", _FETCH_OFFLINE)
    if gone:
        return bad(
            f"missing wake models: {', '.join(gone)}", "put the file there, or correct wake_words in the configuration"
        )
    try:
        find_models([word.model for word in wake.words])
    except WakeWordError as error:
        return bad(str(error), _FETCH)
    wake.complete = True
    return good(f"wake words: {', '.join(word.model for word in wake.words)}")


def wake_models_are_the_published_ones(wake: WakeExamination) -> Finding | None:
    """Known models have the checksums of the manifest."""
    if not wake.complete:
        return None
    known = manifest()
    wanted = [*known.features.values(), *(entry for entry in _entries(wake, known) if entry is not None)]
    wrong = [entry.file for entry in wanted if (place := _place(entry)) and entry in missing(known, place)]
    if wrong:
        return doubtful(f"damaged, or not the published models: {', '.join(wrong)}", _FETCH)
    return good("the wake models have their published checksums")


def wake_engine_hears(wake: WakeExamination) -> Finding | None:
    """The models make one engine, and it hears each known word's own clip."""
    if not wake.complete:
        return None
    words = {word_name(word.model): word for word in wake.words}
    try:
        tested = self_test(engine_for(words), words)
    except WakeWordError as error:
        return bad(str(error), f"take another model, or get the published ones again: {_FETCH}")
    if tested.fault is not None:
        return bad(tested.fault, _FETCH)
    if tested.deaf:
        return doubtful(f"deaf to {', '.join(tested.deaf)}", _FETCH)
    heard = [f"{name} ({score:.2f})" for name, score in tested.scores.items()]
    return good(f"the wake engine hears {', '.join(heard) or 'speech; there is no clip of your own words'}")


def _entries(wake: WakeExamination, known: Manifest) -> list[ModelEntry | None]:
    return [known.words.get(word.model) for word in wake.words]


def _place(entry: ModelEntry) -> Path | None:
    return next((folder for folder in model_directories() if (folder / entry.file).is_file()), None)


CHECKS = (wake_models_are_there, wake_models_are_the_published_ones, wake_engine_hears)
