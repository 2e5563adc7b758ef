"""The `command` action: a program with an argument list, and its output as JSON or text."""

import os
from collections.abc import Collection, Iterator

from pydantic import JsonValue

from voiced.settings import SecretReference
from voiced.tools import templates
from voiced.tools.actions import child
from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.actions.command_settings import CommandAction
from voiced.tools.actions.picking import json_or_text, pick
from voiced.tools.templates import Text, Values
from voiced.tools.wires import Wires, secret_at

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "TZ")


class Command:
    """An `Action`. `listed` are the parameters whose every value the owner wrote down, so that none can do harm."""

    def __init__(self, settings: CommandAction, wires: Wires, listed: Collection[str] = ()) -> None:
        self._settings = settings
        self._wires = wires
        self._program = os.path.basename(settings.argv[0])  # noqa: PTH119 (a name, which may have no path)
        ends = settings.argv.index("--") if "--" in settings.argv else len(settings.argv)
        self._arguments = [
            Argument(source, listed, option=index <= ends) for index, source in enumerate(settings.argv[1:], 1)
        ]
        self._stdin = None if settings.stdin is None else Text(settings.stdin)

    async def __call__(self, values: Values) -> Answer:
        """Run it; any exit status but 0 is an `ActionError`."""
        argv = [self._settings.argv[0], *(argument.render(values) for argument in self._arguments)]
        stdin = None if self._stdin is None else self._stdin.render(values).encode()
        try:
            ended = await child.run(
                argv,
                stdin=stdin,
                environment=self._environment(),
                directory=self._settings.directory or "/",
                limit=self._settings.output_bytes,
            )
        except FileNotFoundError as error:
            raise ActionError(f"The program {self._program} is not there.", str(error)) from error
        except (OSError, ValueError) as error:  # the latter for a zero byte
            raise ActionError(f"The program {self._program} can't be started.", str(error)) from error
        except child.FloodError as error:
            raise ActionError(f"The program {self._program} wrote too much.") from error
        if ended.status:
            raise ActionError(f"{self._program} {_failure(ended.status)}.", _last_line(ended.stderr))
        return Answer(pick(self._settings.result, self._parsed(ended.stdout), self._program))

    def _environment(self) -> dict[str, str]:
        # nothing of the daemon's own: systemd's sockets and credentials, the keys of a developer's shell
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment["PATH"] = PATH
        for name, value in self._settings.environment.items():
            environment[name] = secret_at(value, self._wires) if isinstance(value, SecretReference) else value
        return environment

    def _parsed(self, output: bytes) -> JsonValue:
        try:
            text = output.decode().strip()
        except UnicodeDecodeError as error:
            raise ActionError(f"{self._program} wrote binary data.") from error
        return json_or_text(text)


class Argument:
    """One argument, whose owner decides where it leads: no value makes it an option, or another path.

    `option` is whether the program would take it for one if it began with a hyphen.
    """

    def __init__(self, source: str, listed: Collection[str] = (), *, option: bool = True) -> None:
        self._source = source
        self._text = Text(source)
        self._open = templates.variables(source) - frozenset(templates.SURROUNDINGS) - frozenset(listed)
        self._option = option

    def render(self, values: Values) -> str:
        """The argument; raises `ActionError`, `RenderError`."""
        argument = self._text.render(values)
        if "\0" in argument:
            raise ActionError("A value can't contain a zero byte.")
        if not self._open:
            return argument
        own = templates.literal(self._source)
        for name in sorted(self._open):
            for value in _texts(values.get(name)):
                if "/" in own and "/" in value:
                    raise ActionError(f"The {name} can't contain a slash.")
                if value.startswith("/"):  # a path of its own also behind `of=`
                    raise ActionError(f"The {name} can't begin with a slash.")
        if not self._source.startswith("-") and argument.startswith("-") and self._option:
            raise ActionError("A value can't begin with a hyphen.", "write `--` before the argument to allow it")
        if argument.startswith("/") and not self._source.startswith("/"):
            raise ActionError("A value can't begin with a slash.")
        if argument.split("/").count("..") > own.split("/").count(".."):
            raise ActionError("A value can't lead out of its folder.")
        return argument


def _texts(value: object) -> Iterator[str]:
    """A value as the template may write it; of a list, each item."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    else:
        yield str(value)


def _failure(status: int) -> str:
    return f"failed with status {status}" if status > 0 else f"was ended by signal {-status}"


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
