"""The `wake_on_lan` action: a magic packet for a computer that sleeps."""

import asyncio
import socket

from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.actions.wake_on_lan_settings import MAC, WakeOnLanAction
from voiced.tools.templates import Text, Values

TIMES = 3
"""A packet may be lost, and nobody confirms it."""


class WakeOnLan:
    """An `Action` that can't know whether the computer wakes."""

    def __init__(self, settings: WakeOnLanAction) -> None:
        self._mac = Text(settings.mac)
        self._address = settings.broadcast, settings.port

    async def __call__(self, values: Values) -> Answer:
        """Send it a few times."""
        packet = magic_packet(self._mac.render(values))
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                asyncio.DatagramProtocol, family=socket.AF_INET, allow_broadcast=True, remote_addr=self._address
            )
        except OSError as error:
            raise ActionError("The network can't be reached.", str(error)) from error
        try:
            for _ in range(TIMES):
                transport.sendto(packet)
        finally:
            transport.close()
        return Answer("The signal to wake was sent.")


def magic_packet(mac: str) -> bytes:
    """Six bytes of ones, then the hardware address sixteen times; raises `ActionError` where it is none."""
    mac = mac.strip()
    if not MAC.fullmatch(mac):
        raise ActionError("That is no hardware address of a computer.")
    return b"\xff" * 6 + bytes.fromhex(mac.replace(":", "").replace("-", "")) * 16
