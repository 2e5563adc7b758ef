"""An assistant's words and sound, cut into the pieces in which they are sent."""

from collections import deque
from dataclasses import dataclass, field
from itertools import cycle

from voiced.audio.frames import PLAYBACK_RATE, SAMPLE_BYTES, milliseconds
from voiced.cascade.sound_formats import Encoder, SoundFormat
from voiced.cascade.timing import Word, words_in

_CHUNKS_MS = (60, 200, 120, 240, 100, 180)
"""Lengths of the pieces of sound, uneven as the service's."""
_WORDS_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """What is sent at once.

    Attributes:
        texts: pieces of the transcript, which runs ahead of the sound.
        sound: in the client's format.
        words: those that begin within the sound.
        seconds: the sound's length.
    """

    texts: list[str] = field(default_factory=list)
    sound: bytes = b""
    words: list[Word] = field(default_factory=list)
    seconds: float = 0.0


class Delivery:
    """Takes a reply's sound sentence by sentence, gives it piece by piece.

    Args:
        form: of the sound that is sent.
        audible: whether there is sound at all; else text waits for none.
    """

    def __init__(self, form: SoundFormat, *, audible: bool = True) -> None:
        self._encoder = Encoder(form)
        self._audible = audible
        self._written = False
        self._texts: deque[str] = deque()
        self._words: deque[Word] = deque()
        self._sound = bytearray()
        self._said = ""
        self._sent = self._received = 0
        self._complete = self._flushed = False
        self._lengths = cycle(_CHUNKS_MS)

    def write(self, text: str) -> None:
        """What the transcript goes on with: all of it, or more sentences."""
        self._texts += [f" {word}" if index or self._written else word for index, word in enumerate(text.split(" "))]
        self._written = True

    def add(self, spoken: str, sound: bytes, *, last: bool) -> None:
        """A part of the text and its sound, mono PCM16 at 24 kHz; after the last no other comes."""
        self._words += words_in(spoken, _ms(self._received), _ms(len(sound))) if sound else ()
        self._sound += sound
        self._received += len(sound)
        self._complete = last

    @property
    def said(self) -> str:
        """The transcript of what was sent; of all, once everything was."""
        return self._said

    @property
    def sent_ms(self) -> int:
        """Length of the sound that was sent."""
        return milliseconds(self._sent // SAMPLE_BYTES, PLAYBACK_RATE)

    @property
    def waiting(self) -> bool:
        """Whether sound is there to be sent."""
        return bool(self._sound)

    @property
    def over(self) -> bool:
        """Whether all was given and sent."""
        return self._complete and not self._sound and not self._texts

    def next(self) -> Piece:
        """The next pieces of the transcript, and one of the sound where there is any."""
        texts = [self._texts.popleft() for _ in range(min(_WORDS_AHEAD, len(self._texts)))] if self._sound else []
        length = next(self._lengths) * PLAYBACK_RATE // 1000 * SAMPLE_BYTES if self._sound else 0
        chunk = bytes(self._sound[:length])
        del self._sound[:length]
        self._sent += len(chunk)
        last = self._complete and not self._sound
        if last or not self._audible:
            texts += self._texts
            self._texts.clear()
        self._said += "".join(texts)
        encoded = b""
        if not self._flushed:
            encoded, self._flushed = self._encoder.encode(chunk, last=last), last
        words = []
        while self._words and (last or self._words[0].offset_ms < _ms(self._sent)):
            words.append(self._words.popleft())
        return Piece(texts, encoded, words, len(chunk) / SAMPLE_BYTES / PLAYBACK_RATE)


def _ms(sound_bytes: int) -> float:
    return sound_bytes / SAMPLE_BYTES / PLAYBACK_RATE * 1000
