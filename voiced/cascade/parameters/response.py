"""What `response.create` may ask for of one reply (reference/voice-live.md §2)."""

import copy

from voiced.cascade.parameters.checks import as_object, invalid, listing
from voiced.cascade.parameters.session import CHECKS
from voiced.cascade.protocol import Frame, ProtocolError

_FIELDS = frozenset(
    [
        "commit",
        "cancel_previous",
        "append_input_items",
        "input_items",
        "modalities",
        "instructions",
        "voice",
        "output_audio_format",
        "tools",
        "tool_choice",
        "temperature",
        "max_output_tokens",
        "max_response_output_tokens",
        "pre_generated_assistant_message",
        "reasoning_effort",
        "metadata",
        "interim_response",
        "invoke_input",
        "conversation",
    ]
)


def checked_response(options: object, model: str) -> Frame:
    """The `response` of a `response.create` with its limits checked; `ProtocolError` where one is broken."""
    if options is None:
        return {}
    options = dict(as_object("response", options))
    for name, value in list(options.items()):
        where = f"response.{name}"
        if name not in _FIELDS:
            raise ProtocolError("unknown_parameter", f"Unknown parameter: '{where}'.", where)
        check = CHECKS.get("max_response_output_tokens" if name == "max_output_tokens" else name)
        if check is not None and value is not None:
            options[name] = check(copy.deepcopy(value), where, model)
    for name in ("input_items", "append_input_items"):
        if options.get(name) is not None:
            listing(options[name], f"response.{name}", model)
    if options.get("conversation") not in (None, "auto", "none"):
        raise invalid("response.conversation", options["conversation"], "auto or none")
    prepared = options.get("pre_generated_assistant_message")
    if prepared is not None:
        pre_generated_text(prepared)
    return options


def pre_generated_text(message: object) -> str:
    """The text of a `pre_generated_assistant_message`; `ProtocolError` unless it has exactly one text part."""
    where = "response.pre_generated_assistant_message"
    content = as_object(where, message).get("content")
    if not isinstance(content, list) or len(content) != 1:
        raise invalid(where, content, "exactly one text part")
    text = as_object(where, content[0]).get("text")
    if not isinstance(text, str):
        raise invalid(where, text, "exactly one text part")
    return text
