"""What a client that plays a reply at once, in real time, has played of it: the service goes by nothing else."""

from collections.abc import Callable

from voiced.cascade.history import Item


class Playout:
    """The reply that was sent last.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._item: Item | None = None
        self._began = 0.0
        self._sent_ms = 0

    @property
    def playing(self) -> bool:
        """Whether it is still to be heard."""
        return self._item is not None and self._played_ms < self._item.audio_ms

    @property
    def _played_ms(self) -> int:
        return round((self._clock() - self._began) * 1000)

    def sent(self, item: Item) -> None:
        """More sound of a reply goes to the client, which may have run out of it: sentences come as they are made."""
        if self._item is not item:
            self._item, self._began = item, self._clock()
        else:
            self._began += max(0, self._played_ms - self._sent_ms) / 1000
        self._sent_ms = item.audio_ms

    def stop(self) -> tuple[Item, int] | None:
        """The user speaks over it: the reply, and the ms of it that were heard; None where all was, or nothing."""
        item, self._item = self._item, None
        if item is None:
            return None
        played = self._played_ms
        return (item, played) if played < item.audio_ms else None
