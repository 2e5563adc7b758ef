"""The voices that the doubts are learnt from; no bench of the cascade measures with one of them.

festival's HTS voice has one pace only.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benches.cascade_voices import Utterance
from benches.speech import trimmed

from voiced.audio.recordings import read_recording

RATE = 16_000
SLOWNESS = (0.92, 1.0, 1.12)
_WORDS_PER_MINUTE = 165


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of espeak-ng or, if `festival`, of that."""

    name: str
    festival: bool = False

    def say(self, text: str, slowness: float) -> Utterance:
        """A text at a pace: 1 is usual, more is slower."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "said.wav"
            command = self._festival(path, slowness) if self.festival else self._espeak(path, text, slowness)
            subprocess.run(command, input=text, text=True, check=True, capture_output=True)
            return Utterance(text, self.name, trimmed(read_recording(path)))

    def _festival(self, path: Path, slowness: float) -> list[str]:
        setting = f"(begin (voice_{self.name}) (Parameter.set 'Duration_Stretch {slowness}))"  # one expression is read
        return ["text2wave", "-F", str(RATE), "-eval", setting, "-o", str(path)]

    def _espeak(self, path: Path, text: str, slowness: float) -> list[str]:
        return ["espeak-ng", "-v", self.name, "-s", str(round(_WORDS_PER_MINUTE / slowness)), "-w", str(path), text]


VOICES = (
    Voice("ked_diphone", festival=True),
    Voice("en-us+f3"),
    Voice("cmu_us_slt_arctic_hts", festival=True),
    Voice("en-gb+f4"),
    Voice("en-us+m7"),
    Voice("en-gb-x-rp"),
    Voice("en-us+m2"),
)
