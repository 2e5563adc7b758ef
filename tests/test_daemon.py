"""The whole daemon on WAV files, as its own process: quick, and on every machine."""

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
import wave

import onnx
import pytest
from aiohttp import web
from demonstration import lamp, voice
from demonstration.hearing import plain, understood
from demonstration.stage import MOCK_PINS, lamp_tool, perform
from demonstration.timeline import Timeline
from onnx import TensorProto, helper

from voiced.paths import model_directories


def configuration(folder, tools=(), **more):
    return {
        "audio": {
            "input": {"device": f"file:{folder / 'mic.wav'}"},
            "output": {"device": f"file:{folder / 'speaker.wav'}", "volume": 100},
            "chimes": {"wake": False, "done": False, "error": False},
        },
        "conversation": {"follow_up_seconds": 0},
        "lights": {"driver": "rgb", "pins": {"red": 17, "green": 27, "blue": 22}},
        "tools": list(tools),
        **more,
    }


async def follow_until(stage, condition, seconds=30):
    timeline, events = Timeline(), []
    try:
        async with asyncio.timeout(seconds):
            async for event in stage.events():
                events.append(event)
                timeline.add(event)
                if condition(events):
                    return timeline, events
    except TimeoutError:
        pytest.fail(f"waited in vain; {[moment.text for moment in timeline.moments]}\n{stage.log}")
    pytest.fail(f"the daemon ended\n{stage.log}")


def phase_is(phase):
    return lambda events: any(event.get("phase") == phase for event in events[-1:])


def conversation_over(events):
    phases = [event["phase"] for event in events if event["event"] == "phase"]
    return "connecting" in phases and phases[-1] == "idle"


async def ask(folder, verb):
    reader, writer = await asyncio.open_unix_connection(folder / "run" / "control.sock")
    writer.write(json.dumps({"verb": verb}).encode() + b"\n")
    answer = json.loads(await reader.readline())
    writer.close()
    return answer


async def test_command_spoken_in_one_breath_switches_the_lamp_and_is_answered(tmp_path):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis turn on the kitchen light")])
    async with lamp.serve() as lamps:
        async with perform(tmp_path, configuration(tmp_path, [lamp_tool(lamps.url)]), MOCK_PINS) as stage:
            timeline, _ = await follow_until(stage, conversation_over)
        assert lamps.requests == [("kitchen", "on")]
    assert timeline.replies == ["The kitchen light is on."]
    assert understood(tmp_path / "speaker.wav", timeline.replies) == plain(timeline.replies[0])


@pytest.mark.system
async def test_microphone_that_is_missing_is_a_fault_that_heals(tmp_path):
    async with perform(tmp_path, configuration(tmp_path), MOCK_PINS) as stage:
        await follow_until(stage, phase_is("faulted"))
        voice.record(tmp_path / "mic.wav", [(1.0, "hello")])
        await follow_until(stage, phase_is("idle"))
        status = await ask(tmp_path, "status")
    assert status["microphone"]["hearing"]
    assert stage.log.count("WARNING") == 2, f"one line when it was missed, one when it was back\n{stage.log}"


def deaf_models(folder):
    """Models of which "hey jarvis" answers 0 to everything; the others are the real ones."""
    folder.mkdir()
    for path in model_directories()[0].iterdir():
        (folder / path.name).symlink_to(path)
    answer = helper.make_node("Constant", [], ["score"], value_float=0.0)
    window = helper.make_tensor_value_info("window", TensorProto.FLOAT, [1, 16, 96])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, [])
    model = helper.make_model(helper.make_graph([answer], "deaf", [window], [score]))
    model.opset_import[0].version, model.ir_version = 13, 8
    (folder / "hey_jarvis_v0.1.onnx").unlink()
    onnx.save(model, folder / "hey_jarvis_v0.1.onnx")
    return folder


@pytest.mark.system
async def test_deaf_wake_word_is_a_fault_that_no_microphone_heals(tmp_path):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis")])
    own = {"STATE_DIRECTORY": str(tmp_path / "state"), "VOICED_MODELS": str(deaf_models(tmp_path / "models"))}
    async with perform(tmp_path, configuration(tmp_path), {**MOCK_PINS, **own}) as stage:
        _, events = await follow_until(stage, phase_is("faulted"))
        assert await ask(tmp_path, "mute") == {"phase": "muted"}
        assert await ask(tmp_path, "unmute") == {"phase": "faulted"}
        status = await ask(tmp_path, "status")
    assert events[-1]["reason"].startswith("deaf to hey_jarvis (0.00 for its own clip)")
    assert status["wake"]["words"]["hey_jarvis"]["deaf"]
    assert stage.log.count("ERROR") == 1, stage.log


@pytest.mark.system
async def test_mute_drops_the_wake_word_and_unmute_hears_again(tmp_path):
    voice.record(tmp_path / "mic.wav", [(3.0, "hey jarvis")])
    async with perform(tmp_path, configuration(tmp_path), MOCK_PINS) as stage:
        await follow_until(stage, phase_is("idle"))
        assert await ask(tmp_path, "mute") == {"phase": "muted"}
        assert (await ask(tmp_path, "status"))["phase"] == "muted"
        await asyncio.sleep(4)  # the phrase passes meanwhile: the file plays in real time
        assert await ask(tmp_path, "unmute") == {"phase": "idle"}
        assert await ask(tmp_path, "listen") == {"phase": "connecting"}
        assert await ask(tmp_path, "stop") == {"phase": "idle"}
    assert "heard hey_jarvis" not in stage.log


@pytest.mark.system
async def test_sigterm_ends_it_in_order_in_the_middle_of_a_conversation(tmp_path):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis")])
    async with perform(tmp_path, configuration(tmp_path), MOCK_PINS) as stage:
        await follow_until(stage, phase_is("listening"))
        stage.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(stage.process.wait(), 5) == 0
    assert "Traceback" not in stage.log
    assert not (tmp_path / "run" / "control.sock").exists()


@pytest.mark.system
async def test_missing_secret_is_said_when_it_is_needed_and_the_speaker_goes_on(tmp_path):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis")])
    service = {
        "endpoint": "https://voiced.invalid/",
        "credential": {"api_key": {"env": "VOICED_NO_SUCH_KEY"}},
        "fallback": "none",
    }
    async with perform(tmp_path, configuration(tmp_path, voice_live=service), MOCK_PINS) as stage:
        await follow_until(stage, conversation_over)
    assert "VOICED_NO_SUCH_KEY is not set" in stage.log


@pytest.mark.system
async def test_lights_obey_when_the_internet_is_down(tmp_path):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis turn on the kitchen light")])
    service = {"endpoint": "https://voiced.invalid/", "credential": {"api_key": {"env": "PATH"}}}
    async with lamp.serve() as lamps:
        settings = configuration(tmp_path, [lamp_tool(lamps.url)], voice_live=service)
        async with perform(tmp_path, settings, MOCK_PINS) as stage:
            timeline, _ = await follow_until(stage, conversation_over)
            status = (await ask(tmp_path, "status"))["service"]
        assert lamps.requests == [("kitchen", "on")]
    assert timeline.replies == ["The kitchen light is on."]
    assert (status["name"], status["fallback"], status["outage"]["reason"]) == ("azure", "cascade", "unreachable")
    assert stage.log.count("Voice Live can't be had") == 1, stage.log


@contextlib.contextmanager
def systemd(folder, watchdog_ms):
    """systemd's end of the notification socket, and the environment that names it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(folder / "notify.sock"))
        end.setblocking(False)  # noqa: FBT003 (the standard library's signature)
        yield end, {"NOTIFY_SOCKET": str(folder / "notify.sock"), "WATCHDOG_USEC": str(watchdog_ms * 1000)}


async def test_systemd_is_told_readiness_once_frames_arrive_and_that_the_speaker_lives(tmp_path):
    voice.record(tmp_path / "mic.wav", [(2.0, "hello")])
    states = []
    with systemd(tmp_path, watchdog_ms=400) as (end, told):
        async with perform(tmp_path, configuration(tmp_path), {**MOCK_PINS, **told}), asyncio.timeout(20):
            while "READY=1" not in states or "WATCHDOG=1" not in states:
                states.append((await asyncio.get_running_loop().sock_recv(end, 4096)).decode())
    states = [state.split(":")[0] for state in states if state != "WATCHDOG=1"]
    assert states == ["STATUS=Starting", "STATUS=Idle", "READY=1"]


@pytest.mark.system
async def test_frozen_microphone_starves_the_watchdog(tmp_path):
    os.mkfifo(tmp_path / "mic.wav")  # opening it hangs for ever, as a broken driver does
    states = []

    async def hear(seconds):
        await asyncio.sleep(seconds)
        with contextlib.suppress(BlockingIOError):
            while True:
                states.append(end.recv(4096).decode())

    with systemd(tmp_path, watchdog_ms=200) as (end, told):
        async with perform(tmp_path, configuration(tmp_path), {**MOCK_PINS, **told}) as stage:
            async with asyncio.timeout(20):
                while "the watchdog goes hungry" not in stage.log:
                    await hear(0.02)
            await hear(0.1)
            states.clear()
            await hear(1)  # five times what the watchdog waits for
            stage.process.kill()
            await stage.process.wait()
    assert states == []


@pytest.mark.system
async def test_sigterm_ends_it_in_order_while_connecting(tmp_path):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis")])
    async with slow_service(60) as service:
        settings = configuration(
            tmp_path,
            voice_live={"endpoint": service.url, "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"},
        )
        async with perform(tmp_path, settings, MOCK_PINS) as stage:
            await follow_until(stage, phase_is("connecting"))
            stage.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(stage.process.wait(), 4) == 0
    assert "Traceback" not in stage.log


class Listener:
    """A Voice Live service that takes its time to accept a session and then keeps the sound it is sent."""

    def __init__(self, delay):
        self.sound = bytearray()
        self.session = {}
        self.enough = asyncio.Event()
        self.url = ""
        self._delay = delay

    async def handle(self, request):
        socket_ = web.WebSocketResponse()
        await socket_.prepare(request)
        async for message in socket_:
            event = json.loads(message.data)
            if event["type"] == "session.update":
                self.session = event["session"]
                await asyncio.sleep(self._delay)
                await socket_.send_json({"type": "session.updated"})
            elif event["type"] == "input_audio_buffer.append":
                self.sound += base64.b64decode(event["audio"])
                if len(self.sound) > 16_000 * 2 * (self._delay + 2):
                    self.enough.set()
        return socket_


@contextlib.asynccontextmanager
async def slow_service(delay):
    service = Listener(delay)
    application = web.Application()
    application.router.add_get("/voice-live/realtime", service.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = "http://{}:{}".format(*runner.addresses[0][:2])
    try:
        yield service
    finally:
        await runner.cleanup()


@pytest.mark.system
@pytest.mark.parametrize("delay", [0, 0.7, 3])
async def test_every_sample_since_the_lead_arrives_once_in_order_however_slow_the_service(tmp_path, delay):
    (wake,) = voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis")], tail=5 + delay)
    with wave.open(str(tmp_path / "mic.wav")) as file:
        captured = file.readframes(file.getnframes())
    async with slow_service(delay) as service:
        settings = configuration(
            tmp_path,
            voice_live={"endpoint": service.url, "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"},
            conversation={"silence_seconds": 20, "connect_seconds": 30, "lead_ms": 300},
        )
        async with perform(tmp_path, settings, MOCK_PINS) as stage:
            _, events = await follow_until(stage, lambda seen: seen[-1]["event"] == "WakeWordDetected")
            await asyncio.wait_for(service.enough.wait(), 20)
    position = events[-1]["position"]
    assert position > wake.begin
    begin = (position - 300 * 16) * 2
    assert bytes(service.sound) == captured[begin : begin + len(service.sound)], "the hiss numbers the samples"


@pytest.mark.system
@pytest.mark.parametrize("delay", [0, 1])
async def test_half_duplex_sends_silence_while_the_speaker_sounds_however_slow_the_service(tmp_path, delay):
    voice.record(tmp_path / "mic.wav", [(2.0, "hey jarvis")], tail=8)
    async with slow_service(delay) as service:
        settings = configuration(
            tmp_path,
            voice_live={"endpoint": service.url, "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"},
        )
        settings["audio"]["half_duplex"] = True
        settings["audio"]["chimes"] = {"wake": True, "done": False, "error": False}
        async with perform(tmp_path, settings, MOCK_PINS):
            await asyncio.wait_for(service.enough.wait(), 20)
    silent = [not any(service.sound[start : start + 640]) for start in range(0, len(service.sound) - 639, 640)]
    assert 4 <= sum(silent) <= 20, "about as long as the chime"
    assert not any(silent[-20:]), "and no longer"
    assert (tmp_path / "state" / "usage.json").exists(), "what it used is in its own folder, not in the owner's"


@pytest.mark.system
async def test_service_on_the_device_does_not_answer_the_wake_word_alone(tmp_path):
    voice.record(tmp_path / "mic.wav", [(3.0, "hey jarvis")], tail=6)
    settings = configuration(tmp_path, conversation={"silence_seconds": 2})
    async with perform(tmp_path, settings, MOCK_PINS) as stage:
        _, events = await follow_until(stage, conversation_over)
    assert events[-1]["reason"].startswith("false wake: hey_jarvis (")
    with wave.open(str(tmp_path / "speaker.wav")) as file:
        assert not any(file.readframes(file.getnframes()))


@pytest.mark.system
async def test_wake_word_after_which_nobody_speaks_is_a_false_wake_counted_and_kept_in_silence(tmp_path):
    voice.record(tmp_path / "mic.wav", [(3.0, "hey jarvis")], tail=8)
    async with slow_service(0) as service:
        settings = configuration(
            tmp_path,
            voice_live={"endpoint": service.url, "credential": {"api_key": {"env": "PATH"}}, "fallback": "none"},
            conversation={"silence_seconds": 1.5},
            wake_words=[{"model": "alexa"}, {"model": "hey_jarvis", "persona": "butler", "chime": False}],
            personas={"butler": {"voice": "alloy", "instructions": "Yes, sir.", "language": "en-GB"}},
            privacy={"wake_clips": {"keep": 5}},
        )
        settings["audio"]["chimes"] = {"wake": True, "done": True, "error": False}
        own = {"STATE_DIRECTORY": str(tmp_path / "state"), "VOICED_MODELS": str(model_directories()[0])}
        async with perform(tmp_path, settings, {**MOCK_PINS, **own}) as stage:
            _, events = await follow_until(stage, conversation_over)
            wake = (await ask(tmp_path, "status"))["wake"]
    assert (service.session["instructions"], service.session["voice"]["name"]) == ("Yes, sir.", "alloy")
    assert events[-1]["reason"].startswith("false wake: hey_jarvis (")
    jarvis, alexa = wake["words"]["hey_jarvis"], wake["words"]["alexa"]
    assert (jarvis["wakes"], jarvis["false_wakes"], jarvis["near_misses"], sum(jarvis["histogram"][5:])) == (1, 1, 0, 1)
    assert (alexa["wakes"], alexa["false_wakes"]) == (0, 0)
    assert wake["dropped"] == 0
    assert wake["steps"] > 0
    (clip,) = (tmp_path / "state" / "wake-clips").iterdir()
    assert clip.name.endswith("-false_wake.wav")
    with wave.open(str(clip)) as file, wave.open(str(tmp_path / "mic.wav")) as microphone:
        assert file.getnframes() == 3 * 16_000
        kept, heard = file.readframes(3 * 16_000), microphone.readframes(microphone.getnframes())
    assert heard.find(kept) % 2 == 0, "the hiss makes every stretch of it the only one of its kind"
    with wave.open(str(tmp_path / "speaker.wav")) as file:
        assert not any(file.readframes(file.getnframes())), "neither this word's chime nor the one at the end"
