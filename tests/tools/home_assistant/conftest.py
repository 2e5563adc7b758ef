"""Home Assistant's WebSocket API as a small server that keeps state.

Built from https://developers.home-assistant.io/docs/api/websocket and what a 2024.3 release answers.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from voiced.settings import SecretReference
from voiced.tools.home_assistant.connection import Connection
from voiced.tools.home_assistant.settings import HomeAssistantSettings

TOKEN = "long-lived"
SWITCHED = {"light", "switch", "fan", "input_boolean"}


class House:
    """Areas, entities and their states; services that change them. `called` are the services that were called."""

    def __init__(self) -> None:
        self.states: dict[str, dict[str, Any]] = {}
        self.areas: dict[str, dict[str, Any]] = {}
        self.labels: dict[str, dict[str, Any]] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.entries: dict[str, dict[str, Any]] = {}
        self.exposed: dict[str, bool] = {}
        self.called: list[tuple[str, dict[str, Any]]] = []
        self.asked: list[str] = []
        self.logins = 0
        self.admin = True
        self.mute: set[str] = set()
        """Commands that are never answered."""
        self.sockets: list[web.WebSocketResponse] = []
        self._subscriptions: dict[web.WebSocketResponse, dict[str, int]] = {}
        self.url = ""

    def area(self, area_id: str, *aliases: str, name: str = "", labels: tuple[str, ...] = ()) -> None:
        self.areas[area_id] = {
            "area_id": area_id, "name": name or area_id.title(), "aliases": list(aliases), "labels": list(labels),
            "icon": None, "picture": None,
        }  # fmt: skip

    def label(self, label_id: str, name: str) -> None:
        self.labels[label_id] = {"label_id": label_id, "name": name, "color": None, "icon": None, "description": None}

    def device(self, device_id: str, area: str | None = None, labels: tuple[str, ...] = ()) -> None:
        self.devices[device_id] = {"id": device_id, "area_id": area, "labels": list(labels), "name": device_id}

    def entity(
        self,
        entity_id: str,
        state: str = "off",
        /,
        *,
        name: str | None = None,
        area: str | None = None,
        device: str | None = None,
        aliases: tuple[str | None, ...] = (),
        labels: tuple[str, ...] = (),
        hidden: bool = False,
        exposed: bool | None = None,
        registered: bool = True,
        **attributes: Any,
    ) -> None:
        friendly = name or entity_id.partition(".")[2].replace("_", " ").title()
        self.states[entity_id] = {"s": state, "a": {"friendly_name": friendly, **attributes}, "c": "01", "lc": 1.0}
        if registered:
            options = {} if exposed is None else {"conversation": {"should_expose": exposed}}
            self.entries[entity_id] = {
                "entity_id": entity_id, "area_id": area, "device_id": device, "labels": list(labels),
                "hidden_by": "user" if hidden else None, "disabled_by": None, "entity_category": None, "name": None,
                "options": options, "aliases": list(aliases),
            }  # fmt: skip
        if exposed is not None:
            self.exposed[entity_id] = exposed

    async def become(self, entity_id: str, state: str, /, **attributes: Any) -> None:
        """Change a state, and tell of it."""
        self.states[entity_id]["s"] = state
        self.states[entity_id]["a"].update(attributes)
        await self._tell("subscribe_entities", {"c": {entity_id: {"+": {"s": state, "a": attributes, "lc": 2.0}}}})

    async def add(self, entity_id: str, state: str = "off", **how: Any) -> None:
        """Add an entity while clients are connected."""
        self.entity(entity_id, state, **how)
        await self._tell("subscribe_entities", {"a": {entity_id: self.states[entity_id]}})
        await self.changed("entity")

    async def remove(self, entity_id: str) -> None:
        del self.states[entity_id]
        self.entries.pop(entity_id, None)
        await self._tell("subscribe_entities", {"r": [entity_id]})
        await self.changed("entity")

    async def changed(self, registry: str) -> None:
        """Tell of a changed registry."""
        event = f"{registry}_registry_updated"
        await self._tell(f"subscribe_events {event}", {"event_type": event, "data": {"action": "update"}})

    async def hang_up(self) -> None:
        """Close every connection."""
        for socket in list(self.sockets):
            await socket.close()

    async def say(self, text: str) -> None:
        """Send whatever to every client."""
        for socket in self.sockets:
            await socket.send_str(text)

    async def _tell(self, what: str, event: Any) -> None:
        for socket, subscriptions in self._subscriptions.items():
            if what in subscriptions and not socket.closed:
                await socket.send_json({"id": subscriptions[what], "type": "event", "event": event})

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.logins += 1
        await socket.send_json({"type": "auth_required", "ha_version": "2024.3.3"})
        message = await socket.receive()
        if message.type is not WSMsgType.TEXT:
            return socket
        if json.loads(message.data) != {"type": "auth", "access_token": TOKEN}:
            await socket.send_json({"type": "auth_invalid", "message": "Invalid access token or password"})
            await socket.close()
            return socket
        await socket.send_json({"type": "auth_ok", "ha_version": "2024.3.3"})
        self.sockets.append(socket)
        self._subscriptions[socket] = {}
        last = 0
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            command = json.loads(message.data)
            assert command["id"] > last, "ids have to grow"
            last = command["id"]
            self.asked.append(command["type"])
            if command["type"] not in self.mute:
                await self._answer(socket, command)
        self.sockets.remove(socket)
        del self._subscriptions[socket]
        return socket

    async def _answer(self, socket: web.WebSocketResponse, command: dict[str, Any]) -> None:
        id_, type_ = command["id"], command["type"]

        async def result(value: Any = None) -> None:
            await socket.send_json({"id": id_, "type": "result", "success": True, "result": value})

        async def error(code: str, message: str) -> None:
            problem = {"code": code, "message": message}
            await socket.send_json({"id": id_, "type": "result", "success": False, "error": problem})

        match type_:
            case "ping":
                await socket.send_json({"id": id_, "type": "pong"})
            case "subscribe_entities":
                self._subscriptions[socket][type_] = id_
                await result()
                await socket.send_json({"id": id_, "type": "event", "event": {"a": self.states}})
            case "subscribe_events":
                self._subscriptions[socket][f"{type_} {command['event_type']}"] = id_
                await result()
            case "config/area_registry/list":
                await result(list(self.areas.values()))
            case "config/label_registry/list":
                await result(list(self.labels.values()))
            case "config/device_registry/list":
                await result(list(self.devices.values()))
            case "config/entity_registry/list":
                await result([{k: v for k, v in each.items() if k != "aliases"} for each in self.entries.values()])
            case "config/entity_registry/get_entries":
                await result({each: self.entries.get(each) for each in command["entity_ids"]})
            case "homeassistant/expose_entity/list" if not self.admin:
                await error("unauthorized", "Unauthorized")
            case "homeassistant/expose_entity/list":
                await result({"exposed_entities": {e: {"conversation": yes} for e, yes in self.exposed.items()}})
            case "call_service":
                await self._call(command, result, error)
            case _:
                await error("unknown_command", "Unknown command.")

    async def _call(
        self,
        command: dict[str, Any],
        result: Callable[[Any], Awaitable[None]],
        error: Callable[[str, str], Awaitable[None]],
    ) -> None:
        service = f"{command['domain']}.{command['service']}"
        data = command.get("service_data", {})
        self.called.append((service, {**command.get("target", {}), **data}))
        if "brightnes" in data:
            await error("invalid_format", "extra keys not allowed @ data['brightnes']")
            return
        if service == "weather.get_forecasts":
            if not command.get("return_response"):
                await error("service_validation_error", "The service needs a response")
                return
            await result({"context": {}, "response": {"weather.home": {"forecast": [{"temperature": 22.0}]}}})
            return
        become = {
            "homeassistant.turn_on": "on", "homeassistant.turn_off": "off", "light.turn_on": "on",
            "lock.lock": "locked",
            "lock.unlock": "unlocked", "cover.open_cover": "opening", "cover.close_cover": "closing",
            "cover.stop_cover": "open", "scene.turn_on": "2026", "script.turn_on": "off",
            "climate.set_temperature": "heat",
        }.get(service)  # fmt: skip
        if become is None:
            await error("not_found", f"Service {service} not found.")
            return
        for entity_id in command.get("target", {}).get("entity_id", []):
            if entity_id in self.states:
                await self.become(entity_id, "jammed" if "stuck" in entity_id else become)
        await result({"context": {"id": "01", "parent_id": None, "user_id": "02"}})


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A furnished house on loopback."""
    house = House()
    house.area("kitchen", "cookery")
    house.area("bedroom")
    house.entity("light.kitchen_ceiling", area="kitchen", aliases=("big light", None), exposed=True)
    house.entity("light.bed", name="Bed lamp", area="bedroom", exposed=True)
    house.entity("sensor.outdoor_temperature", "21.5", unit_of_measurement="°C", device_class="temperature")
    app = web.Application()
    app.router.add_get("/api/websocket", house.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    house.url = f"http://127.0.0.1:{port}"
    yield house
    await house.hang_up()
    await runner.cleanup()


Connect = Callable[..., Connection]


@pytest.fixture
async def connect(house: House) -> AsyncIterator[Connect]:
    """A running connection to the house, whose pauses are single turns of the loop."""
    tasks: list[asyncio.Task[None]] = []

    def connect(expose: dict[str, Any] | None = None, token: str = TOKEN, **further: Any) -> Connection:
        settings = HomeAssistantSettings.model_validate(
            {"url": house.url, "token": {"env": "T"}, "expose": expose, **further}, strict=False
        )

        def resolve(_: SecretReference) -> str:
            return token

        connection = Connection(settings, resolve, sleep=lambda _: asyncio.sleep(0.01), jitter=lambda: 1.0)
        tasks.append(asyncio.create_task(connection.run()))
        return connection

    yield connect
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait for what has to become true."""

    async def until(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0.005)

    return until
