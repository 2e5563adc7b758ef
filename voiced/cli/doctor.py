"""`voiced doctor`: what works on this machine, what doesn't, and what to do about it."""

import argparse
import json
from collections.abc import Callable, Iterator

from voiced.cli import (
    doctor_chat,
    doctor_home,
    doctor_host,
    doctor_lights,
    doctor_pins,
    doctor_service,
    doctor_sound,
    doctor_wake,
)
from voiced.cli.common import EX_CONFIG, EX_OK, EX_UNAVAILABLE, add_config, load_or_explain
from voiced.cli.findings import Finding, Verdict
from voiced.config.schema import VoicedSettings

Check = Callable[[], Finding | None]
"""None where it has nothing to go by."""
_MARKS = {Verdict.OK: "ok  ", Verdict.WARN: "warn", Verdict.FAIL: "FAIL"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced doctor`."""
    add_config(parser)
    parser.add_argument("--silent", action="store_true", help="play nothing")
    parser.add_argument("--json", action="store_true", help="for programs and bug reports")


def execute(options: argparse.Namespace) -> int:
    """Examine; print each finding as it is made, or all as JSON. The status is 69 if anything failed."""
    settings = load_or_explain(options.config)
    if settings is None:
        return EX_CONFIG
    if not options.json and not options.silent:
        print("recording 2 s from the microphone, then playing them back: say something")
    findings: dict[str, Finding] = {}
    for name, check in checks(settings, silent=options.silent):
        found = check()
        if found is None:
            continue
        findings[name] = found
        if not options.json:
            print(f"{_MARKS[found.verdict]} {found.what}" + (f"\n     -> {found.fix}" if found.fix else ""), flush=True)
    failed = any(found.verdict is Verdict.FAIL for found in findings.values())
    if options.json:
        listed = [
            {"check": name, "verdict": found.verdict, "what": found.what, "fix": found.fix}
            for name, found in findings.items()
        ]
        print(json.dumps({"ok": not failed, "findings": listed}))
    return EX_UNAVAILABLE if failed else EX_OK


def checks(settings: VoicedSettings, *, silent: bool) -> Iterator[tuple[str, Check]]:
    """Every check that this configuration needs, by name, in the order in which they are made."""
    host = doctor_host.HostExamination(settings)
    own = (doctor_lights.chain_has_a_steady_clock, doctor_pins.pins_are_not_the_sound_cards)
    for glance in (*doctor_host.CHECKS, *own):
        yield glance.__name__, lambda glance=glance: glance(host)  # type: ignore[misc]  # (bound now, called now)
    sound = doctor_sound.SoundExamination(settings.audio)
    parts = [
        *(doctor_sound.PRESENCE if doctor_sound.needs_card(settings.audio) else ()),
        *doctor_sound.RECORDING,
        *(() if silent else doctor_sound.PLAYING),
    ]
    for part in parts:
        yield part.__name__, lambda part=part: part(sound)  # type: ignore[misc]  # (likewise)
    wake = doctor_wake.WakeExamination(settings.wake_words)
    for look in doctor_wake.CHECKS:
        yield look.__name__, lambda look=look: look(wake)  # type: ignore[misc]  # (likewise)
    service = doctor_service.ServiceExamination(settings)
    for reach in doctor_service.CHECKS:
        yield reach.__name__, lambda reach=reach: reach(service)  # type: ignore[misc]  # (likewise)
    chat = doctor_chat.ChatExamination(settings)
    yield "language_model_is_there", lambda: doctor_chat.language_model_is_there(chat)
    home = doctor_home.HomeExamination(settings)
    yield "home_assistant_answers", lambda: doctor_home.home_assistant_answers(home)
