"""`voiced status --follow` for people: one line for each thing worth seeing, the clock before it."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

RESET, BOLD, DIM, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = (
    "\033[0m",
    "\033[1m",
    "\033[2m",
    "\033[31m",
    "\033[32m",
    "\033[33m",
    "\033[34m",
    "\033[35m",
    "\033[36m",
)
_PHASES = {
    "idle": DIM,
    "listening": CYAN,
    "connecting": CYAN,
    "thinking": MAGENTA,
    "speaking": GREEN,
    "following_up": BLUE,
    "alerting": YELLOW,
    "muted": RED,
    "faulted": RED,
}
"""The colours of the lights, as far as a terminal has them."""
_LONGEST = 160


def lines(event: Mapping[str, Any], *, coloured: bool) -> Iterator[str]:  # noqa: C901 (a flat table)
    """What a person should see of an event, without the clock; nothing where that is nothing."""

    def paint(code: str, text: str) -> str:
        return f"{code}{text}{RESET}" if coloured else text

    def told(code: str, label: str, text: str) -> str:
        return f"{paint(code, f'{label:<12}')} {text}"

    event = {key: _plain(value) if isinstance(value, str) else value for key, value in event.items()}

    match event["event"]:
        case "status":
            yield paint(BOLD, f"{event['name']}, voiced {event['version']}: {_words(event['phase'])}")
        case "phase":
            yield told(_PHASES.get(event["phase"], DIM), _words(event["phase"]), event["reason"])
        case "WakeWordDetected":
            yield told(CYAN, "wake word", f"{event['word']}, score {event['score']:.2f}")
        case "UserTranscribed":
            yield told(BOLD, "you", event["text"] or paint(DIM, "(not understood)"))
        case "ReplyTranscribed":
            yield told(GREEN, "speaker", event["text"])
        case "FunctionCalled":
            yield told(YELLOW, "tool", _short(event["name"] + " " + event["arguments"]))
        case "tool":
            yield told(DIM, "", _outcome(event) + paint(DIM, f" ({event['seconds'] * 1000:.0f} ms)"))
        case "SessionFailed":
            yield told(RED, "failure", f"{event['reason']}: {event['detail']}")
        case "turn":
            stages = (f"{_words(name)} {took:.0f} ms" for name, took in event.items() if name not in ("event", "at"))
            yield paint(DIM, f"{'took':<12} {', '.join(stages)}")
        case _:
            return


def show(events: Iterator[Mapping[str, Any]], *, coloured: bool) -> None:
    """Print until the events end."""
    for event in events:
        for line in lines(event, coloured=coloured):
            print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)


def _plain(text: str) -> str:
    """Without what a terminal would obey: words come from models and devices."""
    return "".join(character if character.isprintable() else " " for character in text)


def _outcome(event: Mapping[str, Any]) -> str:
    try:
        output = json.loads(event["output"])
    except ValueError:
        return _short(str(event["output"]))
    told = output.get("reply") or output.get("result") if event["ok"] else output.get("error")
    return _short(f"{'done' if event['ok'] else 'failed'}: {told}" if told not in (None, "") else "done")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _short(text: str) -> str:
    text = _plain(text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
