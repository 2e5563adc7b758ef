"""`./scripts/demo`: stage a conversation, show it, judge it."""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from demonstration import lamp, voice
from demonstration.hearing import plain, understood
from demonstration.plot import draw
from demonstration.screen import Screen
from demonstration.stage import MOCK_PINS, Stage, StageError, lamp_tool, perform
from demonstration.timeline import Timeline

_LINES = [(2.0, "hey jarvis"), (0.25, "turn on the kitchen light")]
_SECONDS = {False: 40.0, True: 600.0}
_BUILD = Path("build/demo")


def main() -> int:
    """Run the demo; return its exit status."""
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("--mic", action="store_true", help="use the sound card and wait for you to speak")
    parser.add_argument("--azure", action="store_true", help="use the real service")
    parser.add_argument("--svg", type=Path, help="keep the screen as a picture")
    options = parser.parse_args()
    console = Console(record=options.svg is not None, highlight=False, width=110 if options.svg else None)
    try:
        good = asyncio.run(_demonstrate(options, console))
    except (StageError, KeyError) as error:
        console.print(f"the demo failed: {error}", style="bold red")
        return 1
    if options.svg:
        console.save_svg(str(options.svg), title="./scripts/demo")
    return 0 if good else 1


async def _demonstrate(options: argparse.Namespace, console: Console) -> bool:
    _BUILD.mkdir(parents=True, exist_ok=True)
    timeline = Timeline()
    async with lamp.serve() as lamps:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            configuration = _configuration(options, folder, lamps.url)
            if options.mic:
                console.print("Say: “Hey Jarvis, turn on the kitchen light.”")
            else:
                timeline.spoken = voice.record(folder / "mic.wav", _LINES)
            with Screen(timeline, console) as screen:
                async with perform(folder, configuration, MOCK_PINS) as stage:
                    await _watch(stage, timeline, screen, _SECONDS[options.mic])
            shutil.copy(folder / "voiced.log", _BUILD / "voiced.log")
            if not options.mic:
                _cut(folder / "speaker.wav", _BUILD / "reply.wav")
    draw(timeline, _BUILD / "timeline.png")
    checks = [("the kitchen lamp is really on", lamps.states.get("kitchen") == "on")]
    if not options.mic:
        heard = understood(_BUILD / "reply.wav", timeline.replies)
        checks.append((f"a recogniser hears “{heard}” in the spoken reply", heard in map(plain, timeline.replies)))
    else:
        checks.append(("a reply was spoken", bool(timeline.replies)))
    screen.close(checks, [str(path) for path in sorted(_BUILD.iterdir())])
    return all(good for _, good in checks)


def _configuration(options: argparse.Namespace, folder: Path, lamp_url: str) -> dict[str, Any]:
    configuration: dict[str, Any] = {
        "speaker": {"name": "Demo"},
        "conversation": {"follow_up_seconds": 2},
        "lights": {"driver": "rgb", "pins": {"red": 17, "green": 27, "blue": 22}},
        "tools": [lamp_tool(lamp_url)],
    }
    if not options.mic:
        configuration["audio"] = {
            "input": {"device": f"file:{folder / 'mic.wav'}"},
            "output": {"device": f"file:{folder / 'speaker.wav'}"},
            "chimes": {"wake": False, "done": False, "error": True},
        }
    if options.azure:
        configuration["voice_live"] = {
            "endpoint": os.environ["AZURE_VOICELIVE_ENDPOINT"],
            "credential": {"api_key": {"env": "AZURE_VOICELIVE_API_KEY"}},
        }
    return configuration


async def _watch(stage: Stage, timeline: Timeline, screen: Screen, seconds: float) -> None:
    """Follow the daemon through one conversation, or until the time is over."""
    talked = False
    try:
        async with asyncio.timeout(seconds):
            async for event in stage.events():
                moment = timeline.add(event)
                if moment is not None:
                    screen.show(moment)
                talked = talked or timeline.phase not in ("starting", "idle")
                if talked and timeline.phase == "idle":
                    await asyncio.sleep(0.3)  # let the lights go out before the curtain falls
                    return
    except TimeoutError:
        print(f"no conversation ended within {seconds:g} s; the daemon says:\n{stage.log}", file=sys.stderr)


def _cut(source: Path, target: Path) -> None:
    """The sounding part of a recording, with a little silence around it."""
    with wave.open(str(source), "rb") as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    sounding = np.flatnonzero(samples)
    first, last = (int(sounding[0]), int(sounding[-1])) if len(sounding) else (0, 0)
    margin = rate // 4
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples[max(0, first - margin) : last + margin].tobytes())


if __name__ == "__main__":
    sys.exit(main())
