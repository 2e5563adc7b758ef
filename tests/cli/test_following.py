import json
import re

import pytest

from voiced.cli.following import lines, show

EVENTS = [
    ({"event": "phase", "phase": "following_up", "reason": "waiting for more"}, "following up waiting for more"),
    ({"event": "WakeWordDetected", "word": "hey_jarvis", "score": 0.914}, "wake word    hey_jarvis, score 0.91"),
    ({"event": "UserTranscribed", "text": ""}, "you          (not understood)"),
    ({"event": "ReplyTranscribed", "text": "Done."}, "speaker      Done."),
    ({"event": "FunctionCalled", "name": "lamp", "arguments": "{}"}, "tool         lamp {}"),
    (
        {"event": "tool", "name": "lamp", "ok": False, "output": json.dumps({"error": "No lamp."}), "seconds": 0.25},
        "             failed: No lamp. (250 ms)",
    ),
    (
        {
            "event": "tool",
            "name": "lamp",
            "ok": True,
            "output": json.dumps({"ok": True, "result": None}),
            "seconds": 0.1,
        },
        "             done (100 ms)",
    ),
    ({"event": "SessionFailed", "reason": "busy", "detail": "429"}, "failure      busy: 429"),
    (
        {"event": "turn", "at": 1.5, "connect": 20.4, "first_sample": 310.0},
        "took         connect 20 ms, first sample 310 ms",
    ),
]


@pytest.mark.parametrize(("event", "told"), EVENTS)
def test_event_is_one_plain_line_off_a_terminal(event, told):
    assert list(lines(event, coloured=False)) == [told]


@pytest.mark.parametrize(("event", "told"), EVENTS)
def test_colours_change_no_word(event, told):
    (line,) = lines(event, coloured=True)
    assert "\033[" in line
    assert re.sub(r"\033\[\d+m", "", line) == told


def test_what_nobody_needs_to_see_is_left_out(capsys):
    show(
        iter([{"event": "light", "red": 1, "green": 0, "blue": 0}, {"event": "SpeechStarted", "item_id": "x"}]),
        coloured=False,
    )
    assert capsys.readouterr().out == ""


def test_each_line_has_the_time(capsys):
    show(iter([{"event": "ReplyTranscribed", "text": "Hello."}]), coloured=False)
    assert re.fullmatch(r"\d\d:\d\d:\d\d  speaker      Hello\.\n", capsys.readouterr().out)


def test_what_a_terminal_would_obey_is_not_shown():
    (line,) = lines({"event": "ReplyTranscribed", "text": "a\033]0;title\007b"}, coloured=False)
    assert line == "speaker      a ]0;title b"
