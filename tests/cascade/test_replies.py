import json

import pytest

from voiced.cascade.grammar import GOODBYE, Call, Plain
from voiced.cascade.replies import DONE, NOT_UNDERSTOOD, NOTHING_ASKED, reply_to, reply_to_output


@pytest.mark.parametrize(
    ("output", "reply"),
    [
        ('{"ok": true, "reply": "The light is on."}', "The light is on."),
        ('{"ok": true}', DONE),
        ('{"ok": true, "reply": " "}', DONE),
        ('{"ok": false, "error": "The lamp did not answer."}', "Sorry, the lamp did not answer."),
        ('{"ok": false, "error": "HTTP 500"}', "Sorry, HTTP 500"),
        ('{"ok": false, "error": "I can not."}', "Sorry, I can not."),
        ('{"ok": false}', "Sorry, that failed."),
        ("on", DONE),
        ("[1]", DONE),
        ("", DONE),
    ],
)
def test_an_output_becomes_a_sentence(output, reply):
    assert reply_to_output(output) == reply


def test_several_outputs_are_joined_without_repeating():
    outputs = [json.dumps({"ok": True, "reply": reply}) for reply in ("One.", "Two.", "One.")]
    assert reply_to(outputs, None, asked=False) == Plain("One. Two.")


def test_what_was_asked_decides():
    call = Call("t", {})
    assert reply_to([], call, asked=True) == call
    assert reply_to([], Plain(GOODBYE), asked=True) == Plain(GOODBYE)
    assert reply_to([], None, asked=True) == Plain(NOT_UNDERSTOOD)
    assert reply_to([], None, asked=False) == Plain(NOTHING_ASKED)
