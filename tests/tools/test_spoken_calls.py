import pytest

from voiced.tools.spoken_calls import SpokenCalls, spoken_call

NAMES = ("set_light", "weather", "light")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('set_light({"room": "kitchen"})', "set_light"),
        ("I will now call set_light for you.", "set_light"),
        ("functions.set_light {room: kitchen}", "set_light"),
        ('{"name": "weather", "arguments": {}}', "weather"),
        ("{'name': 'functions.weather'}", "weather"),
        ("weather(city='Rome')", "weather"),
        ("weather {}", "weather"),
        ("weather: {}", "weather"),
    ],
)
def test_call_in_a_replys_text_is_found(text, name):
    assert spoken_call(text, NAMES) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The kitchen light is on.",
        "The weather is fine.",
        "The set light is on.",
        "My name: weather",
        "preset_light",
        "set_lights",
        "The light's brightness (in percent) is 5.",
    ],
)
def test_reply_about_the_same_things_is_none(text):
    assert spoken_call(text, NAMES) is None


def test_it_is_warned_of_once_a_reply_and_without_what_was_said(caplog):
    calls = SpokenCalls(lambda: NAMES)
    for response in ("r1", "r1", "r2"):
        calls.look(response, 'set_light({"room": "cellar"})')
    calls.look("r3", "The light is on.")
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 2
    assert "set_light" in warnings[0]
    assert "cellar" not in caplog.text
