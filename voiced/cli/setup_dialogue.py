"""Questions on a terminal, each with a default that Enter takes."""

import getpass
from collections.abc import Callable, Sequence
from dataclasses import dataclass


class EndedError(Exception):
    """Whoever was asked has gone: standard input ended."""


def _read(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:
        raise EndedError from None


def _read_secret(prompt: str) -> str:
    try:
        return getpass.getpass(prompt)
    except EOFError:
        raise EndedError from None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Asks and tells. Every question is asked again until the answer can be used; raises `EndedError`."""

    read: Callable[[str], str] = _read
    read_secret: Callable[[str], str] = _read_secret
    tell: Callable[[str], None] = print

    def yes(self, question: str, *, default: bool) -> bool:
        """Whether the answer is yes."""
        while True:
            answer = self.read(f"{question} [{'Y/n' if default else 'y/N'}] ").strip().lower()
            if not answer:
                return default
            if answer in ("y", "yes"):
                return True
            if answer in ("n", "no"):
                return False
            self.tell("Please answer y or n.")

    def choose(self, question: str, options: Sequence[str], default: int = 0) -> int:
        """The index of the option that was chosen, by its number."""
        for number, option in enumerate(options, 1):
            self.tell(f"  {number}) {option}")
        while True:
            answer = self.read(f"{question} [{default + 1}] ").strip()
            if not answer:
                return default
            if answer.isdecimal() and 1 <= int(answer) <= len(options):
                return int(answer) - 1
            self.tell(f"Please answer with a number from 1 to {len(options)}.")

    def text(self, question: str, default: str = "", problem: Callable[[str], str | None] = lambda _: None) -> str:
        """Words that `problem` has nothing against."""
        while True:
            answer = self.read(f"{question}{f' [{default}]' if default else ''} ").strip() or default
            wrong = problem(answer) if answer else "Please answer."
            if wrong is None:
                return answer
            self.tell(wrong)

    def secret(self, question: str) -> str:
        """Words that are not shown while they are typed."""
        while True:
            answer = self.read_secret(f"{question} ").strip()
            if answer:
                return answer
            self.tell("Please answer.")
