"""What sound devices there are now; needs ALSA only."""

import errno
from collections.abc import Sequence

from voiced.audio import alsa
from voiced.audio.cards import Card, Direction, card_of, holders, read_cards
from voiced.audio.devices import DeviceDescription


def list_devices() -> list[DeviceDescription]:
    """Every sound device there is now, by names that survive a reboot; the default and sound servers first."""
    cards = read_cards()
    found = [_describe(name, "", frozenset(Direction), cards) for name in alsa.pcm_names()]
    for card in cards:
        for pcm in card.pcms:
            label = card.name if pcm.name in card.name else f"{card.name}, {pcm.name}"
            found.append(_describe(card.pcm_name(pcm), label, pcm.directions, cards))
    return found


def _describe(pcm: str, label: str, directions: frozenset[Direction], cards: Sequence[Card]) -> DeviceDescription:
    offers: dict[Direction, alsa.Offer] = {}
    trouble: dict[Direction, str] = {}
    for direction in directions:
        try:
            offers[direction] = alsa.probe(pcm, direction, 1)
        except alsa.AlsaError as error:
            held = [str(holder) for holder in holders(pcm, direction, cards)] if error.code == errno.EBUSY else []
            if card_of(pcm) is not None:  # a card is there; of the other names only those that work are of use
                trouble[direction] = f"held by {' and '.join(held)}" if held else str(error)
    return DeviceDescription(pcm, label, offers, trouble)
