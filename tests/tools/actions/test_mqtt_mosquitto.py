"""The broker is Debian's own mosquitto, each test's its own process."""

import asyncio
import json
import shutil
import socket
import subprocess
from pathlib import Path

import aiomqtt
import pytest
import trustme

from voiced.config.loading import load
from voiced.settings import SecretReference
from voiced.tools.broker import Broker
from voiced.tools.broker_settings import BrokerSettings
from voiced.tools.tls_settings import TlsSettings

EXAMPLES = Path(__file__).parents[3] / "config" / "tools.d" / "examples"
SECRET = "s3cret-value"  # as conftest.py has it
PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(PROGRAM is None, reason="mosquitto is not installed: apt-get install mosquitto"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    def __init__(self, folder, port, *lines):
        self.port = port
        self.file = folder / "mosquitto.conf"
        lines = lines or (f"listener {port} 127.0.0.1", "allow_anonymous true")
        self.file.write_text("\n".join([*lines, "persistence false", "user root", ""]))
        self.process = None

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            PROGRAM, "-c", self.file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(250):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return
        raise AssertionError("mosquitto does not start")

    async def stop(self):
        self.process.terminate()
        await self.process.wait()


@pytest.fixture
async def mosquitto(tmp_path):
    broker = Mosquitto(tmp_path, free_port())
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
def settings(mosquitto):
    return BrokerSettings(host="127.0.0.1", port=mosquitto.port)


@pytest.fixture
async def device(mosquitto):
    async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
        yield client


LAMP = {"lamp": {"type": "string"}, "level": {"type": "integer", "default": 0}}


async def test_message_reaches_the_device_typed_and_retained(make, calling, settings, device):
    tool = make(
        parameters=LAMP,
        mqtt={"topic": "zigbee2mqtt/{{ lamp }}/set", "json": {"level": "{{ level }}"}, "qos": 2, "retain": True},
    )
    async with calling(tool, mqtt=settings) as call:
        assert (await call(lamp="attic", level=5)).ok
        await device.subscribe("zigbee2mqtt/#")
        message = await anext(aiter(device.messages))
    assert (str(message.topic), message.payload, message.retain) == ("zigbee2mqtt/attic/set", b'{"level": 5}', True)


async def test_state_is_the_retained_message_and_what_comes_after_it(make, calling, settings, device):
    await device.publish("zigbee2mqtt/attic", '{"temperature": 20.5}', retain=True, qos=1)
    tool = make(parameters=LAMP, mqtt={"state_topic": "zigbee2mqtt/{{ lamp }}", "result": "temperature"})
    async with calling(tool, mqtt=settings) as call:
        assert '"result": 20.5' in (await call(lamp="attic")).output
        await device.publish("zigbee2mqtt/attic", '{"temperature": 21}', qos=1)
        while '"result": 21' not in (await call(lamp="attic")).output:
            await asyncio.sleep(0.01)


async def test_watched_state_needs_no_retained_message(make, calling, settings, device):
    tool = make(mqtt={"state_topic": "tele/plug/SENSOR", "result": "ENERGY.Power"})
    async with calling(tool, mqtt=settings) as call:
        asked = asyncio.create_task(call())
        while not asked.done():  # the device tells it now and then
            await device.publish("tele/plug/SENSOR", '{"ENERGY": {"Power": 60}}')
            await asyncio.sleep(0.02)
        assert '"result": 60' in (await asked).output


async def test_device_answers_a_request(make, calling, settings, device):
    await device.publish("stat/plug/RESULT", '{"POWER": "stale"}', retain=True, qos=1)
    await device.subscribe("cmnd/#", qos=1)

    async def answer():
        message = await anext(aiter(device.messages))
        await device.publish("stat/plug/RESULT", json.dumps({"POWER": message.payload.decode()}))

    tool = make(
        mqtt={
            "topic": "cmnd/plug/POWER",
            "payload": "ON",
            "response_topic": "stat/plug/RESULT",
            "result": "POWER",
        },
    )
    async with calling(tool, mqtt=settings) as call, asyncio.TaskGroup() as tasks:
        tasks.create_task(answer())
        assert '"result": "ON"' in (await call()).output


async def test_two_calls_that_are_answered_on_one_topic_get_each_its_own(make, calling, settings, device):
    await device.subscribe("cmnd/#", qos=1)

    async def answer():
        async for message in device.messages:
            await device.publish("stat/plug/RESULT", json.dumps({"POWER": message.payload.decode()}))

    tool = make(
        parameters={"to": {"enum": ["ON", "OFF"]}},
        mqtt={"topic": "cmnd/plug", "payload": "{{ to }}", "response_topic": "stat/plug/RESULT", "result": "POWER"},
    )
    async with calling(tool, mqtt=settings) as call, asyncio.TaskGroup() as tasks:
        answering = tasks.create_task(answer())
        states = ["ON", "OFF", "OFF", "ON"]
        outcomes = await asyncio.gather(*(call(to=state) for state in states))
        answering.cancel()
    assert [json.loads(outcome.output)["result"] for outcome in outcomes] == states


async def test_device_that_does_not_answer_keeps_the_next_call_from_its_turn_no_longer_than_it_waits(
    make, calling, settings, device
):
    await device.subscribe("cmnd/#", qos=1)

    async def answer_the_second():
        messages = aiter(device.messages)
        await anext(messages)
        await anext(messages)
        await device.publish("b", "at last")

    ask = {"topic": "cmnd/plug", "response_topic": "b"}
    tools = [make("deaf", mqtt=ask, timeout_seconds=0.3), make("good", mqtt=ask, timeout_seconds=8)]
    async with calling(*tools, mqtt=settings) as call, asyncio.TaskGroup() as tasks:
        tasks.create_task(answer_the_second())
        deaf, good = await asyncio.gather(call("deaf"), call("good"))
    assert (deaf.ok, json.loads(good.output)["result"]) == (False, "at last")


async def test_device_that_does_not_answer_is_told(make, calling, settings):
    tools = [
        make("ask", mqtt={"topic": "a", "response_topic": "b"}, timeout_seconds=0.5),
        make("state", mqtt={"state_topic": "nothing/there"}),
    ]
    async with calling(*tools, mqtt=settings) as call:
        assert (await call("ask")).error == "The device did not answer within 0.5 seconds."
        assert (await call("state")).error == "Nothing is known of its state."


async def test_connection_comes_back_with_what_is_watched(mosquitto, settings, caplog):
    caplog.set_level("INFO")
    broker = Broker(settings, lambda _: "", jitter=lambda: 0.05)
    broker.watch("home/mode")
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(broker.run())
        await broker.publish("home/mode", "day", qos=1, retain=True)
        assert await broker.state("home/mode") == b"day"
        await mosquitto.stop()
        while "trying again" not in caplog.text:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)  # several tries, none of which is told
        await mosquitto.start()
        await broker.publish("home/mode", "night", qos=1, retain=True)
        assert await broker.state("home/mode") == b"night"
        running.cancel()
    assert caplog.text.count("trying again") == 1
    assert caplog.text.count("connected to the MQTT broker") == 1


def example(name, tmp_path):
    (tmp_path / "tools.d").mkdir()
    shutil.copy(EXAMPLES / f"{name}.yaml", tmp_path / "tools.d")
    (tmp_path / "voiced.yaml").write_text("mqtt: {host: localhost}")
    return load(tmp_path / "voiced.yaml", environment={}).tools


async def test_tasmota_as_in_the_example(calling, settings, device, tmp_path):
    await device.subscribe("cmnd/#", qos=1)

    async def plug():
        power = "OFF"
        async for message in device.messages:
            if str(message.topic) == "cmnd/coffee/POWER":
                power = message.payload.decode() or power
                await device.publish("stat/coffee/RESULT", json.dumps({"POWER": power}))
            elif message.payload == b"8":
                energy = {"StatusSNS": {"ENERGY": {"Power": 900 if power == "ON" else 0}}}
                await device.publish("stat/coffee/STATUS8", json.dumps(energy))

    async with calling(*example("tasmota", tmp_path), mqtt=settings) as call, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(plug())
        assert "The coffee plug is on." in (await call("set_plug", plug="coffee", state="on")).output
        assert "The coffee plug uses 900 watts." in (await call("plug_power", plug="coffee")).output
        assert (await call("set_plug", plug="fan", state="on")).error == "The device did not answer within 4 seconds."
        running.cancel()


async def test_zigbee2mqtt_as_in_the_example(calling, settings, device, tmp_path):
    await device.subscribe("zigbee2mqtt/+/set", qos=1)
    climate = {"temperature": 21.4, "humidity": 60, "battery": 90}
    await device.publish("zigbee2mqtt/bathroom_sensor", json.dumps(climate), retain=True, qos=1)
    async with calling(*example("zigbee2mqtt", tmp_path), mqtt=settings) as call:
        assert "21.4 degrees and 60 percent humid" in (await call("bathroom_climate")).output
        assert (await call("zigbee_light", lamp="floor lamp", state="on")).ok
        assert (await call("zigbee_brightness", lamp="floor_lamp", level=50)).ok
        messages = aiter(device.messages)
        told = [json.loads((await anext(messages)).payload) for _ in range(2)]
    assert told == [{"state": "ON"}, {"brightness": 127, "transition": 1}]


async def test_login_and_tls_with_an_authority_of_the_house(make, calling, tmp_path):
    port = free_port()
    authority = trustme.CA()
    identity = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    identity.private_key_pem.write_to_path(tmp_path / "key.pem")
    identity.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "speaker", SECRET], check=True)
    mosquitto = Mosquitto(
        tmp_path,
        port,
        f"listener {port} 127.0.0.1",
        f"cafile {tmp_path}/ca.pem",
        f"certfile {tmp_path}/cert.pem",
        f"keyfile {tmp_path}/key.pem",
        f"password_file {passwords}",
    )
    await mosquitto.start()
    try:
        settings = BrokerSettings(
            host="localhost",
            port=port,
            username="speaker",
            password=SecretReference(credential="mqtt"),
            tls=TlsSettings(ca_file=tmp_path / "ca.pem"),
        )
        async with calling(make(mqtt={"topic": "a"}), mqtt=settings) as call:
            assert (await call()).ok
        stranger = settings.model_copy(update={"username": "nobody"})
        async with calling(make(mqtt={"topic": "a"}), mqtt=stranger) as call:
            assert (await call()).error == "The MQTT broker can't be reached."
    finally:
        await mosquitto.stop()
