"""What was answered, as a commented configuration file."""

import json
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Answers:
    """What the owner chose.

    Attributes:
        input: `audio.input`, as `voiced devices` shows it; likewise `output`.
        endpoint: `cascade`, or the Azure resource's address.
        credential: where the key is kept; None where none is needed.
        lights: `lights`, empty where there is none; likewise `buttons`.
    """

    name: str
    locale: str
    wake_word: str
    input: dict[str, Any]
    output: dict[str, Any]
    endpoint: str = "cascade"
    model: str = "gpt-realtime"
    credential: dict[str, Any] | None = None
    lights: dict[str, Any] | None = None
    buttons: dict[str, Any] | None = None


def written(answers: Answers) -> str:
    """The file."""
    service = f"  endpoint: {_value(answers.endpoint)}"
    if answers.credential is not None:
        service += f"\n  credential: {_value(answers.credential)}\n  model: {_value(answers.model)}"
    else:
        service += "           # everything on this device"
    lights = answers.lights or {"driver": "none"}
    buttons = f"\nbuttons: {_value(answers.buttons)}\n" if answers.buttons else ""
    return f"""\
# Written by `voiced setup`. `voiced config sample` shows every key there is, `voiced check` finds every mistake.

speaker:
  name: {_value(answers.name)}
  locale: {_value(answers.locale)}

wake_words:
  - model: {_value(answers.wake_word)}         # `voiced wake list`; a threshold for your room: `voiced wake calibrate`

audio:                          # `voiced devices`
  input: {_value(answers.input)}
  output: {_value(answers.output)}

voice_live:
{service}

lights: {_value(lights)}
{buttons}
# Tools: one file each in tools.d beside this one. `voiced tools list` shows them.
"""


def _value(value: Any) -> str:  # noqa: ANN401 (whatever YAML holds)
    """On one line; text that YAML would read as something else is in quotes."""
    if isinstance(value, str) and yaml.safe_load(value if value.strip() else "''") != value:
        return json.dumps(value, ensure_ascii=False)
    return (
        yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False)
        .removesuffix("\n")
        .removesuffix("\n...")
    )
