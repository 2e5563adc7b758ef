"""A virtual machine as its owner uses it, and what the kernel says of the lines of its GPIO chip."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from installed import COMMAND_SECONDS, MachineError
from machine import INSIDE, Machine, Running

_LOOK = 'for _ in range(200): print(open("/sys/kernel/debug/gpio").read())'
_LINE = re.compile(r"^ gpio-(\d+) +\(.*\|.*\) out +(hi|lo)", re.MULTILINE)
_FIRST = re.compile(r"^gpiochip0: GPIOs (\d+)-", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Owned:
    """Commands word by word, and root's files, as `installed.Machine` has them."""

    machine: Machine

    def run(self, *command: str, check: bool = True, seconds: float = COMMAND_SECONDS) -> str:
        """What a command wrote. Raises `MachineError` where it fails, with `check`, or takes longer."""
        ended = self.machine.start(shlex.join(command)).wait(seconds)
        if check and ended.status:
            raise MachineError(f"status {ended.status}: {shlex.join(command)}\n{ended.output}")
        return ended.output

    def start(self, output: Path, *command: str) -> Running:
        """Start a command that writes into a file of the shared folder."""
        output.write_bytes(b"")
        inside = INSIDE / output.relative_to(self.machine.share)
        return self.machine.start(f"exec {shlex.join(command)} >{inside} 2>&1")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put root's file where it belongs in the machine."""
        (self.machine.share / "written").write_text(text, encoding="utf-8")
        self.machine.run(f"install -D -m {mode:o} {INSIDE}/written {path}")


def lit(machine: Machine) -> dict[int, float]:
    """How often each line that somebody drives is high, 0 to 1, by what the kernel shows: pulses dim a light."""
    text = machine.run(f"python3 -c '{_LOOK}'")
    first = int(_FIRST.findall(text)[0])
    levels: dict[int, list[bool]] = {}
    for number, level in _LINE.findall(text):
        levels.setdefault(int(number) - first, []).append(level == "hi")
    return {line: sum(high) / len(high) for line, high in sorted(levels.items())}
