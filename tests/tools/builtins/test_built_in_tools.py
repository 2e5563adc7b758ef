import dataclasses
import json

import pytest

from voiced.tools import phrases
from voiced.tools.actions.action import ActionError
from voiced.tools.arguments import ArgumentsError
from voiced.tools.builtin_settings import NAMES, BuiltInSettings, switched_on
from voiced.tools.builtins.catalogue import catalogue
from voiced.tools.builtins.examples import example
from voiced.tools.builtins.speaker import Report, Speaker
from voiced.tools.registry import Registry
from voiced.tools.runner import RESULT_BYTES, Runner


class Box:
    """A speaker of which only its built-ins are real."""

    def __init__(self):
        self.volume, self.muted, self.reply = 60, False, ""
        self.report = Report("Kitchen", "1.2", "azure", "")

    async def set_volume(self, volume):
        self.volume = volume

    async def mute(self):
        self.muted = True

    def speaker(self):
        return Speaker(lambda: self.volume, self.set_volume, self.mute, lambda: self.reply, lambda: self.report)


@pytest.fixture
def box():
    return Box()


@pytest.fixture
def tools(book, box):
    found = []
    found += catalogue(BuiltInSettings(), "en-US", book.diary, box.speaker(), lambda: found)
    return found


@pytest.fixture
def say(call, tools):
    """The reply to a call, or the sentence of its failure."""

    def said(name, /, **arguments):
        try:
            return call(tools, name, **arguments)["said"]
        except (ActionError, ArgumentsError) as error:
            return f"! {error}"

    return said


def test_timers_are_set_asked_after_and_cancelled_by_name(say, clock):
    assert say("set_timer", duration=600) == "Timer set for 10 minutes."
    assert say("set_timer", duration="PT90S", name="the Pizza timer") == "Pizza timer set for 1 minute and 30 seconds."
    clock.pass_by(30)
    assert say("timers_left") == (
        "The pizza timer has 1 minute and the timer of 10 minutes has 9 minutes and 30 seconds left."
    )
    assert say("timers_left", name="pizza") == "1 minute left on the pizza timer."
    assert say("cancel_timer") == (
        "! There are 2 timers: the pizza timer and the timer of 10 minutes. Say which, or all."
    )
    assert say("cancel_timer", name="bread") == (
        "! There is no bread timer. There is the pizza timer and the timer of 10 minutes."
    )
    assert say("cancel_timer", name="10 minutes") == "Cancelled the timer."
    assert say("cancel_timer", name="all timers") == "Cancelled the pizza timer."
    assert say("timers_left") == "There is no timer set."
    assert say("cancel_timer") == "! There is no timer set."


@pytest.mark.parametrize("duration", [0, -5, 10**9, "soon"])
def test_timer_of_a_senseless_length_is_refused(say, duration):
    assert say("set_timer", duration=duration).startswith("! The duration")


def test_cancelling_the_timer_that_rings_means_that_one(say, book, clock):
    say("set_timer", duration=60, name="egg")
    say("set_timer", duration=600)
    clock.pass_by(60)
    book.diary.look()
    assert say("cancel_timer") == "Cancelled the egg timer."
    assert book.quiet == 1
    assert say("timers_left") == "9 minutes left."


def test_alarms_are_set_listed_and_cancelled(say):
    assert say("set_alarm", time="7:00") == "Alarm set for 7:00 AM tomorrow."
    assert say("set_alarm", time="13:00", name="lunch") == "Alarm set for 1:00 PM today (lunch)."
    assert say("set_alarm", time="06:30", every="weekday") == "Alarm set for 6:30 AM every weekday."
    assert say("set_alarm", time="09:00", every="Monday") == "Alarm set for 9:00 AM every Monday."
    assert say("set_alarm", time="09:30", day="wednesday") == "Alarm set for 9:30 AM on Wednesday."
    assert say("set_alarm", time="11:00", day="today") == "! That time has passed today."
    assert say("list_alarms") == (
        "There are 5 alarms: 1:00 PM today (lunch), 7:00 AM tomorrow, 6:30 AM every weekday, 9:00 AM every Monday, "
        "and 9:30 AM on Wednesday."
    )
    assert say("cancel_alarm", time="06:30") == "Cancelled the alarm for 6:30 AM every weekday."
    assert say("cancel_alarm", time="06:30") == "! There is no alarm at 06:30."
    assert say("cancel_alarm", name="lunch") == "Cancelled the alarm for 1:00 PM today (lunch)."
    assert say("cancel_alarm", name="all").startswith("Cancelled the alarms for 7:00 AM tomorrow, 9:00 AM every")
    assert say("list_alarms") == "There is no alarm set."


def test_alarm_that_rings_is_snoozed_once_and_then_turned_off(say, book, clock):
    say("set_alarm", time="13:00")
    clock.pass_by(3600)
    book.diary.look()
    assert say("snooze") == "The alarm comes again in 9 minutes."
    assert book.quiet == 1
    assert say("list_alarms") == "There is one alarm: 1:09 PM, put off."
    clock.pass_by(540)
    book.diary.look()
    assert say("cancel_alarm") == "The alarm is off."
    assert say("stop_ringing") == "! Nothing rings."
    assert say("snooze", duration=120) == "The alarm comes again in 2 minutes.", "it has rung just now"
    assert say("snooze") == "! Nothing has rung just now."


def test_reminders_are_set_by_time_or_duration_listed_and_cancelled(say):
    assert say("set_reminder", text="call mum", duration=3600) == "I'll remind you in 1 hour."
    assert say("set_reminder", text="water the plants", time="18:00", every="day") == (
        "I'll remind you at 6:00 PM every day."
    )
    assert say("set_reminder", text="x") == "! Say when: either a time, or how long from now."
    assert say("set_reminder", text="x", time="18:00", duration=5).startswith("! Say when")
    assert say("list_reminders") == (
        "There are 2 reminders: call mum, at 1:00 PM today; water the plants, at 6:00 PM every day."
    )
    assert say("cancel_reminder", text="plants") == "Cancelled the reminder: water the plants."
    assert say("cancel_reminder") == "Cancelled the reminder: call mum."


def test_what_was_missed_is_told_on_asking_once(say, book, clock):
    say("set_timer", duration=60, name="egg")
    clock.pass_by(7200)
    book.diary.look()
    assert say("timers_left") == "You missed the egg timer at 12:01 PM."
    assert say("timers_left") == "There is no timer set."


def test_volume_is_set_in_words_percent_and_steps(say, box):
    assert say("set_volume", level="50%") == "The volume is 50 percent."
    assert say("set_volume", level=250) == "The volume is 100 percent."
    assert say("change_volume", direction="down") == "The volume is 90 percent."
    assert say("change_volume", direction="up", by=50) == "The volume is 100 percent."
    assert say("get_volume") == "The volume is 100 percent."
    assert box.volume == 100


def test_microphone_goes_off(say, box):
    assert say("mute_microphone") == "The microphone is off."
    assert box.muted


def test_time_and_date_are_the_locale_s(say, book, box, call):
    assert say("get_time") == "It is 12:00 PM."
    assert say("get_date") == "It is Saturday, November 21, 2026."
    german = list(catalogue(BuiltInSettings(), "de-DE", book.diary, box.speaker(), list))
    assert call(german, "get_time") == {"said": "It is 12:00.", "time": "2026-11-21T12:00+01:00"}
    assert call(german, "get_date")["said"] == "It is Samstag, 21. November 2026."


def test_last_reply_is_said_again(say, box):
    assert say("repeat") == "! I have said nothing yet."
    box.reply = "It is raining."
    assert say("repeat") == "It is raining."


def test_status_tells_who_answers_and_what_is_set(say, box):
    assert say("speaker_status") == ("I am Kitchen, version 1.2. The volume is 60 percent, and the service can be had.")
    say("set_timer", duration=60)
    box.report = dataclasses.replace(box.report, outage="no network")
    assert say("speaker_status").endswith("so this device answers by itself. There is 1 timer.")
    say("set_alarm", time="07:00")
    box.report = Report("Kitchen", "1.2", "cascade", "")
    assert say("speaker_status").endswith("and this device answers by itself. There are 1 timer and 1 alarm.")


def test_owner_s_tools_come_first_among_the_abilities(call, tools):
    own = dataclasses.replace(
        tools[0],
        definition=dataclasses.replace(tools[0].definition, name="open_garage"),
        phrases=("open [the] {missing} garage", "open [the] garage"),
    )
    tools.append(own)
    result = call(tools, "what_can_you_do")
    assert result["said"] == (
        "You can say, for example: open the garage, set a timer for 10 minutes, set an alarm for 7:30, and remind me "
        "in 10 minutes."
    )
    assert [tool["name"] for tool in result["tools"]][:3] == ["open_garage", "set_timer", "set_alarm"]
    assert len(json.dumps(result)) < RESULT_BYTES, "a model is given all of it"


def test_every_phrase_is_one_that_an_owner_could_write(tools):
    for tool in tools:
        schema = tool.definition.parameters
        for phrase in tool.phrases:
            assert not phrases.problems(phrase, schema["properties"], schema["required"]), (tool.name, phrase)
        assert example(tool), tool.name


def test_each_switch_takes_its_tools_away(book, box):
    def names(**settings):
        return {tool.name for tool in catalogue(BuiltInSettings(**settings), "en-US", book.diary, box.speaker(), list)}

    everything = names()
    assert everything == {name for group in NAMES.values() for name in group}
    for switch in set(NAMES) - {"ringing"}:
        assert everything - names(**{switch: False}) == set(NAMES[switch])
    nothing_rings = {"timers": False, "alarms": False, "reminders": False}
    assert not names(**nothing_rings) & set(NAMES["ringing"])
    assert names(**nothing_rings) == switched_on(BuiltInSettings(**nothing_rings))


def test_reminder_s_text_stays_out_of_the_log_of_calls(tools):
    private = {tool.name: tool.private for tool in tools if tool.private}
    assert private == {"set_reminder": {"text"}, "cancel_reminder": {"text"}}


async def test_what_one_is_reminded_of_is_in_no_log(tools, caplog):
    caplog.set_level("INFO")
    recorded = []
    runner = Runner(Registry(tools), record=recorded.append)
    done = await runner.call("set_reminder", '{"text": "see the doctor", "duration": 600}')
    assert "see the doctor" in done.output
    assert "see the doctor" in (await runner.call("list_reminders", "{}")).output
    assert "see the doctor" in str((await runner.call("cancel_reminder", '{"text": "mum"}')).error)
    assert [call.tool for call in recorded] == ["set_reminder", "list_reminders", "cancel_reminder"]
    assert "doctor" not in f"{recorded} {caplog.text}"


def test_volume_is_understood_in_the_speakers_language(call, book, box):
    tools = []
    tools += catalogue(BuiltInSettings(), "de-DE", book.diary, box.speaker(), lambda: tools)
    assert call(tools, "set_volume", level="fünfundvierzig")["volume"] == 45
