import asyncio

import pytest
from gpiozero import LED

from voiced.assistant import events as on
from voiced.assistant.assistant import Assistant
from voiced.assistant.commands import Chime
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings
from voiced.host.buttons.settings import Button, ButtonsSettings, MuteSettings
from voiced.wiring import pressing
from voiced.wiring.loudness import Loudness
from voiced.wiring.pressing import Pressing

TALK, MUTE, UP, DOWN, OTHER = 6, 5, 12, 13, 16
BUTTONS = {
    TALK: Button.TALK,
    MUTE: Button.MUTE,
    UP: Button.VOLUME_UP,
    DOWN: Button.VOLUME_DOWN,
    OTHER: Button.TALK,
}
PUSH = ButtonsSettings(talk=TALK, mute=MUTE, volume_up=UP, volume_down=DOWN, volume_step=10)
SWITCH = ButtonsSettings(talk=TALK, mute=MuteSettings(pin=MUTE, switch=True))


class Speaker:
    """A real assistant with real buttons on mock pins; what else there is of a daemon is left out."""

    def __init__(self, pins, folder, settings):
        self._pins = pins
        self.assistant = Assistant(ConversationSettings(), 0.0)
        self.events = asyncio.Queue()
        self.volumes = asyncio.Queue()
        loudness = Loudness(60, folder / "volume.json", self._set_volume)
        self.chimes = []
        self.sounding = False
        self.pressing = Pressing(
            settings,
            loudness,
            self.dispatch,
            phase=lambda: self.assistant.phase,
            position=lambda: 16_000,
            sounding=lambda: self.sounding,
            chime=self.chimes.append,
        )

    def dispatch(self, event):
        self.assistant.handle(event, 0.0)
        self.events.put_nowait(event)

    async def _set_volume(self, percent):
        self.volumes.put_nowait(percent)

    async def press(self, number):
        """Press and let go, each until it is felt."""
        self.put(number, closed=True)
        await self.felt(number, closed=True)
        self.put(number, closed=False)
        await self.felt(number, closed=False)

    def put(self, number, *, closed):
        (self._pins.pin(number).drive_low if closed else self._pins.pin(number).drive_high)()

    async def felt(self, number, *, closed):
        while self.pressing._keypad is None or self.pressing._keypad.is_closed(BUTTONS[number]) is not closed:
            await asyncio.sleep(0.005)


@pytest.fixture
async def make(pins, tmp_path):
    running = []

    def begin(settings, *, muted=False):
        speaker = Speaker(pins, tmp_path, settings)
        speaker.pressing.begin(muted=muted)
        running.append(asyncio.create_task(speaker.pressing.run()))
        return speaker

    yield begin
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for number in BUTTONS:
        LED(number).close()  # every pin is given back


async def test_talk_button_listens_and_pressed_again_gives_silence(make):
    speaker = make(PUSH)
    speaker.dispatch(on.Started())
    await speaker.press(TALK)
    assert speaker.assistant.phase is Phase.CONNECTING
    await speaker.press(TALK)
    assert speaker.assistant.phase is Phase.IDLE


async def test_mute_button_switches_the_microphone_off_and_on(make):
    speaker = make(PUSH)
    speaker.dispatch(on.Started())
    await speaker.press(MUTE)
    assert speaker.assistant.phase is Phase.MUTED
    assert not speaker.pressing.keeps_muted, "it may be switched on otherwise, too"
    await speaker.press(MUTE)
    assert speaker.assistant.phase is Phase.IDLE
    assert speaker.chimes == [Chime.MUTE, Chime.UNMUTE]


async def test_mute_button_switches_on_what_was_switched_off_otherwise(make):
    speaker = make(PUSH)
    speaker.dispatch(on.Started())
    speaker.dispatch(on.MuteChanged(muted=True))
    await speaker.press(MUTE)
    assert speaker.assistant.phase is Phase.IDLE


async def test_microphone_is_off_while_its_switch_is_on(make):
    speaker = make(SWITCH)
    speaker.dispatch(on.Started())
    speaker.put(MUTE, closed=True)
    await speaker.felt(MUTE, closed=True)
    assert speaker.assistant.phase is Phase.MUTED
    assert speaker.pressing.keeps_muted
    speaker.put(MUTE, closed=False)
    await speaker.felt(MUTE, closed=False)
    assert speaker.assistant.phase is Phase.IDLE
    assert not speaker.pressing.keeps_muted
    assert speaker.chimes == [Chime.MUTE, Chime.UNMUTE]


async def test_switch_that_changes_nothing_makes_no_sound(make):
    speaker = make(SWITCH)
    speaker.dispatch(on.Started())
    speaker.dispatch(on.MuteChanged(muted=True))
    speaker.put(MUTE, closed=True)
    await speaker.felt(MUTE, closed=True)
    assert speaker.chimes == []


async def test_switch_that_is_on_at_the_start_mutes_before_anything_is_heard(make):
    speaker = make(ButtonsSettings(mute=MuteSettings(pin=MUTE, switch=True, active_high=True)))  # mock pins start high
    assert speaker.assistant.phase is Phase.MUTED
    speaker.dispatch(on.Started())
    assert speaker.assistant.phase is Phase.MUTED


async def test_volume_keys_step_to_the_end_and_no_further(make):
    speaker = make(PUSH.model_copy(update={"volume_step": 30}))
    await speaker.press(UP)
    assert await speaker.volumes.get() == 90
    await speaker.press(UP)
    assert await speaker.volumes.get() == 100
    await speaker.press(UP)
    await speaker.press(DOWN)
    assert await speaker.volumes.get() == 70


@pytest.mark.parametrize(("sounding", "talking"), [(False, False), (True, False), (False, True)])
async def test_volume_is_heard_by_a_chime_unless_something_else_is_heard_or_the_user_speaks(make, sounding, talking):
    speaker = make(PUSH)
    speaker.dispatch(on.Started())
    speaker.sounding = sounding
    if talking:
        speaker.dispatch(on.ListenRequested(0))
    await speaker.press(UP)
    await speaker.press(DOWN)
    assert [await speaker.volumes.get(), await speaker.volumes.get()] == [70, 60]
    assert speaker.chimes[:1] == ([] if sounding or talking else [Chime.VOLUME])


async def test_other_buttons_take_the_place_of_these_while_the_speaker_runs(make):
    speaker = make(SWITCH)
    speaker.dispatch(on.Started())
    before = speaker.pressing._keypad
    speaker.pressing.adopt(ButtonsSettings(talk=OTHER))
    while speaker.pressing._keypad in (None, before):
        await asyncio.sleep(0.005)
    await speaker.press(OTHER)
    assert speaker.assistant.phase is Phase.CONNECTING
    LED(TALK).close()  # which is free


async def test_microphone_stays_off_without_its_switch_but_may_be_switched_on_otherwise(make):
    speaker = make(SWITCH)
    speaker.dispatch(on.Started())
    speaker.put(MUTE, closed=True)
    await speaker.felt(MUTE, closed=True)
    speaker.pressing.adopt(ButtonsSettings(mute=MUTE))  # the same pin, with a push button
    while speaker.pressing.keeps_muted or speaker.pressing._keypad is None:
        await asyncio.sleep(0.005)
    assert speaker.assistant.phase is Phase.MUTED
    await speaker.press(MUTE)
    assert speaker.assistant.phase is Phase.IDLE


async def test_same_buttons_again_change_nothing(make):
    speaker = make(SWITCH)
    before = speaker.pressing._keypad
    speaker.pressing.adopt(SWITCH.model_copy())
    speaker.dispatch(on.Started())
    await speaker.press(TALK)
    assert speaker.pressing._keypad is before


async def test_what_breaks_is_begun_anew_with_its_pins(pins, tmp_path):
    speaker = Speaker(pins, tmp_path, PUSH)
    speaker.pressing.begin()

    async def break_off(_):
        raise ZeroDivisionError

    speaker.pressing._loudness._apply = break_off
    running = asyncio.create_task(speaker.pressing.run())
    speaker.put(UP, closed=True)
    with pytest.raises(ExceptionGroup):
        await running
    running = asyncio.create_task(speaker.pressing.run())
    while speaker.pressing._keypad is None:
        await asyncio.sleep(0.005)
    speaker.dispatch(on.Started())
    await speaker.press(TALK)
    assert speaker.assistant.phase is Phase.CONNECTING
    running.cancel()
    await asyncio.wait([running])


async def test_replacing_the_buttons_does_not_hide_that_the_watch_is_cancelled(pins, tmp_path):
    speaker = Speaker(pins, tmp_path, PUSH)
    speaker.pressing.begin()
    before = speaker.pressing._keypad
    running = asyncio.create_task(speaker.pressing.run())
    await asyncio.sleep(0)  # it watches
    speaker.pressing.adopt(SWITCH)
    for _ in range(3):  # the watch is ended, and waits for its thread
        await asyncio.sleep(0)
    running.cancel()
    while not running.done() and speaker.pressing._keypad in (None, before):
        await asyncio.sleep(0.005)
    assert running.cancelled()


@pytest.mark.parametrize(
    ("buttons", "way"), [(PUSH, "button"), (SWITCH, "switch"), (ButtonsSettings(), "voiced unmute")]
)
async def test_way_to_unmute_is_that_of_the_buttons_there_are(make, buttons, way):
    speaker = make(ButtonsSettings(talk=OTHER))
    speaker.pressing.adopt(buttons)
    before = speaker.pressing._keypad
    while speaker.pressing._keypad in (None, before):
        await asyncio.sleep(0.005)
    assert way in speaker.pressing.way_to_unmute


@pytest.mark.parametrize(("muted", "stays"), [(False, "on"), (True, "off")])
async def test_switch_that_can_not_be_read_is_told_and_leaves_the_microphone_to_the_commands(
    make, caplog, muted, stays
):
    with LED(MUTE):
        speaker = make(SWITCH, muted=muted)
        assert "voiced unmute" in speaker.pressing.way_to_unmute
    assert not speaker.pressing.decides
    assert speaker.events.empty(), "it switches nothing"
    reason, told = caplog.records
    assert "No button for mute: " in reason.getMessage()
    assert told.levelname == "WARNING"
    assert f"the microphone stays {stays}, as it was left" in told.getMessage()
    assert "voiced mute switches it off, voiced unmute on." in told.getMessage()
    assert "then: sudo systemctl restart voiced" in told.getMessage()


async def test_switch_that_can_not_be_read_any_more_after_a_reload_leaves_the_microphone_off(make, caplog):
    speaker = make(ButtonsSettings(talk=TALK))
    speaker.dispatch(on.Started())
    speaker.dispatch(on.MuteChanged(muted=True))
    with LED(MUTE):
        speaker.pressing.adopt(SWITCH)
        unreadable = await speaker.pressing.unreadable()
    assert list(unreadable) == ["buttons.mute"]
    assert "gpioinfo" in unreadable["buttons.mute"]
    assert speaker.assistant.phase is Phase.MUTED
    assert "the microphone stays off, as it was left" in caplog.messages[-1]


async def test_buttons_that_can_be_read_are_known_to_be_there_after_a_reload(make):
    speaker = make(ButtonsSettings(talk=TALK))
    speaker.pressing.adopt(ButtonsSettings(talk=OTHER))
    assert await speaker.pressing.unreadable() == {}
    await speaker.press(OTHER)


async def test_same_buttons_again_are_opened_where_one_could_not_be_read(make):
    with LED(MUTE):
        speaker = make(SWITCH, muted=True)
    speaker.dispatch(on.Started())
    speaker.dispatch(on.MuteChanged(muted=True))
    speaker.pressing.adopt(SWITCH.model_copy())
    assert await speaker.pressing.unreadable() == {}
    assert speaker.pressing.decides
    assert speaker.assistant.phase is Phase.MUTED, "a switch that is found again switches nothing on by itself"


async def test_of_buttons_that_are_adopted_one_after_the_other_the_last_are_told_of(make):
    speaker = make(ButtonsSettings(talk=TALK))
    with LED(MUTE):
        speaker.pressing.adopt(SWITCH)
        while speaker.pressing._settings is not SWITCH:  # which are being opened
            await asyncio.sleep(0)
        speaker.pressing.adopt(ButtonsSettings(talk=OTHER))
        assert await speaker.pressing.unreadable() == {}
    await speaker.press(OTHER)


async def test_buttons_that_are_not_opened_in_time_are_told_as_such(pins, tmp_path, monkeypatch):
    monkeypatch.setattr(pressing, "OPENING_SECONDS", 0.0)
    speaker = Speaker(pins, tmp_path, PUSH)
    speaker.pressing.adopt(SWITCH)
    assert "still being opened" in (await speaker.pressing.unreadable())["buttons"]


@pytest.mark.parametrize(("settings", "what"), [(PUSH, "button"), (SWITCH, "switch")])
async def test_what_switched_the_microphone_is_told(make, settings, what):
    speaker = make(settings)
    speaker.dispatch(on.Started())
    speaker.put(MUTE, closed=True)
    await speaker.felt(MUTE, closed=True)
    while (event := await speaker.events.get()) == on.Started():
        pass
    assert event == on.MuteChanged(muted=True, reason=f"microphone off by its {what}")
