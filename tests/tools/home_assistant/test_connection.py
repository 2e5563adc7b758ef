import asyncio
import logging
import threading

import pytest

from voiced.settings import SecretReference
from voiced.tools.actions.action import ActionError
from voiced.tools.home_assistant import connection as module
from voiced.tools.home_assistant import line
from voiced.tools.home_assistant.house import call_service
from voiced.tools.home_assistant.line import CommandError
from voiced.tools.home_assistant.settings import HomeAssistantSettings
from voiced.tools.tls_settings import TlsSettings


async def test_states_and_what_is_exposed_are_known_once_it_is_ready(house, connect) -> None:
    found = connect({"assist": True})
    await found.ready()
    assert found.version == "2024.3.3"
    assert found.states["sensor.outdoor_temperature"].value == "21.5"
    assert [(thing.name, thing.aliases, thing.area) for thing in found.exposed.things] == [
        ("bed lamp", (), "bedroom"),
        ("kitchen ceiling", ("big light",), "kitchen"),
    ]


async def test_a_service_changes_a_state_that_is_then_known(house, connect, until) -> None:
    found = connect()
    await call_service(found, "light.turn_on", {"entity_id": ["light.bed"]}, {"brightness_pct": 30})
    assert house.called == [("light.turn_on", {"entity_id": ["light.bed"], "brightness_pct": 30})]
    assert found.states["light.bed"].value == "on"


async def test_commands_at_the_same_time_get_their_own_answers(house, connect) -> None:
    found = connect()
    types = ["config/area_registry/list", "config/device_registry/list", "ping", "nonsense"] * 10
    results = await asyncio.gather(*(found.command(each) for each in types), return_exceptions=True)
    assert [result[0]["area_id"] for result in results[::4]] == ["kitchen"] * 10
    assert results[1::4] == [[]] * 10
    assert results[2::4] == [None] * 10
    assert {type(result) for result in results[3::4]} == {CommandError}


async def test_one_warning_an_outage_and_back_by_itself(house, connect, until, caplog) -> None:
    caplog.set_level(logging.INFO)
    found = connect()
    await found.ready()
    await house.hang_up()
    await until(lambda: house.logins >= 2 and len(house.sockets) == 1)
    await found.ready()
    assert await found.command("ping") is None
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [f"Home Assistant at {house.url} can't be used: it closed the connection; trying again"]
    assert sum("connected to Home Assistant" in message for message in caplog.messages) == 2


async def test_command_on_a_lost_connection_is_told_and_logged(house, connect, until, caplog) -> None:
    house.mute.add("call_service")
    found = connect()
    asked = asyncio.create_task(call_service(found, "light.turn_on", {"entity_id": ["light.bed"]}))
    await until(lambda: "call_service" in house.asked)
    await house.hang_up()
    with pytest.raises(ActionError, match=r"broke off the connection\. It may have been done, or not\."):
        await asked
    assert "the connection to Home Assistant broke off before it answered: call_service" in caplog.messages


@pytest.mark.parametrize("turns", range(12))
async def test_it_ends_even_if_the_connection_breaks_at_that_moment(house, connect, turns) -> None:
    found = connect()
    await found.ready()
    (running,) = (task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "Connection.run")
    await house.hang_up()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=5)
    assert done
    assert running.cancelled()


async def test_connection_on_which_nothing_answers_any_more_is_lost(house, connect, until, caplog, monkeypatch) -> None:
    monkeypatch.setattr(line, "PING_SECONDS", 0.03)
    found = connect()
    await found.ready()
    await until(lambda: house.asked.count("ping") >= 3)
    assert house.logins == 1
    house.mute.add("ping")
    await until(lambda: house.logins == 2)
    assert "can't be used: it no longer answers; trying again" in caplog.text


async def test_house_that_says_nothing_of_itself_is_not_ready(house, connect, until, caplog, monkeypatch) -> None:
    monkeypatch.setattr(module, "FIRST_READ_SECONDS", 0.03)
    house.mute.add("config/area_registry/list")
    found = connect()
    await until(lambda: "can't be used: it does not answer; trying again" in caplog.text)
    with pytest.raises(ActionError, match="can't be reached"):
        await found.ready(0)


async def test_certificate_of_the_house_is_checked(house, connect, until, tmp_path, caplog) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("")
    connect(url="https://127.0.0.1:9", tls={"ca_file": str(bad)})
    await until(lambda: str(bad) in caplog.text)


async def test_secret_and_certificate_are_read_beside_the_event_loop(house) -> None:
    threads = set()

    class Seen(TlsSettings):
        def context(self):
            threads.add(threading.get_ident())
            return super().context()

    def resolve(_):
        threads.add(threading.get_ident())
        return "long-lived"

    reference = SecretReference(env="T")
    settings = HomeAssistantSettings(url="https://127.0.0.1:9", token=reference, tls=Seen(verify=False))
    with pytest.raises(module.LostError):
        await module.Connection(settings, resolve).hold()
    assert threads
    assert threading.get_ident() not in threads


async def test_refused_token_is_tried_again_late_and_told_once(house, connect, until, caplog, monkeypatch) -> None:
    monkeypatch.setattr(module, "CONNECT_WAIT_SECONDS", 0.01)
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        await asyncio.sleep(0.001)

    found = connect(token="wrong")
    found._sleep = sleep
    await until(lambda: len(waits) >= 3)
    assert set(waits) == {module.REFUSED_SECONDS}
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "it does not accept the token: Invalid access token or password; see home_assistant.token" in warning
    assert "wrong" not in caplog.text
    with pytest.raises(ActionError, match="Home Assistant can't be reached"):
        await found.ready(0.01)


async def test_waits_grow_while_nothing_answers(house, connect, until) -> None:
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        await asyncio.sleep(0.001)

    found = connect(url="http://127.0.0.1:9")
    found._sleep = sleep
    await until(lambda: len(waits) >= 8)
    assert waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_answer_that_comes_too_late_is_logged(house, connect, until, caplog) -> None:
    house.mute.add("slow")
    found = connect()
    await found.ready()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await found.command("slow")
    id_ = found._line._protocol._last_id
    await house.say(f'{{"id": {id_}, "type": "result", "success": true, "result": null}}')
    await until(lambda: "an answer to slow that came too late" in caplog.text)
    assert await found.command("ping") is None


@pytest.mark.parametrize("text", ["{", "[1]", '{"type": "x"}', '{"id": 999, "type": "event", "event": {}}'])
async def test_whatever_is_sent_the_connection_goes_on(house, connect, until, caplog, text) -> None:
    found = connect()
    await found.ready()
    await house.say(text)
    await until(lambda: "sent what is not expected" in caplog.text)
    assert await found.command("ping") is None
    assert house.logins == 1


async def test_changes_of_the_house_are_followed(house, connect, until) -> None:
    found = connect({"assist": True})
    changes = []
    found.on_change(lambda: changes.append([thing.name for thing in found.exposed.things]))
    await until(lambda: len(changes) == 1)
    await house.add("light.desk", area="kitchen", exposed=True)
    await until(lambda: len(changes) == 2)
    assert changes[-1] == ["bed lamp", "desk", "kitchen ceiling"]
    house.entries["light.desk"]["aliases"] = ["work light"]
    await house.changed("entity")
    await until(lambda: len(changes) == 3)
    assert found.exposed.things[1].aliases == ("work light",)
    await house.remove("light.desk")
    await until(lambda: len(changes) == 4)
    await house.become("light.bed", "on")
    assert await found.command("ping") is None
    assert len(changes) == 4  # a state is no change of what can be said


async def test_without_an_administrators_token_the_registry_says_what_is_exposed(house, connect, caplog) -> None:
    caplog.set_level(logging.INFO)
    house.admin = False
    found = connect({"assist": True})
    await found.ready()
    assert [thing.id for thing in found.exposed.things] == ["light.bed", "light.kitchen_ceiling"]
    assert "does not answer homeassistant/expose_entity/list" in caplog.text


async def test_what_is_exposed_stays_known_in_an_outage(house, connect, until) -> None:
    found = connect({"assist": True})
    await found.ready()
    await house.hang_up()
    assert len(found.exposed.things) == 2
    house.mute |= {"subscribe_entities"}
    await until(lambda: not found.states)
    assert len(found.exposed.things) == 2
