import os
import stat

import pytest

from voiced.audio.cards import Direction
from voiced.audio.devices import DeviceDescription
from voiced.cli import setup as module
from voiced.cli.findings import bad, good
from voiced.cli.setup import Setup
from voiced.cli.setup_credential import keep
from voiced.cli.setup_dialogue import Dialogue, EndedError
from voiced.cli.setup_writing import Answers, written
from voiced.config.loading import load
from voiced.config.secrets import resolve


class Owner:
    """Answers in order; what was told is kept."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.told = []
        self.dialogue = Dialogue(self.read, self.read, self.told.append)

    def read(self, prompt):
        self.told.append(prompt)
        if not self.answers:
            raise EndedError
        return self.answers.pop(0)


@pytest.fixture
def cards(monkeypatch):
    """A machine with one array of two channels and a loudspeaker, which both work."""

    class Offer:
        fewest_channels, most_channels, rates = 2, 2, (16000,)

    devices = [
        DeviceDescription("default", "", {Direction.INPUT: Offer(), Direction.OUTPUT: Offer()}, {}),
        DeviceDescription("plughw:CARD=Array,DEV=0", "Array", {Direction.INPUT: Offer()}, {}),
    ]
    monkeypatch.setattr(module, "list_devices", lambda: devices)
    found = {"microphone": good("hears"), "loudspeaker": good("plays")}
    monkeypatch.setattr(module.doctor_sound, "RECORDING", (lambda _: found["microphone"],))
    monkeypatch.setattr(module.doctor_sound, "PLAYING", (lambda _: found["loudspeaker"],))
    return found


def test_without_a_sound_card_setup_goes_on_and_nobody_is_asked_whether_they_heard_it(tmp_path, cards, monkeypatch):
    monkeypatch.setattr(module, "list_devices", list)
    path = tmp_path / "voiced.yaml"
    owner = Owner(*[""] * 8)
    assert Setup(path, owner.dialogue).run() == 0
    assert load(path).audio.input.device == "default"
    assert not any("Did you hear" in line for line in owner.told)
    assert any("voiced doctor" in line for line in owner.told)


def test_enter_on_every_question_gives_a_speaker_that_works_alone(tmp_path, cards):
    path = tmp_path / "voiced.yaml"
    owner = Owner(*[""] * 12)
    assert Setup(path, owner.dialogue).run() == 0
    settings = load(path)
    assert settings.voice_live.endpoint == "cascade"
    assert settings.audio.input.device == "plughw:CARD=Array,DEV=0"
    assert (settings.audio.input.channels, settings.audio.input.channel) == (2, "mix")
    assert settings.audio.output.device == "default"
    assert settings.wake_words[0].model == "hey_jarvis"
    assert (tmp_path / "tools.d" / "example-lamp.yaml").exists()


def test_device_that_fails_is_chosen_again(tmp_path, cards):
    cards["microphone"] = bad("hears nothing", "plug it in")
    owner = Owner("Attic", "de-DE", "1", "1", "", "2", "1", "y", *[""] * 5)
    assert Setup(tmp_path / "voiced.yaml", owner.dialogue).run() == 0
    settings = load(tmp_path / "voiced.yaml")
    assert settings.audio.input.device == "plughw:CARD=Array,DEV=0"
    assert (settings.speaker.name, settings.speaker.locale) == ("Attic", "de-DE")
    assert any("plug it in" in line for line in owner.told)


def test_file_that_is_there_is_kept_beside_the_new_one(tmp_path, cards):
    path = tmp_path / "voiced.yaml"
    path.write_text("speaker: {name: Old}\n")
    assert Setup(path, Owner(*[""] * 12).dialogue).run() == 0
    (kept,) = tmp_path.glob("voiced.yaml.*")
    assert kept.read_text() == "speaker: {name: Old}\n"


def test_owner_who_goes_leaves_everything_as_it_was(tmp_path, cards):
    path = tmp_path / "voiced.yaml"
    with pytest.raises(EndedError):
        Setup(path, Owner("Attic", "").dialogue).run()
    assert not path.exists()


def test_key_is_encrypted_where_systemd_can(tmp_path):
    def encrypt(command, given):
        assert given == "s3cret"
        (tmp_path / "azure-key.cred").write_text("sealed")
        return command[0] == "systemd-creds"

    (tmp_path / "azure-key").write_text("an older one in the clear")
    drop_in = tmp_path / "d" / "credentials.conf"
    assert "encrypted" in keep("s3cret", tmp_path, drop_in, encrypt)
    assert f"LoadCredentialEncrypted=azure-key:{tmp_path}/azure-key.cred" in drop_in.read_text()
    assert not (tmp_path / "azure-key").exists()


def test_key_is_roots_alone_where_it_can_not_be_encrypted(tmp_path):
    drop_in = tmp_path / "d" / "credentials.conf"
    keep("s3cret", tmp_path, drop_in, lambda *_: False)
    assert (tmp_path / "azure-key").read_text() == "s3cret"
    assert stat.S_IMODE((tmp_path / "azure-key").stat().st_mode) == 0o600
    assert "s3cret" not in drop_in.read_text()


@pytest.mark.parametrize("name", ["on", "007", "Kitchen: left", '"quoted"', "  #", "Küche"])
def test_any_name_is_read_back_as_it_was_given(tmp_path, name):
    path = tmp_path / "voiced.yaml"
    path.write_text(written(Answers(name, "en-US", "hey_jarvis", {"device": "default"}, {"device": "default"})))
    assert load(path).speaker.name == name


@pytest.mark.parametrize("answers", [("x", "3", "2"), ("0", "2")])
def test_choice_that_does_not_exist_is_asked_again(answers):
    owner = Owner(*answers)
    assert owner.dialogue.choose("Which?", ["a", "b"]) == 1
    assert any("from 1 to 2" in line for line in owner.told)


class Kept:
    """Where keys are kept, without a systemd."""

    def __init__(self):
        self.keys = []

    def __call__(self, key):
        self.keys.append(key)
        return "in a safe"


@pytest.fixture
def service(tmp_path, cards, monkeypatch):
    """/etc/voiced of a machine, and a service that opens a session for who has the key."""

    def opens(examination):
        credential = examination.settings.voice_live.credential
        return good("it opens") if resolve(credential.api_key) == "s3cret" else bad("refused", "another key")

    monkeypatch.setenv(module._TRY, "")  # which is put back after the test
    monkeypatch.setattr(module, "CONFIGURATION", tmp_path / "voiced.yaml")
    monkeypatch.setattr(module.setup_credential, "keep", kept := Kept())
    monkeypatch.setattr(module, "service_opens_a_session", opens)
    monkeypatch.setattr(module.Setup, "_offer_unit", lambda _: None)
    return kept


def azure(*rest, locale="", address="https://x.services.ai.azure.com/"):
    """Answers up to the key, and the rest."""
    return Owner("Attic", locale, "", "", "", "", "2", address, "", "s3cret", *rest)


def test_endpoint_is_tried_with_the_key_that_systemd_gives_nobody_here(tmp_path, service):
    owner = azure(*[""] * 5)
    assert Setup(tmp_path / "voiced.yaml", owner.dialogue).run() == 0
    assert service.keys == ["s3cret"]
    assert load(tmp_path / "voiced.yaml").voice_live.credential.api_key.credential == "azure-key"
    assert any("it opens" in line for line in owner.told)
    assert not any("s3cret" in line for line in owner.told)


def test_owner_who_goes_after_the_key_has_kept_no_key(tmp_path, service):
    with pytest.raises(EndedError):
        Setup(tmp_path / "voiced.yaml", azure().dialogue).run()
    assert service.keys == []
    assert not (tmp_path / "voiced.yaml").exists()


def test_language_that_is_none_is_asked_again(tmp_path, cards):
    owner = Owner("Attic", "german", "de-DE", *[""] * 10)
    assert Setup(tmp_path / "voiced.yaml", owner.dialogue).run() == 0
    assert load(tmp_path / "voiced.yaml").speaker.locale == "de-DE"


def test_answers_that_do_not_hold_replace_no_configuration(tmp_path, service, capsys):
    path = tmp_path / "voiced.yaml"
    path.write_text("speaker: {name: Old}\n")
    owner = azure(*[""] * 5, address="https://user:word@host name/")
    assert Setup(path, owner.dialogue).run() != 0
    assert path.read_text() == "speaker: {name: Old}\n"
    assert service.keys == []
    assert "endpoint" in capsys.readouterr().err


def test_configuration_can_be_read_by_the_speaker_whatever_the_umask(tmp_path, cards):
    before = os.umask(0o077)
    try:
        assert Setup(tmp_path / "voiced.yaml", Owner(*[""] * 12).dialogue).run() == 0
    finally:
        os.umask(before)
    for path in (tmp_path / "voiced.yaml", tmp_path / "tools.d" / "example-lamp.yaml"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "tools.d").stat().st_mode) == 0o755
