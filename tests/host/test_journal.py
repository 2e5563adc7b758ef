import logging
from contextlib import redirect_stderr

import pytest

from voiced.host import journal


class Terminal:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def tell(terminal, level):
    with redirect_stderr(terminal):
        handler = journal._handler()
    handler.handle(logging.LogRecord("voiced", level, __file__, 1, "the %s", ("lamp",), None))


@pytest.mark.parametrize(("level", "colour"), [(logging.DEBUG, "2"), (logging.WARNING, "33"), (logging.ERROR, "31")])
def test_terminal_shows_levels_in_colour(terminal, level, colour):
    tell(terminal, level)
    assert terminal.text.startswith(f"\033[{colour}m")
    assert terminal.text.endswith("the lamp\033[0m\n")


def test_information_has_no_colour(terminal):
    tell(terminal, logging.INFO)
    assert "\033" not in terminal.text
    assert terminal.text.endswith("INFO    the lamp\n")


def test_no_color_is_honoured(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    tell(terminal, logging.ERROR)
    assert "\033" not in terminal.text
