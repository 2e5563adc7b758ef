"""What the daemon does not load before somebody needs it: memory that is idle, and time before it listens."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest
from demonstration import voice
from demonstration.stage import state_for

UNNEEDED = (
    "aiohttp.web",
    "aiomqtt",
    "azure.identity",
    "babel",
    "gpiozero",
    "hassil",
    "httpx",
    "jinja2",
    "jsonschema",
    "livekit",
    "mcp",
    "numpy.random",
    "onnx",
    "opentelemetry",
    "pickletools",
    "pocketsphinx",
    "prometheus_client",
    "referencing",
    "sqlite3",
    "unicode_rbnf",
    "voiced.cascade.recogniser",
    "voiced.cascade.session",
    "voiced.config.collisions",
    "voiced.tools.home_assistant.connection",
    "voiced.tools.mcp.schemas",
)
_PROBE = """
import json, signal, sys
def tell(*_):
    described = sys.modules["voiced.config.schema"].VoicedSettings.model_fields["speaker"].description is not None
    print(json.dumps([*sys.modules, *["descriptions of settings"] * described]), flush=True)
signal.signal(signal.SIGUSR1, tell)
"""
_RUN = _PROBE + "from voiced.cli import main\nsys.exit(main())"
_IMPORT = _PROBE + "import voiced.cli.run, voiced.daemon, voiced.audio.portaudio\ntell()"


def test_imports_of_the_daemon_are_what_every_speaker_needs():
    done = subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) & set(UNNEEDED) == set()


@pytest.mark.system
def test_idle_daemon_has_loaded_what_every_speaker_needs(tmp_path):
    voice.record(tmp_path / "mic.wav", [(20.0, "hello")])
    (tmp_path / "run").mkdir()
    files = {"input": {"device": f"file:{tmp_path}/mic.wav"}, "output": {"device": f"file:{tmp_path}/speaker.wav"}}
    cloud = {"endpoint": "https://voiced.invalid/", "credential": {"api_key": {"env": "PATH"}}}
    (tmp_path / "voiced.yaml").write_text(json.dumps({"audio": files, "voice_live": cloud}))
    own = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "RUNTIME_DIRECTORY": str(tmp_path / "run"),
        "STATE_DIRECTORY": str(state_for(tmp_path / "state")),
    }
    command = [sys.executable, "-c", _RUN, "run", "--config", str(tmp_path / "voiced.yaml")]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(own["NOTIFY_SOCKET"])
        told.settimeout(30)
        with subprocess.Popen(command, env={**os.environ, **own}, stdout=subprocess.PIPE, text=True) as daemon:
            try:
                while told.recv(4096) != b"READY=1":
                    pass
                daemon.send_signal(signal.SIGUSR1)
                loaded = set(json.loads(daemon.stdout.readline()))
            finally:
                daemon.send_signal(signal.SIGTERM)
    assert loaded & set(UNNEEDED) == set()
    assert "voiced.daemon" in loaded
    assert "descriptions of settings" not in loaded
