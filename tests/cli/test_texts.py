"""`voiced say` and `voiced ask` at the command line's end."""

import asyncio
import io
import os

import pytest

from voiced.cli import main
from voiced.cli.texts import LONGEST
from voiced.host.control import ControlSocket


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a verb against a control socket that answers as given; the exit status, what it was sent, the output."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))

    async def serve(arguments, answer):
        sent = []

        async def errand(request):
            sent.append(request)
            return answer

        control = ControlSocket(tmp_path / "control.sock", {}, {"say": errand, "ask": errand})
        task = asyncio.create_task(control.run())
        async with asyncio.timeout(5):
            while not (tmp_path / "control.sock").exists():
                await asyncio.sleep(0.01)
            code = await asyncio.to_thread(main, arguments)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return code, sent

    def execute(*arguments, answer):
        return *asyncio.run(serve(list(arguments), answer)), capsys.readouterr()

    return execute


def test_words_are_said_as_one_text(run):
    code, sent, _ = run("say", "dinner", "is ready", answer={})
    assert (code, sent) == (os.EX_OK, [{"verb": "say", "text": "dinner is ready"}])


def test_text_may_come_from_standard_input(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("dinner is ready\n"))
    assert run("say", "-", answer={})[1] == [{"verb": "say", "text": "dinner is ready"}]


def test_answer_is_printed(run):
    code, sent, output = run("ask", "what", "time?", answer={"text": "Noon."})
    assert (code, output.out, output.err) == (os.EX_OK, "Noon.\n", "")
    assert sent == [{"verb": "ask", "text": "what time?", "aloud": False}]
    assert run("ask", "--aloud", "time?", answer={"text": "Noon."})[1][0]["aloud"] is True


@pytest.mark.parametrize("verb", ["say", "ask"])
def test_what_went_wrong_is_said_and_exits_with_69(run, verb):
    code, _, output = run(verb, "hello", answer={"error": "no answer for 20 s"})
    assert (code, output.out, output.err) == (os.EX_UNAVAILABLE, "", "voiced: no answer for 20 s\n")


def test_answer_that_could_not_be_heard_is_printed_all_the_same(run):
    code, _, output = run("ask", "--aloud", "time?", answer={"text": "Noon.", "error": "8 wait already"})
    assert (code, output.out) == (os.EX_UNAVAILABLE, "Noon.\n")


@pytest.mark.parametrize("verb", ["say", "ask"])
@pytest.mark.parametrize("text", [" ", "x" * (LONGEST + 1)])
def test_no_text_or_too_much_exits_with_64(verb, text, capsys):
    assert main([verb, text]) == os.EX_USAGE
    assert "text" in capsys.readouterr().err
