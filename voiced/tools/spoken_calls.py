"""Models that speak a tool's call instead of making it: "set_light({'state': 'on'})" is heard, and nothing happens."""

import logging
import re
from collections.abc import Callable, Iterable

_log = logging.getLogger(__name__)


class SpokenCalls:
    """Warns of them, once a reply; of what was said only the tool's name is told. `names` are those that hold now."""

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names
        self._warned_of = ""

    def look(self, response_id: str, text: str) -> None:
        """Take the words of a reply."""
        name = None if response_id == self._warned_of else spoken_call(text, self._names())
        if name is not None:
            self._warned_of = response_id
            _log.warning(
                "the model spoke of the tool %s instead of calling it: nothing was done; describe in the tool's "
                "description when to call it, or choose another model",
                name,
            )


def spoken_call(text: str, names: Iterable[str]) -> str | None:
    """The tool whose call a reply's text has in place of making it, None where it has none.

    That is a name that nobody says, for it has an underscore; or any name with a call's brackets, or as JSON has it.
    """
    for name in names:
        word = re.escape(name)
        plain = "_" in name and re.search(rf"(?<!\w){word}(?!\w)", text)
        if plain or re.search(
            rf"""(?<!\w){word}\s*(?:\(|:?\s*\{{)|["']name["']\s*:\s*["'](?:\w+\.)?{word}["']""", text
        ):
            return name
    return None
