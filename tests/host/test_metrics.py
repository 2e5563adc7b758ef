import asyncio
import socket

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError

from voiced.host.metrics import Metrics, serve
from voiced.host.settings import MetricsSettings


def figures(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_holds_is_read_from_the_status(speaker_status):
    found = figures(Metrics(lambda: speaker_status).text().decode())
    assert found["voiced_wakes_total", ("word", "hey_jarvis")] == 3
    assert found["voiced_phase", ("phase", "idle")] == 1
    assert found["voiced_microphone_rms_dbfs",] == -42.5
    assert found["voiced_loudspeaker_underruns_total",] == 2
    assert found["voiced_outage_seconds",] == 12
    assert found["voiced_cost", ("currency", "EUR"), ("period", "today")] == 0.25
    assert found["voiced_budget_spent",] == 1
    assert ("voiced_cost", ("currency", "EUR"), ("period", "month")) not in found


def test_what_happens_is_counted(speaker_status):
    metrics = Metrics(lambda: speaker_status)
    metrics.stages.labels("first_sample").observe(0.3)
    metrics.tools.labels("set_light", "failed").inc()
    found = figures(metrics.text().decode())
    assert found["voiced_turn_stage_seconds_bucket", ("le", "0.3"), ("stage", "first_sample")] == 1
    assert found["voiced_turn_stage_seconds_bucket", ("le", "0.2"), ("stage", "first_sample")] == 0
    assert found["voiced_tool_calls_total", ("outcome", "failed"), ("tool", "set_light")] == 1


async def test_metrics_are_served_on_a_socket(tmp_path, speaker_status):
    path, done = tmp_path / "metrics.sock", asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(serve(Metrics(lambda: speaker_status), f"unix:{path}", done.wait))
        while not path.is_socket():
            await asyncio.sleep(0.01)
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as client,
            client.get("http://voiced/metrics") as answer,
        ):
            assert answer.content_type == "text/plain"
            assert "voiced_wakes_total" in await answer.text()
        done.set()


async def test_port_that_is_taken_is_one_warning(caplog, speaker_status):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        await serve(Metrics(lambda: speaker_status), f"127.0.0.1:{taken.getsockname()[1]}", asyncio.Event().wait)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no metrics at 127.0.0.1" in caplog.text


@pytest.mark.parametrize("listen", ["127.0.0.1:9477", "[::1]:9477", "localhost:0", "unix:/run/voiced/metrics.sock"])
def test_places_on_this_device_are_accepted(listen):
    assert MetricsSettings(listen=listen).listen == listen


@pytest.mark.parametrize(
    ("listen", "told"),
    [
        ("0.0.0.0:9477", "not this device"),
        ("kitchen.local:9477", "not this device"),
        ("9477", "HOST:PORT"),
        ("127.0.0.1:x", "HOST:PORT"),
        ("unix:metrics.sock", "absolute"),
    ],
)
def test_other_places_are_refused_with_the_reason(listen, told):
    with pytest.raises(ValidationError, match=told):
        MetricsSettings(listen=listen)


async def test_file_in_the_sockets_place_is_left_alone(tmp_path, caplog, speaker_status):
    path = tmp_path / "precious"
    path.write_text("mine")
    await serve(Metrics(lambda: speaker_status), f"unix:{path}", asyncio.Event().wait)
    assert path.read_text() == "mine"
    assert "no metrics" in caplog.text
