"""How a word sounds where the recogniser's dictionary lacks it, by flite's letter-to-sound rules."""

import logging
import shutil
import subprocess
from functools import lru_cache

_log = logging.getLogger(__name__)

PHONES = (
    "AA",
    "AE",
    "AH",
    "AO",
    "AW",
    "AY",
    "B",
    "CH",
    "D",
    "DH",
    "EH",
    "ER",
    "EY",
    "F",
    "G",
    "HH",
    "IH",
    "IY",
    "JH",
    "K",
    "L",
    "M",
    "N",
    "NG",
    "OW",
    "OY",
    "P",
    "R",
    "S",
    "SH",
    "T",
    "TH",
    "UH",
    "UW",
    "V",
    "W",
    "Y",
    "Z",
    "ZH",
)
"""The phones of pocketsphinx's English model (cmudict without stress)."""
_FROM_FLITE = {"AX": "AH", "PAU": None}
_SECONDS = 5.0


@lru_cache(maxsize=4096)
def letter_to_sound(word: str) -> str | None:
    """The phones of a word, e.g. "zigbee" is "Z IH G B IY"; None where flite is missing or can't say."""
    if not word.replace("'", "").isalpha() or not word.isascii() or not shutil.which("flite"):
        return None
    try:
        result = subprocess.run(
            ["flite", "-ps", "-t", word, "-o", "none"],
            capture_output=True, text=True, timeout=_SECONDS, check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        _log.warning("flite can't pronounce %r: %s", word, error)
        return None
    phones = [_FROM_FLITE.get(phone, phone) for phone in result.stdout.upper().split()]
    known = [phone for phone in phones if phone]
    return " ".join(known) if known and all(phone in PHONES for phone in known) else None
