import asyncio
import json
import socket

import pytest
from pydantic import ValidationError

from voiced.tools.actions.wake_on_lan import TIMES

MAC = "00:11:22:aa:bb:cc"


async def test_magic_packet_arrives(once):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as computer:
        computer.bind(("127.0.0.1", 0))
        computer.setblocking(False)  # noqa: FBT003 (the library's)
        answer = await once(
            {"wake_on_lan": {"mac": MAC, "broadcast": "127.0.0.1", "port": computer.getsockname()[1]}},
        )
        packets = [await asyncio.get_running_loop().sock_recv(computer, 200) for _ in range(TIMES)]
    assert answer["ok"]
    assert set(packets) == {b"\xff" * 6 + bytes.fromhex("001122aabbcc") * 16}


async def test_address_of_a_value_is_looked_at(once):
    parameters = {"computer": {"type": "string"}}
    action = {"wake_on_lan": {"mac": "{{ computer }}", "broadcast": "127.0.0.1"}}
    assert (await once(action, parameters, computer=MAC.replace(":", "-")))["ok"]
    answer = await once(action, parameters, computer="the big one")
    assert answer["error"] == "That is no hardware address of a computer."


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mac": "00:11:22:aa:bb"}, "no hardware address"),
        ({"mac": "00:11-22:aa:bb:cc"}, "no hardware address"),
        ({"mac": MAC, "broadcast": "router"}, "no IPv4 address"),
        ({"mac": "{{ computer }}"}, "unknown parameter 'computer'"),
    ],
)
def test_mistake_is_named(make, settings, message):
    with pytest.raises(ValidationError) as caught:
        make(wake_on_lan=settings)
    assert message in json.dumps([error["msg"] for error in caught.value.errors()])
