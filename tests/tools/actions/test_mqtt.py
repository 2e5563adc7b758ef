import asyncio
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import voiced.tools.broker
from voiced.settings import SecretReference
from voiced.tools.actions.action import ActionError
from voiced.tools.actions.mqtt import Topic
from voiced.tools.broker import Broker
from voiced.tools.broker_settings import BrokerSettings
from voiced.tools.tls_settings import TlsSettings

TEXT = {"lamp": {"type": "string"}}


@given(st.text(), st.sampled_from(["{{ v }}", "home/{{ v }}/set", "a/{{ v }}"]))
def test_no_value_adds_a_level_or_stands_for_several(value, source):
    try:
        topic = Topic(source).render({"v": value})
    except ActionError:
        return
    assert topic.count("/") == source.count("/")
    assert not {"+", "#", "\0"} & set(topic)
    assert topic
    assert not topic.startswith("$")


@pytest.mark.parametrize(
    ("mqtt", "message"),
    [
        ({}, "give topic, to send a message, or state_topic"),
        ({"topic": "a", "state_topic": "b"}, "give topic, to send a message, or state_topic"),
        ({"topic": "a", "payload": "x", "json": {}}, "payload or json"),
        ({"state_topic": "a", "payload": "x"}, "payload needs a topic"),
        ({"topic": "a/#"}, "without + and #"),
        ({"topic": "a/{{ lmap }}"}, "unknown parameter 'lmap' (did you mean 'lamp'?)"),
        ({"topic": "a", "result": "state"}, "has no result; give response_topic"),
        ({"topic": "a", "qos": 3}, "0, 1 or 2"),
    ],
)
def test_mistake_in_a_message_is_named(make, mqtt, message):
    with pytest.raises(ValidationError) as caught:
        make(parameters=TEXT, mqtt=mqtt)
    assert message in json.dumps([error["msg"] for error in caught.value.errors()])


async def test_without_a_broker_the_tool_says_so(once):
    assert (await once({"mqtt": {"topic": "a"}}))["error"] == "No MQTT broker is set up."


async def test_broker_that_is_not_there_is_told_once_and_the_tool_fails(monkeypatch, caplog, unused_tcp_port):
    monkeypatch.setattr(voiced.tools.broker, "CONNECT_WAIT_SECONDS", 0.3)
    settings = BrokerSettings(host="127.0.0.1", port=unused_tcp_port)
    tries = []
    broker = Broker(settings, lambda _: "", jitter=lambda: tries.append(1) or 0.01)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(broker.run())
        with pytest.raises(ActionError, match="can't be reached"):
            await broker.publish("a", "", qos=0, retain=False)
        running.cancel()
    assert len(tries) > 1
    assert len([record for record in caplog.records if "trying again" in record.message]) == 1


async def test_secrets_and_certificates_are_read_beside_the_event_loop(unused_tcp_port):
    threads = set()

    class Seen(TlsSettings):
        def context(self):
            threads.add(threading.get_ident())
            return super().context()

    def resolve(_):
        threads.add(threading.get_ident())
        return "secret"

    tried = asyncio.Event()
    reference = SecretReference(env="X")
    settings = BrokerSettings(
        host="127.0.0.1", port=unused_tcp_port, username="me", password=reference, tls=Seen(verify=False)
    )
    broker = Broker(settings, resolve, jitter=lambda: tried.set() or 0.01)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(broker.run())
        await tried.wait()
        running.cancel()
    assert threads
    assert threading.get_ident() not in threads


def test_port_is_the_usual_one_with_and_without_tls():
    assert BrokerSettings(host="h").address == ("h", 1883)
    assert BrokerSettings(host="h", tls=True).address == ("h", 8883)
    with pytest.raises(ValidationError, match="belongs to a username"):
        BrokerSettings(host="h", password=SecretReference(env="X"))
