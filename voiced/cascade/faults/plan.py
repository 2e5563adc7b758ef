"""Which faults the next connections meet. Pure."""

from collections.abc import Iterable

from voiced.cascade.faults.kinds import Fault, Hang, OnTheLine, OnTheRequest, Refuse


class Plan:
    """The faults that are switched on, in order; each has so many connections left, or strikes all."""

    def __init__(self) -> None:
        self._faults: list[tuple[Fault, int | None]] = []

    @property
    def faults(self) -> list[Fault]:
        """Those still to strike."""
        return [fault for fault, _ in self._faults]

    def add(self, faults: Iterable[Fault]) -> None:
        """Switch faults on."""
        self._faults += [(fault, fault.connections) for fault in faults]

    def clear(self) -> None:
        """Switch all off."""
        self._faults.clear()

    def on_request(self) -> OnTheRequest | None:
        """What happens to a client's handshake; a fault of the line waits until one succeeds."""
        found = next((fault for fault in self.faults if isinstance(fault, Refuse | Hang)), None)
        if found is not None:
            self._used(found)
        return found

    def on_the_line(self) -> list[OnTheLine]:
        """What happens to a connection that opens now."""
        found = [fault for fault in self.faults if not isinstance(fault, Refuse | Hang)]
        for fault in found:
            self._used(fault)
        return found

    def _used(self, fault: Fault) -> None:
        left = [(each, count - 1 if each is fault and count is not None else count) for each, count in self._faults]
        self._faults = [(each, count) for each, count in left if count != 0]
