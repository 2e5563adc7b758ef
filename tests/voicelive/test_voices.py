import pytest
from azure.ai.voicelive import models as sdk

from voiced.voicelive.voices import (
    OPENAI_VOICES,
    PERSONAL_MODELS,
    REALTIME_NATIVE_VOICES,
    VoiceFamily,
    VoiceSettings,
    full,
)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("alloy", VoiceFamily.OPENAI),
        ("ava", VoiceFamily.REALTIME_NATIVE),
        ("en-US-AvaNeural", VoiceFamily.STANDARD),
        ("en-US-Ava:DragonHDLatestNeural", VoiceFamily.STANDARD),
    ],
)
def test_family_is_told_by_the_name(name, family):
    assert full(name).family is family
    assert full(name).payload() == {"type": family.value, "name": name}


def test_family_that_is_given_holds():
    voice = VoiceSettings(name="alloy", type="azure-custom", endpoint_id="e")
    assert voice.payload() == {"type": "azure-custom", "name": "alloy", "endpoint_id": "e"}


@pytest.mark.parametrize("rate", ["0.5", "1.5", "1", "+20%", "-7.5%", "x-fast", "default"])
def test_rate_in_the_services_forms_is_taken(rate):
    assert VoiceSettings(name="x", rate=rate).payload()["rate"] == rate


@pytest.mark.parametrize("rate", ["0.4", "1.6", "20%", "faster", "", "-1"])
def test_other_rate_is_refused(rate):
    with pytest.raises(ValueError, match="is no rate"):
        VoiceSettings(name="x", rate=rate)


@pytest.mark.parametrize("pitch", ["+10%", "-5%", "+50Hz", "-2st", "200Hz", "x-low"])
@pytest.mark.parametrize("volume", ["0", "100", "99.5", "-6dB", "+10", "soft"])
def test_pitch_and_volume_in_the_services_forms_are_taken(pitch, volume):
    found = VoiceSettings(name="x", pitch=pitch, volume=volume).payload()
    assert (found["pitch"], found["volume"]) == (pitch, volume)


def test_names_are_the_sdks():
    assert {each.value for each in sdk.OpenAIVoiceName} == OPENAI_VOICES
    assert {each.value for each in sdk.AzureRealtimeNativeVoiceName} == REALTIME_NATIVE_VOICES
    assert {each.value for each in sdk.PersonalVoiceModels} == PERSONAL_MODELS


def test_fields_are_the_sdks(fields_of):
    known = set()
    for family in (sdk.AzureStandardVoice, sdk.AzureCustomVoice, sdk.AzurePersonalVoice):
        known |= fields_of(family)
    assert set(VoiceSettings.model_fields) - {"extra"} == known
