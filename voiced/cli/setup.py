"""`voiced setup`: asks, records, plays back, and writes the configuration."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
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
from voiced.cli.setup_buttons import ask_for_buttons
from voiced.cli.setup_dialogue import Dialogue, EndedError
from voiced.cli.setup_lights import ask_for_lights
from voiced.cli.setup_writing import Answers, written
from voiced.config.loading import ConfigurationError, load
from voiced.config.schema import VoicedSettings
from voiced.paths import CONFIGURATION
from voiced.voicelive.credential_settings import CredentialSettings
from voiced.voicelive.settings import LOCALE
from voiced.wakeword.models import manifest

UNIT = "voiced.service"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `voiced setup`."""
    parser.add_argument(
        "--config", type=Path, default=CONFIGURATION, metavar="F", help=f"what to write (default: {CONFIGURATION})"
    )


def execute(options: argparse.Namespace) -> int:
    """Ask, try, write; a file that is there is kept beside the new one."""
    if options.config == CONFIGURATION and os.geteuid() != 0:
        return fail(EX_NOPERM, "it writes /etc/voiced and the key, so run: sudo voiced setup")
    setup = Setup(options.config, Dialogue())
    try:
        return setup.run()
    except (EndedError, KeyboardInterrupt):
        what = f"{options.config} is written, and holds" if setup.wrote else "nothing was written"
        return fail(EX_UNAVAILABLE, f"setup was ended; {what}")
    except OSError as error:
        return fail(EX_UNAVAILABLE, f"{error.filename or options.config} can't be written: {error.strerror or error}")


class Setup:
    """The wizard. What it asks comes from `dialogue`.

    Attributes:
        wrote: whether it has written anything yet.
    """

    def __init__(self, config: Path, dialogue: Dialogue) -> None:
        self._config = config
        self._dialogue = dialogue
        self._key = ""
        self.wrote = False

    def run(self) -> int:
        """From the first question to the running unit."""
        tell = self._dialogue.tell
        tell("This sets the speaker up. Enter takes what stands in brackets. Ctrl-C ends it: until the last question")
        tell("is answered, nothing is written.\n")
        answers = self._ask()
        if not self._holds(answers):
            return fail(EX_UNAVAILABLE, "with these answers it can't be; nothing was written, please run it again")
        kept = self._write(answers)
        settings = load_or_explain(self._config)
        if settings is None:  # a choice of ours that our own check refuses
            return EX_UNAVAILABLE
        tell(f"\nWritten: {self._config}" + (f" (the one before is {kept})" if kept else ""))
        if answers.credential is not None:
            self._report(service_opens_a_session(ServiceExamination(_with_key_at_hand(settings))))
        self._offer_example()
        self._offer_unit()
        return EX_OK

    # -- questions ----------------------------------------------------------------------------------------------

    def _ask(self) -> Answers:
        dialogue = self._dialogue
        name = dialogue.text("What is this speaker called?", "Kitchen")
        locale = dialogue.text("The language spoken to it?", "en-US", _no_locale)
        microphone, loudspeaker = self._sound()
        words = sorted(manifest().words)
        dialogue.tell("\nWake words:")
        word = words[dialogue.choose("Which one?", words, words.index("hey_jarvis"))]
        endpoint, model, credential = self._service()
        lights = ask_for_lights(dialogue)
        buttons = ask_for_buttons(dialogue, lights)
        return Answers(name, locale, word, microphone, loudspeaker, endpoint, model, credential, lights, buttons)

    def _sound(self) -> tuple[dict[str, Any], dict[str, Any]]:
        dialogue = self._dialogue
        while True:
            devices = list_devices()
            microphone = self._device("microphone", devices, Direction.INPUT)
            loudspeaker = self._device("loudspeaker", devices, Direction.OUTPUT)
            if not all(any(way in device.offers for device in devices) for way in Direction):
                dialogue.tell("\nNothing is recorded or played back now: `voiced doctor` does it later.")
                return microphone, loudspeaker
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
        self._key = dialogue.secret("Its key (not shown)?")
        os.environ[_TRY] = self._key  # for the try of the service
        if self._config != CONFIGURATION:  # a try: the unit and its credentials are not touched
            dialogue.tell(f"The key is not kept; export it as {_TRY}.")
            return endpoint, model, {"api_key": {"env": _TRY}}
        return endpoint, model, {"api_key": {"credential": setup_credential.NAME}}

    # -- deeds --------------------------------------------------------------------------------------------------

    def _holds(self, answers: Answers) -> bool:
        """Whether our own check takes the answers; every problem is told."""
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder) / self._config.name
            trial.write_text(written(answers), encoding="utf-8")
            try:
                load(trial, environment={})
            except ConfigurationError as error:
                for problem in error.problems:
                    print(problem.removeprefix(f"{folder}/"), file=sys.stderr)
                return False
        return True

    def _write(self, answers: Answers) -> Path | None:
        """Keep the key and write the file; where the one before it is, if there was one."""
        kept = None
        if self._key and self._config == CONFIGURATION:
            self.wrote = True
            self._dialogue.tell(f"\nThe key is kept {setup_credential.keep(self._key)}.")
        self._config.parent.mkdir(parents=True, exist_ok=True)
        if self._config.exists():
            kept = self._config.with_name(f"{self._config.name}.{time.strftime('%Y%m%d-%H%M%S')}")
            shutil.copy2(self._config, kept)
        fresh = self._config.with_name(f".{self._config.name}.new")
        fresh.write_text(written(answers), encoding="utf-8")
        fresh.chmod(_OPEN)  # the speaker reads it as a user of its own, whatever root's umask is
        fresh.replace(self._config)
        self.wrote = True
        return kept

    def _offer_example(self) -> None:
        folder = self._config.parent / "tools.d"
        if any(folder.glob("*.yaml")):
            return
        example = next((path for path in _EXAMPLES if path.exists()), None)
        if example is not None and self._dialogue.yes(f"\nPut an example of a tool into {folder}?", default=True):
            if not folder.exists():
                folder.mkdir()
                folder.chmod(_OPEN | 0o111)
            Path(shutil.copy(example, folder)).chmod(_OPEN)
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


_OPEN = 0o644
_TRY = "AZURE_VOICELIVE_API_KEY"
_EXAMPLES = (
    Path("/usr/share/doc/voiced/examples/tools.d/example-lamp.yaml"),
    Path(__file__).resolve().parents[2] / "config" / "tools.d" / "example-lamp.yaml",
)


def _with_key_at_hand(settings: VoicedSettings) -> VoicedSettings:
    """With the key as it was typed: where it is kept only systemd can read it, and gives it to the speaker alone."""
    at_hand = CredentialSettings.model_validate({"api_key": {"env": _TRY}})
    service = settings.voice_live.model_copy(update={"credential": at_hand})
    return settings.model_copy(update={"voice_live": service})


def _no_locale(text: str) -> str | None:
    return None if re.fullmatch(LOCALE, text) else "A language and a country, as en-US or de-DE."


def _no_address(text: str) -> str | None:
    return None if text.startswith("https://") and len(text) > len("https://") else "It begins with https://."
