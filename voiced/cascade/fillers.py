"""Words that say nothing: "um", "uh". Pure."""

from collections.abc import Sequence

from voiced.cascade.recogniser import Heard
from voiced.cascade.spoken import spoken_words

_HESITATIONS = frozenset({"ah", "er", "erm", "hm", "hmm", "mm", "mmm", "uh", "uhm", "um", "umm"})
_FILLERS = _HESITATIONS | {"huh", "oh", "yeah"}
"""What the service ignores in English while it speaks (reference/voice-live.md §4.2), as recognisers spell it."""
LONGEST_FILLER_MS = 900
"""Of speech and the pause by which its end is noticed; what is longer is more than a filler."""


def says_nothing(heard: Heard) -> bool:
    """Whether a turn was of fillers only, or of nothing that was recognised."""
    words = spoken_words(heard.transcript)
    return heard.failure is None and heard.meaning is None and all(word in _FILLERS for word in words)


def without_hesitations(words: Sequence[str]) -> list[str]:
    """What was meant to be said."""
    return [word for word in words if word not in _HESITATIONS]


def hesitates(words: Sequence[str]) -> bool:
    """Whether the last word shows that the speaker is not done."""
    return bool(words) and words[-1] in _HESITATIONS
