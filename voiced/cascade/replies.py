"""What to answer: to what was understood, and to what the tools gave back."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from voiced.cascade.intents.meanings import Call, Plain

NOT_UNDERSTOOD = "Sorry, I did not understand that."
FAILED = "Sorry, something went wrong with that."
DONE = "Done."
NOTHING_ASKED = "How can I help?"


@dataclass(frozen=True, slots=True)
class Asked:
    """What no intent was understood from, for another stage to answer.

    Attributes:
        messages: the conversation in the form of chat completions, the newest last.
        tools: function tools as in `session.update`.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]]


class Reply(Protocol):
    """A stage that answers free speech."""

    @property
    def name(self) -> str:
        """What it is, as the journal calls it."""

    def reply(self, asked: Asked) -> AsyncGenerator[tuple[Call, ...] | Plain, None]:
        """Sentences as they come, or calls, which end it; where there is no answer a sentence says so.

        Who closes it early has it stop at once, wherever it is.
        """


def reply_to_output(output: str) -> str:
    """The sentence for one tool's output, the JSON text of the daemon's runner: its `reply`, or its `error`."""
    try:
        result = json.loads(output)
    except ValueError:
        return DONE
    if not isinstance(result, dict):
        return DONE
    if result.get("ok") is False:
        error = result.get("error")
        return (
            f"Sorry, {_within_sentence(error)}" if isinstance(error, str) and error.strip() else "Sorry, that failed."
        )
    reply = result.get("reply")
    return reply.strip() if isinstance(reply, str) and reply.strip() else DONE


def reply_to(outputs: Sequence[str], meaning: Call | Plain | None, *, asked: bool) -> Call | Plain:
    """The answer to all that is unanswered.

    Args:
        outputs: of the tools that were called.
        meaning: of what the user said last, None where it was not understood.
        asked: whether the user said anything.
    """
    if asked and isinstance(meaning, Call):
        return meaning
    sentences = list(dict.fromkeys(reply_to_output(output) for output in outputs))
    if asked:
        sentences.append(meaning.reply if isinstance(meaning, Plain) else NOT_UNDERSTOOD)
    return Plain(" ".join(sentences) or NOTHING_ASKED)


def _within_sentence(text: str) -> str:
    """A sentence's text without its first capital, unless that is an abbreviation's or the word I."""
    text = text.strip()
    word = text.split()[0]
    return text if word in ("I", "I'm") or not word[1:].islower() else text[0].lower() + text[1:]
