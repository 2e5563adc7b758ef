import pytest

from voiced.cascade.parameters.response import checked_response, pre_generated_text
from voiced.cascade.protocol import ProtocolError

TEXT = {"type": "text", "text": "Hello."}


def test_nothing_asked_for_is_nothing_overridden():
    assert checked_response(None, "voiced") == {}


@pytest.mark.parametrize(
    "options",
    [
        [],
        {"volume": 1},
        {"modalities": []},
        {"metadata": {"a": 1}},
        {"max_output_tokens": 0},
        {"pre_generated_assistant_message": {"content": []}},
        {"pre_generated_assistant_message": {"content": [TEXT, TEXT]}},
        {"pre_generated_assistant_message": {"content": [{"type": "text"}]}},
    ],
)
def test_a_wrong_response_is_refused(options):
    with pytest.raises(ProtocolError):
        checked_response(options, "voiced")


def test_a_prepared_message_is_its_text():
    assert pre_generated_text({"type": "message", "role": "assistant", "content": [TEXT]}) == "Hello."
