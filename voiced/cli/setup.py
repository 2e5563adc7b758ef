"""`voiced setup`: asks, records, plays back, and writes the configuration."""

import argparse
import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voiced.audio.cards import Direction
from voiced.audio.devices import DeviceDescription
from voiced.audio.listing import list_devices
from voiced.cli import doctor_sound, setup_credential
from voiced.cli.common import EX_NOPERM, EX_OK, EX_UNAVAILABLE, fail, load_or_explain
from voiced.cli.doctor_service import ServiceExamination, service_opens_a_session
from voiced.cli.findings import Finding, Verdict
from voiced.cli.lights import demonstrate
from voiced.cli.setup_dialogue import Dialogue, EndedError
from voiced.cli.setup_writing import Answers, written
from voiced.config.schema import VoicedSettings
from voiced.lights.drivers import Dark, open_driver
from voiced.paths import CONFIGURATION
from voiced.wakeword.models import manifest

UNIT = "voiced.service"
LIGHT_SECONDS = 1.5
"""Of each pattern, when the light is tried."""
_KINDS = ("no light", "one LED", "an RGB LED (three pins)")
_PINS: tuple[tuple[str, ...], ...] = ((), ("led",), ("red", "green", "blue"))
_DRIVERS = ("none", "led", "rgb")
_USUAL = {"led": "17", "red": "17", "green": "27", "blue": "22"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced setup`."""
    parser.add_argument(
        "--config", type=Path, default=CONFIGURATION, metavar="F", help=f"what to write (default: {CONFIGURATION})"
    )


def execute(options: argparse.Namespace) -> int:
    """Ask, try, write; a file that is there is kept beside the new one."""
    if options.config == CONFIGURATION and os.geteuid() != 0:
        return fail(EX_NOPERM, "it writes /etc/voiced and the key, so run: sudo voiced setup")
    try:
        return Setup(options.config, Dialogue()).run()
    except (EndedError, KeyboardInterrupt):
        return fail(EX_UNAVAILABLE, "setup was ended; nothing was written")


class Setup:
    """The wizard. What it asks comes from `dialogue`."""

    def __init__(self, config: Path, dialogue: Dialogue) -> None:
        self._config = config
        self._dialogue = dialogue

    def run(self) -> int:
        """From the first question to the running unit."""
        tell = self._dialogue.tell
        tell("This sets the speaker up. Enter takes what stands in brackets; Ctrl-C ends it, and nothing is written.\n")
        answers = self._ask()
        kept = self._write(answers)
        settings = load_or_explain(self._config)
        if settings is None:  # a choice of ours that our own check refuses
            return EX_UNAVAILABLE
        tell(f"\nWritten: {self._config}" + (f" (the one before is {kept})" if kept else ""))
        if answers.credential is not None:
            self._report(service_opens_a_session(ServiceExamination(settings)))
        self._offer_example()
        self._offer_unit()
        return EX_OK

    # -- questions ----------------------------------------------------------------------------------------------

    def _ask(self) -> Answers:
        dialogue = self._dialogue
        name = dialogue.text("What is this speaker called?", "Kitchen")
        locale = dialogue.text("The language spoken to it?", "en-US")
        microphone, loudspeaker = self._sound()
        words = sorted(manifest().words)
        dialogue.tell("\nWake words:")
        word = words[dialogue.choose("Which one?", words, words.index("hey_jarvis"))]
        endpoint, model, credential = self._service()
        return Answers(name, locale, word, microphone, loudspeaker, endpoint, model, credential, self._lights())

    def _sound(self) -> tuple[dict[str, Any], dict[str, Any]]:
        dialogue = self._dialogue
        while True:
            devices = list_devices()
            microphone = self._device("microphone", devices, Direction.INPUT)
            loudspeaker = self._device("loudspeaker", devices, Direction.OUTPUT)
            settings = VoicedSettings.model_validate({"audio": {"input": microphone, "output": loudspeaker}})
            dialogue.tell("\nSay something now: two seconds are recorded, then played back.")
            examination = doctor_sound.SoundExamination(settings.audio)
            checks = (*doctor_sound.RECORDING, *doctor_sound.PLAYING)
            found = [self._report(check(examination)) for check in checks]
            if dialogue.yes("Did you hear yourself? (n: choose again)", default=all(found)):
                return microphone, loudspeaker

    def _device(self, what: str, devices: Sequence[DeviceDescription], direction: Direction) -> dict[str, Any]:
        usable = [device for device in devices if direction in device.offers]
        if not usable:
            self._dialogue.tell(f"\nNo {what} was found; `default` is written. Plug it in and run this again.")
            return {"device": "default"}
        self._dialogue.tell(f"\nFor the {what}:")
        labels = [device.name + (f" ({device.label})" if device.label else "") for device in usable]
        names = [device.name for device in usable]
        # a card itself, where there is one: `default` may be another card after the next boot
        usual = next((index for index, name in enumerate(names) if name.startswith(("plughw:", "hw:"))), 0)
        chosen = usable[self._dialogue.choose("Which one?", labels, usual)]
        found: dict[str, Any] = {"device": chosen.name}
        fewest = chosen.offers[direction].fewest_channels
        if direction is Direction.INPUT and fewest > 1:
            found |= {"channels": fewest, "channel": "mix"}
        return found

    def _service(self) -> tuple[str, str, dict[str, Any] | None]:
        dialogue = self._dialogue
        dialogue.tell("\nWho answers:")
        options = ("this device alone, with the sentences of your tools (no account)", "Azure Voice Live")
        if dialogue.choose("Which one?", options) == 0:
            return "cascade", "gpt-realtime", None
        endpoint = dialogue.text("The resource's address (https://NAME.services.ai.azure.com/)?", problem=_no_address)
        model = dialogue.text("The model?", "gpt-realtime")
        key = dialogue.secret("Its key (not shown)?")
        if self._config != CONFIGURATION:  # a try: the unit and its credentials are not touched
            os.environ[_TRY] = key
            dialogue.tell(f"The key is not kept; export it as {_TRY}.")
            return endpoint, model, {"api_key": {"env": _TRY}}
        dialogue.tell(f"The key is kept {setup_credential.keep(key)}.")
        return endpoint, model, {"api_key": {"credential": setup_credential.NAME}}

    def _lights(self) -> dict[str, Any]:
        dialogue = self._dialogue
        while True:
            dialogue.tell("\nLights:")
            kind = dialogue.choose("What is there?", _KINDS)
            if kind == 0:
                return {"driver": "none"}
            pins = {
                name: int(dialogue.text(f"GPIO (Broadcom number) of {name}?", _USUAL[name], _no_pin))
                for name in _PINS[kind]
            }
            lights = {"driver": _DRIVERS[kind], "pins": pins}
            settings = VoicedSettings.model_validate_json(json.dumps({"lights": lights}), strict=True)
            driver = open_driver(settings.lights)
            if isinstance(driver, Dark):
                dialogue.tell("It can't be lit here; see the line above.")
            else:
                dialogue.tell("Every pattern, one after the other:")
                try:
                    demonstrate(driver, LIGHT_SECONDS)
                finally:
                    driver.close()
            if dialogue.yes("Keep it so? (n: choose again)", default=True):
                return lights

    # -- deeds --------------------------------------------------------------------------------------------------

    def _write(self, answers: Answers) -> Path | None:
        """Write the file; where the one before it is, if there was one."""
        kept = None
        self._config.parent.mkdir(parents=True, exist_ok=True)
        if self._config.exists():
            kept = self._config.with_name(f"{self._config.name}.{time.strftime('%Y%m%d-%H%M%S')}")
            shutil.copy2(self._config, kept)
        fresh = self._config.with_name(f".{self._config.name}.new")
        fresh.write_text(written(answers), encoding="utf-8")
        fresh.replace(self._config)
        return kept

    def _offer_example(self) -> None:
        folder = self._config.parent / "tools.d"
        if any(folder.glob("*.yaml")):
            return
        example = next((path for path in _EXAMPLES if path.exists()), None)
        if example is not None and self._dialogue.yes(f"\nPut an example of a tool into {folder}?", default=True):
            folder.mkdir(exist_ok=True)
            shutil.copy(example, folder)
            self._dialogue.tell(f"Written: {folder / example.name}. Say its sentence, or: voiced tools list")

    def _offer_unit(self) -> None:
        if self._config != CONFIGURATION or not Path("/run/systemd/system").exists():
            self._dialogue.tell(f"\nStart it: voiced run --config {self._config}")
            return
        subprocess.run(["systemctl", "daemon-reload"], check=False)
        if self._dialogue.yes("\nStart the speaker now, and at every boot?", default=True):
            subprocess.run(["systemctl", "enable", UNIT], check=False)
            done = subprocess.run(["systemctl", "restart", UNIT], check=False)
            running = done.returncode == 0
            self._dialogue.tell("It listens." if running else "It did not start; see: journalctl -xeu voiced")

    def _report(self, found: Finding | None) -> bool:
        """Tell a finding; whether all is well."""
        if found is None:
            return True
        self._dialogue.tell(f"  {found.verdict}: {found.what}" + (f"\n     -> {found.fix}" if found.fix else ""))
        return found.verdict is not Verdict.FAIL


_TRY = "AZURE_VOICELIVE_API_KEY"
_EXAMPLES = (
    Path("/usr/share/doc/voiced/examples/tools.d/example-lamp.yaml"),
    Path(__file__).resolve().parents[2] / "config" / "tools.d" / "example-lamp.yaml",
)


def _no_address(text: str) -> str | None:
    return None if text.startswith("https://") and len(text) > len("https://") else "It begins with https://."


def _no_pin(text: str) -> str | None:
    return None if text.isdecimal() and int(text) <= 27 else "A number from 0 to 27, by Broadcom's count."
