import pytest

from voiced.config.loading import ConfigurationError, load

TOOL = """  - name: {name}
    description: x
    parameters:
      room: {{enum: [{rooms}], synonyms: {synonyms}}}
    phrases:
      - "{phrase}"
    http: {{url: "http://lamp.invalid/"}}
"""


@pytest.fixture
def check(tmp_path):
    """The problems and doubts of tools, each given as (name, phrase, rooms, synonyms)."""

    def problems(*tools):
        path = tmp_path / "voiced.yaml"
        text = "tools:\n" + "".join(
            TOOL.format(name=name, phrase=phrase, rooms=rooms, synonyms=synonyms)
            for name, phrase, rooms, synonyms in tools
        )
        path.write_text(text)
        doubts = []
        try:
            load(path, doubts.append, thorough=True)
        except ConfigurationError as error:
            return [problem.replace(str(path), "F") for problem in error.problems]
        return [doubt.replace(str(path), "F") for doubt in doubts]

    return problems


def test_one_sentence_for_two_tools_is_told_with_both_places(check):
    assert check(
        ("lamp", "(turn|switch) on [the] {room} (light|lamp)", "kitchen, hall", "{}"),
        ("light", "switch on the {room} light", "hall, attic", "{}"),
    ) == ["F:14:9: tools[1].phrases[0]: 'switch on the hall light' calls light and lamp, at F:7:9"]


def test_sentences_that_only_begin_alike_are_none(check):
    assert (
        check(("lamp", "turn on the {room} lamp", "kitchen", "{}"), ("fan", "turn on the {room} fan", "kitchen", "{}"))
        == []
    )


def test_a_synonym_may_be_what_collides(check):
    (found,) = check(
        ("lamp", "light {room}", "kitchen", "{kitchen: [galley]}"), ("ship", "light {room}", "galley", "{}")
    )
    assert "'light galley' calls ship and lamp" in found


def test_two_values_that_are_said_alike_are_told(check):
    (found,) = check(("lamp", "light {room}", "bath room, Bath-Room", "{}"))
    assert found == "F:5:32: tools[0].parameters.room.enum[1]: 'Bath-Room' is said like 'bath room', at F:5:21"


def test_values_that_nobody_says_offline_may_be_alike(tmp_path):
    path = tmp_path / "voiced.yaml"
    tool = TOOL.format(name="lamp", phrase="light it", rooms="bath room, Bath-Room", synonyms="{}")
    path.write_text("tools:\n" + tool.replace("synonyms: {}", "optional: true"))
    assert len(load(path, thorough=True).tools) == 1


def test_phrases_that_collide_do_not_keep_a_speaker_from_starting(tmp_path):
    path = tmp_path / "voiced.yaml"
    tool = TOOL.format(name="NAME", phrase="light {room}", rooms="hall", synonyms="{}")
    path.write_text("tools:\n" + tool.replace("NAME", "a") + tool.replace("NAME", "b"))
    assert len(load(path).tools) == 2


def test_a_phrase_that_can_not_be_heard_offline_is_a_doubt(tmp_path):
    path, doubts = tmp_path / "voiced.yaml", []
    path.write_text(
        'tools: [{name: note, description: x, parameters: {text: {}}, phrases: ["note {text}"],'
        ' http: {url: "http://lamp.invalid/"}}]'
    )
    load(path, doubts.append, thorough=True)
    assert [doubt.split(": ")[:3] for doubt in doubts] == [
        [f"{path}:1:72", "tools[0].phrases[0]", "not understood offline"]
    ]


CLOCK = """tools:
  - name: clock
    description: x
    phrases: [look up the clock, what time is it]
    http: {url: "http://clock.invalid/"}
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            CLOCK,
            "F:4:34: tools[0].phrases[1]: 'what time is it' calls clock, and no longer get_time of the built-ins",
        ),
        (
            CLOCK.replace("name: clock", "name: get_time"),
            "F:2:5: tools[0].name: takes the place of get_time of the built-ins; take another name to have both",
        ),
        (CLOCK + "builtins: {time: false}\n", None),
    ],
)
def test_name_or_sentence_of_a_built_in_is_a_doubt_with_its_place(tmp_path, text, told):
    path, doubts = tmp_path / "voiced.yaml", []
    path.write_text(text)
    load(path, doubts.append, thorough=True)
    assert [doubt.replace(str(path), "F") for doubt in doubts] == ([] if told is None else [told])
