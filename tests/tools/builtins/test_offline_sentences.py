"""What is said to the built-ins without a cloud, as the service on this device understands it."""

import logging

import pytest

from voiced.cascade.grammar import Call, build_grammar
from voiced.tools.builtin_settings import BuiltInSettings
from voiced.tools.builtins.catalogue import catalogue
from voiced.tools.builtins.speaker import Speaker

SENTENCES = {
    "set a timer for ten minutes": Call("set_timer", {"duration": 600}),
    "start a five minute timer": Call("set_timer", {"duration": 300}),
    "set a pizza timer for half an hour": Call("set_timer", {"name": "pizza", "duration": 1800}),
    "how much time is left": Call("timers_left", {}),
    "how long is left on the pizza timer": Call("timers_left", {"name": "pizza"}),
    "what timers are running": Call("timers_left", {}),
    "cancel the timer": Call("cancel_timer", {}),
    "stop the egg timer": Call("cancel_timer", {"name": "egg"}),
    "cancel all timers": Call("cancel_timer", {"name": "all"}),
    "set an alarm for seven a m": Call("set_alarm", {"time": "07:00"}),
    "wake me up at half past six tomorrow": Call("set_alarm", {"time": "06:30", "day": "tomorrow"}),
    "wake me at seven every weekday": Call("set_alarm", {"time": "07:00", "every": "weekday"}),
    "set an alarm on monday for eight": Call("set_alarm", {"day": "monday", "time": "08:00"}),
    "what alarms are set": Call("list_alarms", {}),
    "when is my next alarm": Call("list_alarms", {}),
    "turn off the alarm": Call("cancel_alarm", {}),
    "cancel my seven a m alarm": Call("cancel_alarm", {"time": "07:00"}),
    "remind me in twenty minutes": Call("set_reminder", {"duration": 1200}),
    "remind me at noon": Call("set_reminder", {"time": "12:00"}),
    "what are my reminders": Call("list_reminders", {}),
    "cancel the reminder": Call("cancel_reminder", {}),
    "snooze": Call("snooze", {}),
    "snooze for five minutes": Call("snooze", {"duration": 300}),
    "stop ringing": Call("stop_ringing", {}),
    "set the volume to forty percent": Call("set_volume", {"level": 40}),
    "turn it up": Call("change_volume", {"direction": "up"}),
    "volume down": Call("change_volume", {"direction": "down"}),
    "what is the volume": Call("get_volume", {}),
    "mute the microphone": Call("mute_microphone", {}),
    "what time is it": Call("get_time", {}),
    "what is the date": Call("get_date", {}),
    "what day is it": Call("get_date", {}),
    "repeat that": Call("repeat", {}),
    "what can you do": Call("what_can_you_do", {}),
    "what is your status": Call("speaker_status", {}),
}


@pytest.fixture(scope="module")
def grammar():
    settings, speaker = BuiltInSettings(), Speaker(int, None, None, str, None)
    tools = list(catalogue(settings, "en-US", None, speaker, list))
    schemas = [{"name": tool.name, "parameters": tool.definition.parameters} for tool in tools]
    phrases = {tool.name: {"phrases": tool.phrases, "words": tool.words} for tool in tools}
    with pytest.MonkeyPatch.context() as patch:
        warned = []
        patch.setattr(
            logging.getLogger("voiced.cascade.intents.sentences"), "warning", lambda *told: warned.append(told)
        )
        built = build_grammar(schemas, phrases, lambda _: True)
    assert warned == [], "no phrase is left out"
    return built


@pytest.mark.parametrize(("words", "meaning"), SENTENCES.items())
def test_sentence_is_understood_offline(grammar, words, meaning):
    assert grammar.understand(words.split()) == meaning


def test_each_built_in_can_be_called_offline():
    settings = BuiltInSettings()
    names = {tool.name for tool in catalogue(settings, "en-US", None, Speaker(int, None, None, str, None), list)}
    assert {meaning.name for meaning in SENTENCES.values()} == names
