"""A sound card without hardware: ALSA devices with the pacing of real ones, on a PulseAudio daemon of one's own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

MICROPHONE = "voiced_mic"
"""ALSA device to capture from: hears what `SoundCard.play` plays, 16 kHz mono."""
SPEAKER = "voiced_speaker"
"""ALSA device to play to: heard by `SoundCard.record`, 24 kHz mono."""
MICROPHONE_RATE = 16_000
SPEAKER_RATE = 24_000
_RATES = {MICROPHONE: MICROPHONE_RATE, SPEAKER: SPEAKER_RATE}

_PROGRAMS = ("pulseaudio", "pactl", "paplay", "parec", "setpriv")
_START_SECONDS = 15
_STOP_SECONDS = 5
_TAIL_SECONDS = 0.5
"""Recorded after the context's end: what was played in it is still on its way."""

# The whole of ALSA's configuration, without the system's: real cards are out of sight.
_ALSA = """\
pcm.voiced_mic {{ type pulse server "{server}" device "voiced_mic.monitor" hint {{ show on }} }}
pcm.voiced_speaker {{ type pulse server "{server}" device "voiced_speaker" hint {{ show on }} }}
pcm.default {{ type asym capture.pcm "voiced_mic" playback.pcm "voiced_speaker" hint {{ show on }} }}
ctl.default {{ type pulse server "{server}" }}
"""


class SoundCardError(Exception):
    """The virtual sound card doesn't work; the message has what PulseAudio said."""


class SoundCard:
    """A microphone and a speaker that other processes open as ALSA devices, for the life of the context.

    Several may live at once; each has its own daemon, socket and folder, and leaves nothing behind.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if absent := [program for program in _PROGRAMS if shutil.which(program) is None]:
            raise SoundCardError(f"{', '.join(absent)} missing; ./scripts/test --system installs what it needs")
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voiced-sound-")))
            self._server = f"unix:{self._folder}/socket"
            (self._folder / "asound.conf").write_text(_ALSA.format(server=self._server))
            (self._folder / "client.conf").write_text("autospawn = no\nenable-shm = no\n")
            stack.enter_context(self._daemon())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def environment(self) -> dict[str, str]:
        """This process's environment, changed so that a child's ALSA and PulseAudio know this sound card only."""
        return os.environ | {
            "ALSA_CONFIG_PATH": str(self._folder / "asound.conf"),
            "JACK_NO_START_SERVER": "1",  # PortAudio would ask for one
            "PULSE_CLIENTCONFIG": str(self._folder / "client.conf"),
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(self._folder),
            "PULSE_SERVER": self._server,
            "PULSE_STATE_PATH": str(self._folder),
        }

    def play(self, wav: Path) -> None:
        """Play a WAV file into the microphone; returns when it was heard to its end. Raises `SoundCardError`."""
        done = self._run("paplay", f"--device={MICROPHONE}", str(wav))
        if done.returncode:
            raise SoundCardError(f"paplay {wav}: {done.stderr.strip()}")

    @contextmanager
    def record(self, wav: Path) -> Iterator[None]:
        """Record what the speaker plays during the context into a 24 kHz mono WAV file. Raises `SoundCardError`."""
        command = [
            *("parec", "--verbose", f"--device={SPEAKER}.monitor", "--latency-msec=20"),
            *("--format=s16le", f"--rate={SPEAKER_RATE}", "--channels=1", "--file-format=wav", str(wav)),
        ]
        with self._process(command, self.environment()) as process:
            process.wait_until(lambda: "Connected to device" in process.output())
            yield
            complete = wav.stat().st_size + round(_TAIL_SECONDS * SPEAKER_RATE * 2)
            process.wait_until(lambda: wav.stat().st_size >= complete)

    @contextmanager
    def unplugged(self, device: str) -> Iterator[None]:
        """Without a device during the context, as if its cable were pulled; others stay. Raises `SoundCardError`."""
        rate = _RATES[device]
        # PulseAudio would move the streams to another device; that of a pulled cable ends
        self._command(*self._kills(device), f"unload-module {self._modules[device]}")
        try:
            yield
        finally:
            self._modules[device] = self._pactl("load-module", "module-null-sink", *_sink(device, rate))

    @contextmanager
    def crashed(self) -> Iterator[None]:
        """Without PulseAudio during the context: killed at its beginning, started anew at its end."""
        self._daemon_process.kill()
        try:
            yield
        finally:
            self._start_daemon()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """With a PulseAudio that doesn't answer during the context."""
        self._daemon_process.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self._daemon_process.send(signal.SIGCONT)

    def _kills(self, device: str) -> list[str]:
        """PulseAudio's commands that end every stream of a device."""
        commands = []
        for stream, place, name in (("sink-input", "sink", device), ("source-output", "source", f"{device}.monitor")):
            places = {line.split()[1]: line.split()[0] for line in self._list(f"{place}s")}
            commands += [
                f"kill-{stream} {line.split()[0]}"
                for line in self._list(f"{stream}s")
                if line.split()[1] == places[name]
            ]
        return commands

    def _command(self, *lines: str) -> None:
        """Give PulseAudio commands that pactl doesn't know, and wait until they are done."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_STOP_SECONDS)
            connection.connect(f"{self._folder}/commands")
            connection.sendall("\n".join([*lines, ""]).encode())
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass

    def _list(self, what: str) -> list[str]:
        return self._pactl("list", "short", what).splitlines()

    def _pactl(self, *arguments: str) -> str:
        done = self._run("pactl", *arguments)
        if done.returncode:
            raise SoundCardError(f"pactl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    @contextmanager
    def _daemon(self) -> Iterator[None]:
        self._start_daemon()
        try:
            yield
        finally:
            self._daemon_process.stop()

    def _start_daemon(self) -> None:
        command = [
            *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"),
            *("--disable-shm=yes", "--high-priority=no", "--realtime=no", "--log-target=stderr"),
            f"--load=module-native-protocol-unix socket={self._folder}/socket auth-anonymous=1",
            f"--load=module-cli-protocol-unix socket={self._folder}/commands",
            *(f"--load=module-null-sink {' '.join(_sink(device, rate))}" for device, rate in _RATES.items()),
        ]
        environment = self.environment() | {"HOME": str(self._folder), "XDG_RUNTIME_DIR": str(self._folder)}
        del environment["PULSE_SERVER"]  # a daemon that is told of one doesn't start
        self._daemon_process = _Process(command, environment, self._folder / "pulseaudio.log")
        try:
            self._daemon_process.wait_until(lambda: self._run("pactl", "info").returncode == 0)
        except SoundCardError:
            self._daemon_process.kill()
            raise
        self._modules = {
            device: line.split()[0]
            for line in self._list("modules")
            for device in _RATES
            if f"sink_name={device} " in line
        }

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)

    @contextmanager
    def _process(self, command: list[str], environment: dict[str, str]) -> Iterator["_Process"]:
        process = _Process(command, environment, self._folder / f"{command[0]}.log")
        try:
            yield process
        finally:
            process.stop()


def _sink(device: str, rate: int) -> list[str]:
    # norewinds: else a null sink renders, and its monitor hears, two seconds at a time
    return [f"sink_name={device}", f"rate={rate}", "channels=1", "norewinds=1"]


class _Process:
    """A program that runs until it is stopped; ends with the test run even where that is killed."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._name = command[0]
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command],
                env=environment | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def output(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return once it is ready. Raises `SoundCardError` if it ends before, or takes too long."""
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SoundCardError(f"{self._name} is not ready: {self.output().strip()[-2000:]}")
            time.sleep(0.02)

    def send(self, signum: int) -> None:
        """Send it a signal."""
        self._process.send_signal(signum)

    def kill(self) -> None:
        """End it by force."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it in good order, so that files are complete; by force if it doesn't follow. Raises `SoundCardError`."""
        ended = self._process.poll()
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if ended is not None:
            raise SoundCardError(f"{self._name} ended by itself ({ended}): {self.output().strip()[-2000:]}")
