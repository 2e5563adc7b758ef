import json
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from voiced.config.loading import ConfigurationError, load
from voiced.config.schema import VoicedSettings
from voiced.config.wording import alike

ODD = (None, "x", 7, -1, 0.5, True, [], ["x"], [{}], {}, {"x": 1}, {"a b": None}, {"\N{NO-BREAK SPACE}x": 1})


@pytest.fixture
def told(tmp_path):
    """What is said of a file, without its path."""

    def problems(text):
        path = tmp_path / "voiced.yaml"
        path.write_text(text)
        with pytest.raises(ConfigurationError) as caught:
            load(path, environment={})
        return [problem.removeprefix(f"{path}:") for problem in caught.value.problems]

    return problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("audio: {half_duplex: yes}", "1:9: audio.half_duplex: true or false is expected; write true"),
        ("builtins: {timers: 'false'}", "1:12: builtins.timers: true or false is expected; write false"),
        ("builtins: {timers: 7}", "1:12: builtins.timers: true or false is expected"),
        ("buttons: {talk: '6'}", "1:11: buttons.talk: a whole number is expected; write 6"),
        ("buttons: {talk: GPIO6}", "1:11: buttons.talk: a whole number is expected; write 6"),
        ("buttons: {talk: 6.0}", "1:11: buttons.talk: a whole number is expected; write 6"),
        ("buttons: {talk: six}", "1:11: buttons.talk: a whole number is expected"),
        ("audio: {output: {volume: 60%}}", "1:18: audio.output.volume: a whole number is expected; write 60"),
        ("lights: {brightness: '0.4'}", "1:10: lights.brightness: a number is expected; write 0.4"),
        ("cascade: {reply: {chat: {url: 'nas:11434/v1', model: m}}}",
         "1:26: cascade.reply.chat.url: an address is expected, which begins with http:// or https:// and a host"),
        ("audio: {output: {volume: 140}}", "1:18: audio.output.volume: at most 100 is expected"),
        ("lights: {driver: led, pins: {led: 17}, brightness: -0.5}",
         "1:40: lights.brightness: at least 0 is expected"),
        ("wake_words: [{model: alexa, threshold: 5}]", "1:29: wake_words[0].threshold: less than 1 is expected"),
        ("buttons: {talk: 31}",
         "1:11: buttons.talk: at most 27 is expected: a GPIO's Broadcom number, which is not its place on the header"),
        ("lights: {driver: ws2812, count: 3, order: GRB}",
         "1:36: lights.order: Input should be 'rgb', 'rbg', 'grb', 'gbr', 'brg' or 'bgr' (did you mean grb?)"),
        ("speaker: {locale: english}",
         "1:11: speaker.locale: a language and a country are expected, as en-US or de-DE"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_told_with_what_to_write(told, text, expected):
    assert told(text) == [expected]


@pytest.mark.parametrize(
    ("speech", "instead"),
    [
        ("piper", "; write {piper: FILE.onnx}"),
        ("voices/amy.onnx", "; write {piper: voices/amy.onnx}"),
        ("festival", ", or `{piper: FILE.onnx}`"),
        ("", ", or `{piper: FILE.onnx}`"),
        ("[piper]", ", or `{piper: FILE.onnx}`"),
        ("flit", " (did you mean flite?)"),
    ],
)
def test_a_value_that_may_be_a_map_too_is_told_with_that_form(told, speech, instead):
    assert told(f"cascade: {{speech: {speech}}}") == [
        f"1:11: cascade.speech: Input should be 'auto', 'flite' or 'espeak-ng'{instead}"
    ]


def test_a_map_that_lacks_its_one_key_is_told_with_an_example(told):
    assert told("cascade: {speech: {}}") == ["1:11: cascade.speech.piper: this key is required"]


@pytest.mark.parametrize("driver", ["neopixel", "WS2812B", "sk6812"])
def test_another_name_of_a_chain_is_told_with_ours(told, driver):
    (problem,) = told(f"lights: {{driver: {driver}, count: 12}}")
    assert problem.endswith("(did you mean ws2812?)")


def test_an_unknown_key_is_told_with_the_nearest_else_its_place_else_all_there_are(told):
    assert told("buttons: {volumeup: 6, speak: 5}\nvoice_live: {remove_filler_words: true}\n") == [
        "1:11: buttons.volumeup: unknown key (did you mean volume_up?)",
        "1:24: buttons.speak: unknown key; known here: talk, mute, volume_up, volume_down, volume_step",
        "2:14: voice_live.remove_filler_words: unknown key (did you mean turn_detection.remove_filler_words?)",
    ]


def test_keys_that_were_not_indented_are_told_with_where_they_belong(told):
    empty = "a map of keys is expected here, and nothing is there: indent what belongs to it, or take the key away"
    assert told("lights:\ndriver: rgb\npins: {led: 17}\n") == [
        f"1:1: lights: {empty}",
        "2:1: driver: unknown key (did you mean lights.driver?)",
        "3:1: pins: unknown key (did you mean lights.pins?)",
    ]


def test_a_key_that_belongs_in_one_of_few_places_is_told_with_them(told):
    assert told("mute: 5") == ["1:1: mute: unknown key (did you mean audio.chimes.mute or buttons.mute?)"]


def test_a_space_that_is_none_is_told(told):
    problem = told("lights:\n\N{NO-BREAK SPACE} driver: rgb\n")[1]
    assert problem.endswith("unknown key (an invisible character stands in it: type the line anew)")


def test_where_keys_belong_they_are_named_and_a_secret_is_not_repeated(told):
    (problem,) = told('home_assistant: {url: "http://ha", token: abcdef}')
    assert problem == "1:36: home_assistant.token: a map of keys is expected here: credential, file, env"
    assert told("lights: rgb")[0].startswith("1:1: lights: a map of keys is expected here: driver, pins, count")


def test_every_key_of_the_schema_can_be_looked_for_everywhere():
    assert list(alike("nowhere", VoicedSettings)) == []
    assert "lights.driver" in alike("driver", VoicedSettings)


def keys(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        key = (*above, field.alias or name)
        yield key
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from keys(kind, key)


def test_whatever_stands_under_a_key_is_taken_or_told_with_its_place(tmp_path):
    path = tmp_path / "voiced.yaml"
    told = []
    for key in keys(VoicedSettings):
        for odd in ODD:
            data = odd
            for part in reversed(key):
                data = {part: data}
            path.write_text(json.dumps(data))
            try:
                load(path, environment={})
            except ConfigurationError as error:
                told += error.problems
    assert len(told) > 1000
    assert [problem for problem in told if not problem.startswith(f"{path}:1:")] == []
