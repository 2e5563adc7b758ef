import json

import pytest
from pydantic import ValidationError

from voiced.audio.settings import AudioSettings


def validate(**audio):
    return AudioSettings.model_validate_json(json.dumps(audio), strict=True)


def test_a_channel_or_the_mix_of_all_is_the_microphone():
    assert validate(input={"channels": 2, "channel": 1}).input.channel == 1
    assert validate(input={"channels": 6, "channel": "mix"}).input.channel == "mix"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"channels": 0}, "greater than or equal to 1"),
        ({"channel": 1}, "set channels to 2 or more"),
        ({"channels": 2, "channel": "average"}, "mix"),
        ({"channels": 2, "channel": -1}, "greater than or equal to 0"),
    ],
)
def test_a_channel_that_can_not_be_is_an_error(settings, message):
    with pytest.raises(ValidationError, match=message):
        validate(input=settings)


def test_a_mixer_is_named_by_its_control_or_with_its_card():
    assert validate(output={"mixer": "PCM"}).output.mixer == "PCM"
    assert validate(output={"mixer": {"control": "PCM", "card": "Device"}}).output.mixer.card == "Device"
