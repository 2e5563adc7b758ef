import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiced.cascade.programs import SpeechError
from voiced.cascade.speech import Speech
from voiced.cascade.voices import Manner, manner_of


@pytest.mark.parametrize(
    ("voice", "program", "manner"),
    [
        ({"name": "en-US-AvaNeural"}, "flite", Manner()),
        ({"name": "en-US-Andrew:DragonHDLatestNeural"}, "flite", Manner("rms")),
        ({"name": "en-US-AndrewMultilingualNeural"}, "flite", Manner("rms")),
        ({"type": "openai", "name": "ash"}, "flite", Manner("rms")),
        ({"type": "azure-custom", "name": "awb"}, "flite", Manner("awb")),
        ({"name": "de-DE-KatjaNeural"}, "flite", Manner()),
        ({"name": "de-DE-KatjaNeural"}, "espeak-ng", Manner("de")),
        ({"name": "en-US-AvaMultilingualNeural", "locale": "fr-FR"}, "espeak-ng", Manner("fr")),
        ({"name": "en-GB-SoniaNeural"}, "espeak-ng", Manner()),
        ({"type": "avatar-voice-sync"}, "espeak-ng", Manner()),
        ({"name": "alloy", "rate": "1.2"}, "flite", Manner(None, 1.2)),
        ({"name": "alloy", "rate": "slow"}, "flite", Manner(None, 0.75)),
        ({"name": "alloy", "rate": "+10%"}, "flite", Manner(None, 1.1)),
        ({"name": "alloy", "rate": "9"}, "flite", Manner(None, 1.5)),
        ({"name": "alloy", "rate": "nan"}, "flite", Manner()),
    ],
)
def test_the_nearest_voice_is_found(voice, program, manner):
    assert manner_of(voice, program) == manner


@given(
    st.dictionaries(st.sampled_from(["name", "locale", "rate"]), st.text("ab-:%.19+e", max_size=9) | st.none()),
    st.sampled_from(["flite", "espeak-ng"]),
)
def test_any_voice_gives_one_that_a_command_line_takes(voice, program):
    manner = manner_of(voice, program)
    assert manner.voice is None or (manner.voice.isalnum() and manner.voice.isascii())
    assert 0.5 <= manner.rate <= 1.5


async def length(speech, **voice):
    return sum([len(spoken.sound) async for spoken in speech.sentences("The kitchen light is on.", voice)])


@pytest.mark.parametrize("program", ["flite", "espeak-ng"])
async def test_a_faster_voice_needs_less_time(program):
    speech = Speech(program)
    try:
        usual, fast = await length(speech, name="alloy"), await length(speech, name="alloy", rate="1.5")
    except SpeechError as error:
        pytest.skip(str(error))
    assert 0.55 * usual < fast < 0.8 * usual
    assert await length(speech, name="alloy") == usual


async def test_the_owners_choice_counts_more_than_the_sessions():
    try:
        chosen = await length(Speech("flite", "slt"), name="rms")
    except SpeechError as error:
        pytest.skip(str(error))
    assert chosen == await length(Speech("flite", "slt"))
    assert chosen != await length(Speech("flite"), name="rms")
