"""A small real HTTP device: lamps that keep their state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(slots=True)
class Lamps:
    """What the device knows: each room's state, and every request it got, in order."""

    url: str = ""
    states: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)


@asynccontextmanager
async def serve(port: int = 0) -> AsyncIterator[Lamps]:
    """Lamps at `POST {url}/ROOM` with `{"state": "on" | "off"}`, on a free port or the one asked for."""
    lamps = Lamps()

    async def switch(request: web.Request) -> web.Response:
        room, state = request.match_info["room"], (await request.json())["state"]
        lamps.requests.append((room, state))
        lamps.states[room] = state
        return web.json_response({"room": room, "state": state})

    application = web.Application()
    application.router.add_post("/{room}", switch)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, port = runner.addresses[0][:2]
    lamps.url = f"http://{host}:{port}"
    try:
        yield lamps
    finally:
        await runner.cleanup()
