"""A household's tools, what is said to them and what is meant by it, and speech that has nothing to do with them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Arguments = Mapping[str, Any]

_ROOMS = {
    "kitchen": "kitchen",
    "bedroom": "bedroom",
    "living room": "living_room",
    "bathroom": "bathroom",
    "hallway": "hallway",
    "office": "office",
}
_SWITCH = {"on": "on", "off": "off"}
_COLORS = {each: each for each in ("red", "green", "blue", "warm white", "purple")}
_GENRES = {each: each for each in ("jazz", "classical music", "rock", "country music", "the news")}
_DOORS = {"front door": "front_door", "back door": "back_door", "garage": "garage"}
_DAYS = {each: each for each in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")}
_WHEN = {"today": "today", "tomorrow": "tomorrow", "this weekend": "weekend"}
_ITEMS = {each: each for each in ("milk", "bread", "butter", "apples", "coffee", "paper towels", "dog food", "cheese")}
_SPEEDS = {each: each for each in ("low", "medium", "high")}
_SCENES = {"movie night": "movie_night", "good morning": "good_morning", "bedtime": "bedtime", "dinner": "dinner"}
_APPLIANCES = {"coffee maker": "coffee_maker", "washing machine": "washing_machine", "dishwasher": "dishwasher"}
_PERCENT = {
    "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "twenty five": 25, "thirty": 30, "forty two": 42, "fifty": 50,
    "sixty": 60, "seventy five": 75, "eighty": 80, "ninety": 90, "a hundred": 100,
}  # fmt: skip
_DEGREES = {"sixteen": 16, "eighteen": 18, "nineteen": 19, "twenty": 20, "twenty one": 21, "twenty two": 22}
_CHANNELS = {"seven": 7, "twelve": 12, "forty four": 44, "one hundred and five": 105, "three hundred twenty": 320}
_SPANS = {
    "thirty seconds": 30, "ninety seconds": 90, "one minute": 60, "three minutes": 180, "five minutes": 300,
    "ten minutes": 600, "twelve minutes": 720, "twenty five minutes": 1500, "half an hour": 1800, "an hour": 3600,
    "an hour and a half": 5400, "two hours": 7200, "two and a half hours": 9000, "one hour and twenty minutes": 4800,
    "a quarter of an hour": 900, "two minutes and thirty seconds": 150, "forty five minutes": 2700,
}  # fmt: skip
_CLOCK = {
    "seven": "07:00", "seven a m": "07:00", "seven p m": "19:00", "six thirty": "06:30", "half past six": "06:30",
    "quarter to seven": "06:45", "a quarter past eight": "08:15", "ten to nine": "08:50", "noon": "12:00",
    "five o'clock": "05:00", "seven fifteen a m": "07:15", "eight forty five": "08:45", "twenty past five": "05:20",
    "nine in the evening": "21:00", "midnight": "00:00", "eleven oh five": "11:05",
}  # fmt: skip


def _choice(values: Mapping[str, str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(dict.fromkeys(values.values()))}


def _whole(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Attributes:
        parameters: JSON Schema by name.
        phrases: its sentence templates.
        sentences: what a person says, with {parameter} where a value is said; written apart from the templates.
        spoken: for each parameter the words and what they mean.
    """

    name: str
    phrases: Sequence[str]
    sentences: Sequence[str]
    parameters: Mapping[str, Mapping[str, Any]]
    spoken: Mapping[str, Mapping[str, Any]]

    @property
    def definition(self) -> dict[str, Any]:
        """As `session.update` tells it."""
        return {"type": "function", "name": self.name, "parameters": {"properties": dict(self.parameters)}}


def _tool(name: str, phrases: Sequence[str], sentences: Sequence[str], **spoken: Any) -> Tool:  # noqa: ANN401 (two kinds)
    """Each parameter is given as its words and meanings, or as these and its schema."""
    pairs = {key: each if isinstance(each, tuple) else (each, _choice(each)) for key, each in spoken.items()}
    return Tool(
        name,
        phrases,
        sentences,
        {key: schema for key, (_, schema) in pairs.items()},
        {key: values for key, (values, _) in pairs.items()},
    )


_SECONDS = {"type": "integer", "format": "duration"}
_TIME = {"type": "string", "format": "time"}
TOOLS = (
    _tool(
        "set_light",
        ["(turn|switch) {state} [the] {room} (light|lights|lamp)", "(turn|switch) [the] {room} (light|lights) {state}"],
        ["turn {state} the {room} light", "switch {state} the {room} lights", "turn the {room} light {state}"],
        room=_ROOMS, state=_SWITCH,
    ),
    _tool(
        "dim_light",
        ["(dim|set) [the] {room} (light|lights) to {level} [percent]"],
        ["dim the {room} light to {level} percent", "set the {room} lights to {level} percent"],
        room=_ROOMS, level=(_PERCENT, _whole(0, 100)),
    ),
    _tool(
        "color_light",
        ["(make|turn) [the] {room} (light|lights) {color}"],
        ["make the {room} light {color}", "turn the {room} lights {color}"],
        room=_ROOMS, color=_COLORS,
    ),
    _tool(
        "set_volume",
        ["(set|turn) [the] volume to {level} [percent]", "volume {level}"],
        ["set the volume to {level} percent", "turn the volume to {level}", "volume {level}"],
        level=(_PERCENT, _whole(0, 100)),
    ),
    _tool("volume_up", ["turn (it|the music|the volume) up", "louder"], ["turn the volume up", "turn it up", "louder"]),
    _tool(
        "volume_down",
        ["turn (it|the music|the volume) down", "quieter"],
        ["turn the volume down", "turn the music down"],
    ),
    _tool(
        "play", ["play [some] {what}", "(put on|listen to) {what}"], ["play some {what}", "play {what}"], what=_GENRES
    ),
    _tool("stop_music", ["stop [the] music", "pause [the music]"], ["stop the music", "pause the music"]),
    _tool("next_song", ["(next|skip this) (song|track)", "play the next song"], ["next song", "skip this song"]),
    _tool(
        "set_timer",
        ["(set|start) (a|the) timer for {seconds}", "(set|start) (a|an) {seconds} timer"],
        ["set a timer for {seconds}", "start a timer for {seconds}"],
        seconds=(_SPANS, _SECONDS),
    ),
    _tool("cancel_timer", ["(cancel|stop) the timer"], ["cancel the timer", "stop the timer"]),
    _tool(
        "set_alarm",
        ["(set|make) an alarm for {at}", "wake me [up] at {at}"],
        ["set an alarm for {at}", "wake me up at {at}", "wake me at {at}"],
        at=(_CLOCK, _TIME),
    ),
    _tool(
        "set_day_alarm",
        ["set an alarm on {day} (at|for) {at}"],
        ["set an alarm on {day} at {at}"],
        day=_DAYS, at=(_CLOCK, _TIME),
    ),
    _tool(
        "set_heating",
        ["set the (temperature|heating|thermostat) to {degrees} [degrees]"],
        ["set the temperature to {degrees} degrees", "set the thermostat to {degrees}"],
        degrees=(_DEGREES, _whole(5, 30)),
    ),
    _tool("lock", ["lock [the] {door}"], ["lock the {door}"], door=_DOORS),
    _tool("unlock", ["unlock [the] {door}"], ["unlock the {door}"], door=_DOORS),
    _tool("open_blinds", ["open [the] {room} (blinds|curtains)"], ["open the {room} blinds"], room=_ROOMS),
    _tool("close_blinds", ["close [the] {room} (blinds|curtains)"], ["close the {room} curtains"], room=_ROOMS),
    _tool(
        "weather",
        ["what (is|will be) the weather [like] [{when}]", "what's the weather [like] [{when}]"],
        ["what is the weather like {when}", "what's the weather {when}"],
        when=_WHEN,
    ),
    _tool("time", ["what time is it", "what's the time"], ["what time is it", "what's the time"]),
    _tool("date", ["what (day|date) is it [today]"], ["what day is it today", "what date is it"]),
    _tool(
        "add_to_list",
        ["(add|put) {item} (to|on) (the|my) shopping list"],
        ["add {item} to the shopping list", "put {item} on my shopping list"],
        item=_ITEMS,
    ),
    _tool(
        "vacuum",
        ["(start|run) the vacuum [cleaner]", "vacuum the floor"],
        ["start the vacuum cleaner", "start the vacuum"],
    ),
    _tool("set_fan", ["(set|turn) the fan to {speed}", "fan {speed}"], ["set the fan to {speed}"], speed=_SPEEDS),
    _tool("scene", ["(start|activate) {scene}"], ["activate {scene}", "start {scene}"], scene=_SCENES),
    _tool(
        "appliance",
        ["(turn|switch) {state} the {device}", "(turn|switch) the {device} {state}"],
        ["turn {state} the {device}", "switch the {device} {state}"],
        state=_SWITCH, device=_APPLIANCES,
    ),
    _tool(
        "channel",
        ["(go to|switch to|watch) channel {number}"],
        ["go to channel {number}", "watch channel {number}"],
        number=(_CHANNELS, _whole(1, 999)),
    ),
)  # fmt: skip
"""Twenty-seven."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and the calls it means: names and arguments."""

    text: str
    calls: tuple[tuple[str, Arguments], ...]


def commands(count: int, several: int, seed: int = 6) -> list[Said]:
    """That many different sentences, every tool about equally often; of these, `several` are of two commands."""
    choose = random.Random(seed)  # noqa: S311 (nothing secret)
    found: dict[str, Said] = {}
    tools = _shuffled(TOOLS, choose)
    tries = 0
    while len(found) < count - several:
        said = _one(next(tools), choose)
        tries += 1
        if tries % 7 == 0:
            said = Said(f"please {said.text}", said.calls)
        found.setdefault(said.text, said)
    while len(found) < count:
        first, second = _one(next(tools), choose), _one(next(tools), choose)
        both = Said(f"{first.text} and {second.text}", first.calls + second.calls)
        found.setdefault(both.text, both)
    return list(found.values())


def _shuffled(tools: Sequence[Tool], choose: random.Random) -> Iterator[Tool]:
    while True:
        yield from choose.sample(tools, len(tools))


def _one(tool: Tool, choose: random.Random) -> Said:
    text = choose.choice(tool.sentences)
    arguments = {}
    for name, values in tool.spoken.items():
        if f"{{{name}}}" in text:
            words = choose.choice(list(values))
            text = text.replace(f"{{{name}}}", words)
            arguments[name] = values[words]
    return Said(text, ((tool.name, arguments),))


_WHO = ("my brother", "the neighbor", "our teacher", "the old man", "her cousin", "the doctor", "everybody", "nobody")
_DID = ("talked about", "painted", "forgot", "was looking for", "bought", "never liked", "wrote about", "broke")
_WHAT = ("the kitchen table", "a big yellow boat", "that movie", "the football game", "his timer", "an old lamp",
         "the music festival", "the garden door", "her alarm clock", "a bottle of milk", "the heating bill",
         "my phone")  # fmt: skip
_THEN = (
    "last week",
    "before dinner",
    "when I was young",
    "in the office",
    "and went home",
    "for an hour",
    "in May",
    "",
)
_OTHER = (
    "what is the capital of france", "tell me a story about dogs", "how tall is the tallest mountain",
    "turn around and look at me", "the kitchen is very dirty", "stop talking to me like that",
    "i left the light on in the bedroom", "set the table for dinner please", "who was the first man on the moon",
    "can you believe what she said", "turn left at the next corner", "he turned off the road too early",
    "i will wake up when i want", "play outside with your friends", "open the window it is hot in here",
    "close the fridge", "lock him out of the account", "add a little salt to the soup", "what a beautiful day it is",
    "what time does the train leave", "the volume of the box is small", "start the car and drive",
    "they cancel the show",
    "how do you spell restaurant", "sing me a song", "do you know any good jokes", "translate hello into spanish",
    "order a pizza with extra cheese", "call my mother", "send a message to john", "read the news to grandma",
    "what is two plus two", "the movie was at night", "good morning everyone", "we had dinner at noon",
    "she sold five apples for ten dollars", "coffee or tea", "the washing is still wet", "yes", "no", "hello there",
    "i don't know", "wait a minute", "give me an hour", "that is not what i meant", "see you on monday",
)  # fmt: skip
"""Many of them near to a command, as talk at home is."""


def chatter(count: int, seed: int = 7) -> list[str]:
    """That many different sentences that no tool is meant by."""
    choose = random.Random(seed)  # noqa: S311 (nothing secret)
    found = dict.fromkeys(_OTHER)
    while len(found) < count:
        found.setdefault(" ".join(choose.choice(part) for part in (_WHO, _DID, _WHAT, _THEN)).strip())
    return list(found)[:count]


def household(tools: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Definitions and phrases of that many tools: the household's, then such for one device after the other."""
    chosen = [*TOOLS, *_devices(max(0, tools - len(TOOLS)))][:tools]
    words = {tool.name: {name: _further_words(tool, name) for name in tool.parameters} for tool in chosen}
    return (
        [tool.definition for tool in chosen],
        {tool.name: {"phrases": list(tool.phrases), "words": words[tool.name]} for tool in chosen},
    )


def _further_words(tool: Tool, parameter: str) -> dict[str, Any]:
    """What is said for a listed value that isn't its own name."""
    listed = "enum" in tool.parameters[parameter]
    spoken = tool.spoken[parameter].items() if listed else ()
    return {words: value for words, value in spoken if words != value.replace("_", " ")}


def _devices(count: int) -> list[Tool]:
    made: list[Tool] = []
    for device in _DEVICES:
        name = device.replace(" ", "_")
        level = (_PERCENT, _whole(0, 100))
        made += [
            _tool(f"{name}_switch", [f"(turn|switch) [the] {device} {{state}}"], [], state=_SWITCH),
            _tool(f"{name}_level", [f"set [the] {device} to {{level}} [percent]"], [], level=level),
            _tool(f"{name}_state", [f"is [the] {device} (on|off|running)", f"check [the] {device}"], []),
        ]
    return made[:count]


_DEVICES = (
    "air conditioner", "water heater", "fountain", "aquarium", "projector", "television", "radio", "printer", "toaster",
    "kettle", "oven", "freezer", "fridge", "dryer", "microwave", "grill", "sauna", "pool pump", "garden hose",
    "sprinkler", "doorbell", "camera", "siren", "smoke alarm", "night light", "desk lamp", "floor lamp", "chandelier",
    "ceiling fan", "humidifier", "air purifier", "electric blanket", "baby monitor", "robot mower", "wall charger",
    "solar battery", "heat pump", "boiler", "towel rail", "mirror", "fireplace", "awning", "skylight", "gate", "porch",
    "greenhouse", "workshop", "basement", "attic", "nursery", "laundry", "pantry", "wine cooler", "soundbar",
    "turntable", "game console", "computer", "router", "scanner", "sewing machine", "exercise bike", "treadmill",
)  # fmt: skip
