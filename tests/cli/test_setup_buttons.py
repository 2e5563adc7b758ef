from gpiozero import LED

from voiced.cli.setup_buttons import ask_for_buttons
from voiced.cli.setup_dialogue import Dialogue
from voiced.cli.setup_writing import Answers, written
from voiced.config.loading import load

NO_LIGHT = {"driver": "none"}


class Owner:
    """Answers in order; what was told is kept."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.told = []
        self.dialogue = Dialogue(self.read, self.read, self.told.append)

    def read(self, prompt):
        self.told.append(prompt)
        return self.answers.pop(0)


def test_enter_is_no_button():
    assert ask_for_buttons(Owner("").dialogue, NO_LIGHT) == {}


def test_buttons_are_read_and_kept(pins):
    pins.pin(6).drive_low()
    owner = Owner("y", "6", "5", "y", "", "99", "13", "")
    assert ask_for_buttons(owner.dialogue, NO_LIGHT) == {
        "talk": 6,
        "mute": {"pin": 5, "switch": True},
        "volume_down": 13,
    }
    assert "A number from 0 to 27, by Broadcom's count." in owner.told
    assert "  mute: GPIO 5 is open now" in owner.told
    LED(6).close()  # every pin is given back


def test_pins_that_are_taken_are_asked_for_again(pins):
    lights = {"driver": "led", "pins": {"led": 17}}
    owner = Owner("y", "17", "", "", "", "6", "6", "", "", "", "", "none", "", "", "")
    assert ask_for_buttons(owner.dialogue, lights) == {"talk": 6}
    assert "talk: GPIO 17 is a light's" in owner.told
    assert "mute: GPIO 6 is a button's" in owner.told


def test_answers_of_before_need_not_be_typed_again(pins):
    owner = Owner("y", "6", "5", "y", "12", "12", "", "", "", "", "13", "")
    assert ask_for_buttons(owner.dialogue, NO_LIGHT) == {
        "talk": 6,
        "mute": {"pin": 5, "switch": True},
        "volume_up": 12,
        "volume_down": 13,
    }


def test_button_that_can_not_be_read_here_may_be_kept(pins):
    with LED(6):
        owner = Owner("y", "6", "", "", "", "")
        assert ask_for_buttons(owner.dialogue, NO_LIGHT) == {"talk": 6}
    assert any("can't be read here" in told and "gpioinfo" in told for told in owner.told)


def test_what_is_kept_is_read_back(tmp_path):
    device = {"device": "default"}
    kept = {"talk": 6, "mute": {"pin": 5, "switch": True}}
    (tmp_path / "voiced.yaml").write_text(written(Answers("x", "en-US", "hey_jarvis", device, device, buttons=kept)))
    buttons = load(tmp_path / "voiced.yaml").buttons
    assert [buttons.talk, buttons.has_mute_switch] == [6, True]
