"""A running virtual machine of `scripts/vm`, its commands and the folder shared with it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deb import CHECKOUT
from installed import MachineError

INSIDE = Path("/mnt/share")
"""Where the shared folder is inside."""
LIFETIME_SECONDS = 7200
"""After which the machine is switched off, whoever forgot it."""
BOOT = "boot"
"""The command that nobody gives, number 0: its end is the machine's readiness for others."""
BOOT_SECONDS = 600.0
POWER_OFF_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status (negative: a signal) and all it wrote."""

    status: int
    output: str


class Running:
    """A command under way in the machine."""

    def __init__(self, machine: "Machine", number: int, command: str) -> None:
        self._machine = machine
        self._number = number
        self.command = command
        self.future: Future[Ended] = Future()

    @property
    def ended(self) -> bool:
        return self.future.done()

    def wait(self, seconds: float = 60.0) -> Ended:
        """Its end. Raises `MachineError` where that takes longer."""
        try:
            return self.future.result(seconds)
        except TimeoutError:
            raise MachineError(f"still running after {seconds:g} s: {self.command}") from None

    def terminate(self) -> None:
        """Ask its first process to end."""
        self.signal(signal.SIGTERM)

    def signal(self, number: signal.Signals) -> None:
        """To its first process."""
        self._machine.send({"id": self._number, "signal": int(number)})

    def stop(self, seconds: float = 30.0) -> Ended:
        """Ask it to end; its end."""
        self.terminate()
        return self.wait(seconds)


class Machine:
    """Use it as a context: it boots on entry, and is switched off and thrown away on exit.

    Attributes:
        architecture: amd64, or arm64, which is a virtual Raspberry Pi 4.
        share: the folder that is `INSIDE` inside.
        boot_seconds: from the emulator's start, or the last order to boot, to the first command.
    """

    def __init__(self, architecture: str = "amd64", *, durable: bool = False) -> None:
        """A durable one may reboot, and be powered off and on; a throw-away copy of its disk goes with the context."""
        self.architecture = architecture
        self._durable = durable
        self.share = Path(tempfile.mkdtemp(prefix="voiced-vm-"))  # short: a socket's path has 107 bytes
        self.boot_seconds = 0.0
        self._console = self.share / "console.log"
        self._running: dict[int, Running] = {}
        self._lock = threading.Lock()
        self._count = 0
        self._process: subprocess.Popen[bytes]
        self._line: socket.socket
        self._listener: threading.Thread

    def __enter__(self) -> Self:
        shutil.copy(Path(__file__).with_name("agent.py"), self.share)
        (self.share / "run.sh").write_text(
            f"exec /usr/bin/python3 {INSIDE}/agent.py /dev/virtio-ports/commands\n", encoding="utf-8"
        )
        try:
            self._build()
            self.power_on()
        except BaseException:
            self._switch_off()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._switch_off()

    def run(self, command: str, seconds: float = 60.0) -> str:
        """What a shell command wrote. Raises `MachineError` where it fails or takes longer."""
        ended = self.start(command).wait(seconds)
        if ended.status:
            raise MachineError(f"status {ended.status}: {command}\n{ended.output}")
        return ended.output

    def start(self, command: str) -> Running:
        """A shell command, as root, that runs beside others."""
        with self._lock:
            self._count += 1
            running = self._running[self._count] = Running(self, self._count, command)
        self.send({"id": self._count, "run": command})
        return running

    @contextmanager
    def running(self, command: str) -> Iterator[Running]:
        """A shell command for the length of a context, then it is asked to end."""
        running = self.start(command)
        try:
            yield running
        finally:
            if not running.ended:
                running.stop()

    def send(self, message: dict[str, object]) -> None:
        self._line.sendall(json.dumps(message).encode() + b"\n")

    def reboot(self) -> None:
        """In order, and for real: the emulator runs on. Returns with the first command of the next boot."""
        began = time.monotonic()
        ready = self._running[0] = Running(self, 0, BOOT)
        self.start("systemctl reboot")
        self._await_boot(ready, began)

    def power_off(self, seconds: float = POWER_OFF_SECONDS) -> None:
        """In order. Raises `MachineError` where it takes longer."""
        self.start("systemctl poweroff")
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise MachineError(f"still on after {seconds:g} s:\n{self.console}") from None
        self._listener.join()
        self._line.close()

    def power_on(self) -> None:
        """Boot; returns with the first command."""
        began = time.monotonic()
        disk = ["--disk", self.share / "disk.qcow2"] if self._durable else []
        with self._console.open("ab") as console:
            self._process = subprocess.Popen(
                [*self._program, *disk, "run", self.share, str(LIFETIME_SECONDS)],
                env={**os.environ, "VOICED_VENV": sys.prefix},
                stdout=console,
                stderr=console,
            )
        ready = self._running[0] = Running(self, 0, BOOT)
        self._line = self._connect(began + BOOT_SECONDS)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._await_boot(ready, began)

    @property
    def console(self) -> str:
        """What the machine wrote on its console."""
        return self._console.read_text(encoding="utf-8", errors="replace") if self._console.exists() else ""

    @property
    def _program(self) -> list[str | Path]:
        return [CHECKOUT / "scripts/vm", "--arch", self.architecture]

    def _build(self) -> None:
        built = subprocess.run(
            [*self._program, "build"],
            env={**os.environ, "VOICED_VENV": sys.prefix},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if built.returncode:
            raise MachineError(f"the virtual machine can't be built:\n{built.stdout}")

    def _await_boot(self, ready: Running, began: float) -> None:
        try:
            ready.wait(began + BOOT_SECONDS - time.monotonic())
        except MachineError:
            raise MachineError(f"the machine did not boot within {BOOT_SECONDS:g} s:\n{self.console}") from None
        self.boot_seconds = time.monotonic() - began

    def _connect(self, deadline: float) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        while True:
            try:
                line.connect(str(self.share / "commands"))
            except OSError as error:  # not yet
                if time.monotonic() > deadline or self._process.poll() is not None:
                    line.close()
                    raise MachineError(f"the emulator did not start: {error}\n{self.console}") from error
                time.sleep(0.1)
            else:
                return line

    def _listen(self) -> None:
        with self._line.makefile("rb") as lines:
            for line in lines:
                message = json.loads(line)
                with self._lock:
                    running = self._running.pop(message["id"])
                if running.command == BOOT:
                    self._forget_the_rest()
                running.future.set_result(Ended(message["status"], message["output"]))
        self._forget_the_rest()

    def _forget_the_rest(self) -> None:
        with self._lock:
            left, self._running = self._running, {}
        for running in left.values():
            running.future.set_exception(MachineError(f"the machine has gone during: {running.command}"))

    def _switch_off(self) -> None:
        if process := getattr(self, "_process", None):
            process.terminate()  # its disk is a throw-away copy
            try:
                process.wait(POWER_OFF_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if line := getattr(self, "_line", None):
            line.close()
        shutil.rmtree(self.share, ignore_errors=True)
