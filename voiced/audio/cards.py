"""What the kernel says of its sound cards: their ids, which survive a reboot, and who holds them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ASOUND = Path("/proc/asound")
_CARD = re.compile(r"^ *(?P<index>\d+) \[(?P<id>\S+) *\]: .*? - (?P<name>.*)$", re.MULTILINE)
_PCM = re.compile(
    r"^(?P<card>\d+)-(?P<device>\d+): .*? : (?P<name>.*?) ?(?P<streams>(: (playback|capture) \d+ ?)+)$", re.MULTILINE
)
_PORTAUDIO = re.compile(r"^(?P<name>.*) \(hw:(?P<card>\d+),(?P<device>\d+)\)$")
_ON_CARD = re.compile(r"^[a-z_0-9]+:(?:CARD=)?(?P<card>[^,]+)(?:,(?:DEV=)?(?P<device>\d+))?")
_OWNER = re.compile(r"^owner_pid\s*: (\d+)$", re.MULTILINE)
_TGID = re.compile(r"^Tgid:\s*(\d+)$", re.MULTILINE)


class Direction(StrEnum):
    """Which way sound flows, named as in the configuration."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Pcm:
    """One device of a card."""

    device: int
    name: str
    directions: frozenset[Direction]


@dataclass(frozen=True, slots=True)
class Card:
    """A sound card. `index` changes with the order of plugging in, `id` does not."""

    index: int
    id: str
    name: str
    pcms: tuple[Pcm, ...]

    def pcm_name(self, pcm: Pcm) -> str:
        """The ALSA name of one of its devices, without an index of the card."""
        return f"hw:CARD={self.id},DEV={pcm.device}"

    def first(self, direction: Direction) -> Pcm | None:
        """Its first device in a direction."""
        return next((pcm for pcm in self.pcms if direction in pcm.directions), None)


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a sound device open."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def parse_cards(cards: str, pcms: str) -> list[Card]:
    """The cards in /proc/asound/cards, with their devices in /proc/asound/pcm."""
    return [
        Card(int(found["index"]), found["id"], found["name"].strip(), tuple(_pcms_of(int(found["index"]), pcms)))
        for found in _CARD.finditer(cards)
    ]


def _pcms_of(card: int, pcms: str) -> Iterable[Pcm]:
    for found in _PCM.finditer(pcms):
        if int(found["card"]) == card:
            streams = found["streams"]
            directions = {Direction.OUTPUT} if "playback" in streams else set()
            directions |= {Direction.INPUT} if "capture" in streams else set()
            yield Pcm(int(found["device"]), found["name"].strip(), frozenset(directions))


def read_cards(root: Path = ASOUND) -> list[Card]:
    """The cards that are plugged in now; none where the kernel has no sound."""
    try:
        return parse_cards((root / "cards").read_text(), (root / "pcm").read_text())
    except OSError:
        return []


def resolve(device: str, direction: Direction, cards: Sequence[Card], names: Sequence[str]) -> str:
    """The ALSA name of a device as the owner named it: ALSA's or PortAudio's name, a card's id or a part of its name.

    `names` are the ALSA names that need no interpretation. What nothing fits is taken to be an ALSA name.
    """
    usable = [(card, pcm) for card in cards for pcm in card.pcms if direction in pcm.directions]
    if found := _PORTAUDIO.match(device):
        same = [(card, pcm) for card, pcm in usable if f"{card.name}: {pcm.name}" == found["name"]]
        there = [(card, pcm) for card, pcm in same if (card.index, pcm.device) == _place(found)]
        return next((card.pcm_name(pcm) for card, pcm in there or same), device)
    by_id = next((card.first(direction) for card in cards if card.id == device), None)
    if by_id is not None:
        return f"hw:CARD={device},DEV={by_id.device}"
    if device in names or ":" in device:
        return device
    partly = [card for card in cards if device.casefold() in card.name.casefold() and card.first(direction)]
    if len(partly) == 1 and (pcm := partly[0].first(direction)):
        return partly[0].pcm_name(pcm)
    return device


def _place(found: re.Match[str]) -> tuple[int, int]:
    return int(found["card"]), int(found["device"])


def card_of(pcm: str) -> str | None:
    """The id or index of the card in an ALSA name such as `plughw:CARD=Device,DEV=0`; None where none is named."""
    found = _ON_CARD.match(pcm)
    return found["card"] if found else None


def card_path(pcm: str, root: Path = ASOUND) -> Path | None:
    """What exists for as long as the card in an ALSA name is plugged in; None where the name doesn't tell the card."""
    card = card_of(pcm)
    if card is None or not root.exists():
        return None
    return root / (f"card{card}" if card.isdigit() else card)


def owner(status: str) -> int | None:
    """The kernel's id of the thread that holds a substream, from its /proc/asound/…/status; None where nobody does."""
    found = _OWNER.search(status)
    return int(found[1]) if found else None


def holders(pcm: str, direction: Direction, cards: Sequence[Card], root: Path = ASOUND) -> list[Holder]:
    """Who holds an ALSA device; where its name doesn't tell the card, who holds any in that direction."""
    found = _ON_CARD.match(pcm)
    side = "c" if direction is Direction.INPUT else "p"
    paths = []
    for card in cards:
        if found is None or found["card"] in (card.id, str(card.index)):
            device = found["device"] or "0" if found else "[0-9]*"
            paths += sorted((root / f"card{card.index}").glob(f"pcm{device}{side}/sub*/status"))
    threads = {thread for path in paths if (thread := owner(_read(path))) is not None}
    return sorted({_holder(thread, root.parent) for thread in threads}, key=lambda holder: holder.pid)


def _holder(thread: int, proc: Path) -> Holder:
    # the kernel notes the thread that opened the device; its process is what the owner can stop
    group = _TGID.search(_read(proc / str(thread) / "status"))
    pid = int(group[1]) if group else thread
    return Holder(pid, _read(proc / str(pid) / "comm").strip() or "a process that has ended or is not yours to see")


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # closed, ended or unplugged meanwhile
        return ""
