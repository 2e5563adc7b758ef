from pathlib import Path

import pytest

from voiced.config.loading import ConfigurationError, load


@pytest.fixture
def folder(tmp_path):
    def write(**files):
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return tmp_path / "voiced.yaml"

    return write


def problems(path):
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    return caught.value.problems


LAMP = """
tools:
  - name: set_light
    description: Turn a light on or off.
    parameters:
      state: {type: string, enum: [on, off]}
    phrases: ["turn {state} the light"]
    http: {method: POST, url: "http://lamp.local/"}
"""


def test_empty_file_gives_a_speaker_that_works_without_an_account(folder):
    settings = load(folder(voiced=""))
    assert settings.voice_live.embedded
    assert [word.model for word in settings.wake_words] == ["hey_jarvis"]
    assert settings.persona("default").instructions


def test_every_problem_is_told_at_once_with_its_place_and_the_nearest_key(folder):
    path = folder(
        voiced="speaker:\n  nmae: Kitchen\nwake_words:\n  - {model: alexa, treshold: 2}\nlights: {driver: rbg}\n"
    )
    found = problems(path)
    assert found[0] == f"{path}:2:3: speaker.nmae: unknown key (did you mean name?)"
    assert found[1] == f"{path}:4:20: wake_words[0].treshold: unknown key (did you mean threshold?)"
    assert found[2].startswith(f"{path}:5:10: lights.driver: ")
    assert "did you mean rgb?" in found[2]
    assert len(found) == 3


def test_wrong_type_says_what_is_expected(folder):
    path = folder(voiced="audio:\n  output: {volume: loud}\n  input: {device: 3}\n")
    assert problems(path) == [
        f"{path}:2:12: audio.output.volume: a whole number is expected",
        f"{path}:3:11: audio.input.device: text is expected; put it in quotes",
    ]


def test_missing_key_is_named(folder):
    path = folder(voiced="tools:\n  - name: lamp\n    description: A lamp.\n    http: {}\n")
    assert f"{path}:4:5: tools[0].http.url: this key is required" in problems(path)


def test_credential_that_is_none_is_told_at_its_place(folder):
    path = folder(voiced="voice_live:\n  endpoint: https://a.example/\n  credential: {}\n")
    assert problems(path) == [f"{path}:3:3: voice_live.credential: give exactly one of api_key, entra"]


def test_misspelt_way_to_sign_in_is_told_with_what_was_meant(folder):
    path = folder(voiced="voice_live:\n  endpoint: https://a.example/\n  credential: {entra: device_kode}\n")
    (found,) = problems(path)
    assert found.startswith(f"{path}:3:16: voice_live.credential.entra: ")
    assert "did you mean device_code?" in found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("endpoint: https://a.example/", "needs `credential"),
        ("endpoint: http://a.example/\n  credential: {api_key: {env: K}}", "key in clear"),
        ("endpoint: a.example\n  credential: {api_key: {env: K}}", "neither `cascade` nor an address"),
        ("credential: {api_key: hunter2}", "map of keys"),
        ("endpoint: 'https://x:99999/'", "is no address"),
        ("endpoint: 'https://a b/'", "is no host name"),
        ("endpoint: 'https://a..b/'", "is no host name"),
        ("credential: {api_key: {env: K, file: /k}}", "exactly one of"),
        ("turn_detection: {type: azure_semantc_vad}", "did you mean azure_semantic_vad"),
    ],
)
def test_service_that_cannot_work_is_refused(folder, text, problem):
    (found,) = problems(folder(voiced=f"voice_live:\n  {text}\n"))
    assert problem in found


def test_loopback_may_be_reached_in_clear(folder):
    text = "voice_live: {endpoint: 'http://127.0.0.1:8477/', credential: {api_key: {env: K}}}"
    assert not load(folder(voiced=text)).voice_live.embedded


def test_drop_ins_and_tools_are_read_in_order_with_their_places(folder):
    path = folder(
        voiced="speaker: {name: A, locale: en-GB}\n",
        **{"conf.d__20": "speaker: {name: C}\n", "conf.d__10": "speaker: {name: B}\n"},
        **{"tools.d__lamp": LAMP, "tools.d__zz": LAMP.replace("set_light", "set_fan")},
    )
    settings = load(path)
    assert (settings.speaker.name, settings.speaker.locale) == ("C", "en-GB")
    assert [tool.name for tool in settings.tools] == ["set_light", "set_fan"]


def test_mistake_in_a_tool_file_is_told_with_that_file(folder):
    path = folder(voiced="", **{"tools.d__lamp": LAMP.replace("description", "descripton")})
    found = problems(path)
    lamp = path.parent / "tools.d" / "lamp.yaml"
    assert found == [
        f"{lamp}:3:5: tools[0].description: this key is required",
        f"{lamp}:4:5: tools[0].descripton: unknown key (did you mean description?)",
    ]


def test_other_keys_in_a_tool_file_are_refused(folder):
    path = folder(voiced="", **{"tools.d__lamp": "speaker: {name: A}\n"})
    assert "only `tools:` belongs in tools.d" in problems(path)[0]


def test_enum_of_on_and_off_stays_text(folder):
    tool = load(folder(voiced=LAMP)).tools[0]
    assert tool.parameters["state"].enum == ["on", "off"]


def test_same_name_twice_is_refused(folder):
    path = folder(voiced=LAMP, **{"tools.d__x": LAMP})
    place = f"{path.parent / 'tools.d' / 'x.yaml'}:3:5"
    assert problems(path) == [f"{place}: tools[1].name: the tool 'set_light' is there already, at {path}:3:5"]


def test_unknown_persona_is_refused_with_the_nearest(folder):
    path = folder(voiced="wake_words: [{model: alexa, persona: cheff}]\npersonas: {chef: {}}\n")
    assert problems(path) == [f"{path}:1:29: wake_words[0].persona: there is no persona 'cheff' (did you mean chef?)"]


def test_each_wake_word_may_have_its_persona_and_its_chime(folder):
    path = folder(
        voiced="""
wake_words:
  - {model: hey_jarvis}
  - {model: alexa, persona: koch, chime: /etc/voiced/gong.wav}
personas:
  koch: {voice: de-DE-KatjaNeural, instructions: Du kochst., language: de-DE}
"""
    )
    settings = load(path)
    assert [(word.persona, word.chime) for word in settings.wake_words] == [
        ("default", True),
        ("koch", Path("/etc/voiced/gong.wav")),
    ]
    assert settings.persona("koch").language == "de-DE"
    assert settings.privacy.wake_clips.keep == 0, "nothing is kept unless asked for"


def test_unreadable_file_is_told(tmp_path):
    assert "No such file" in problems(tmp_path / "nowhere.yaml")[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "audio: {chimes: {wake: off}}",
            ":1:18: audio.chimes.wake: true, false or the path of a .wav file is expected",
        ),
        ("wake_words: [{model: alexa, chime: none}]", ":1:29: wake_words[0].chime: true, false or the path of a .wav"),
        ("privacy: {wake_clips: {keep: -1}}", ":1:24: privacy.wake_clips.keep: "),
        ("personas: {chef: {language: german}}", ":1:19: personas.chef.language: "),
        ("wake_words: [{model: hey_jarvs}]", "did you mean hey_jarvis?"),
        (
            "conversation: {stop_words: [stop, stop!]}",
            ":1:35: conversation.stop_words[1]: the stop word 'stop!' is not",
        ),
        ("wake_words: [{model: /a/x.onnx}, {model: /b/x.onnx}]", ":1:35: wake_words[1].model: the wake word 'x' is"),
        ("wake_words: [{model: alexa}, {model: alexa}]", ":1:31: wake_words[1].model: the wake word 'alexa' is there"),
    ],
)
def test_value_that_would_do_nothing_is_refused(folder, text, problem):
    (found,) = problems(folder(voiced=text))
    assert problem in found


@pytest.mark.parametrize("text", ["tools: {name: x}", "tools:"])
def test_tool_file_without_a_list_is_refused(folder, text):
    (found,) = problems(folder(voiced="", **{"tools.d__x": text}))
    assert ":1:1: tools: a list is expected" in found


def test_file_with_another_ending_is_not_passed_over_in_silence(folder, tmp_path):
    path = folder(voiced="", **{"tools.d__x": LAMP})
    (tmp_path / "tools.d" / "x.yaml").rename(tmp_path / "tools.d" / "x.yml")
    assert "rename it to end in .yaml" in problems(path)[0]


def test_sample_configuration_and_tool_are_good():
    settings = load(Path(__file__).parents[2] / "config" / "voiced.yaml")
    assert settings.voice_live.embedded
    assert [tool.name for tool in settings.tools] == ["set_lamp"]


MISTAKES = """\
tools:
  - name: 2fast
    description: x
    parameters:
      state: {type: string, enum: [on, true]}
      level: {type: integer, minimun: 3}
    htpp: {url: "http://a/"}
  - name: b
    description: x
    parameters:
      room: {enum: [kitchen], synonyms: {kitchn: [galley]}}
    http:
      method: POST
      url: http://a/{{ rom }}
      headers: {Authorization: Bearer abc, X-A.B: "{{ stat }}"}
      json: {lamp: [{state: "{{ sate }}"}], password: hunter2}
    reply: "{{ secret.x }}"
    phrases: ["turn {rom}", "switch ({room}"]
  - name: c
    description: x
    http: {url: "http://user:pw@a/"}
    quiet_hours: {from: "25:00", to: "07:00"}
    secrets: {token: {file: /x}}
  - name: d
    description: x
    http: {url: "http://a/{{ secret.tokn }}"}
    secrets: {token: {file: /x}}
  - name: e
    description: x
    parameters: {now: {}}
    http: {url: "http://a/{{ speaker.nam }}"}
"""


def test_every_mistake_in_tools_is_told_at_once_at_its_own_place(folder):
    path = folder(voiced="", **{"tools.d__all": MISTAKES})
    file = path.parent / "tools.d" / "all.yaml"
    found = problems(path)
    assert [problem.removeprefix(f"{file}:").split(": ")[:2] for problem in found] == [
        ["2:5", "tools[0].name"],
        ["5:40", "tools[0].parameters.state.enum[1]"],
        ["6:30", "tools[0].parameters.level.minimun"],
        ["7:5", "tools[0].htpp"],
        ["11:42", "tools[1].parameters.room.synonyms.kitchn"],
        ["14:7", "tools[1].http.url"],
        ["15:17", "tools[1].http.headers.Authorization"],
        ["15:44", "tools[1].http.headers.X-A.B"],
        ["16:22", "tools[1].http.json.lamp[0].state"],
        ["16:45", "tools[1].http.json.password"],
        ["17:5", "tools[1].reply"],
        ["18:15", "tools[1].phrases[0]"],
        ["18:29", "tools[1].phrases[1]"],
        ["21:12", "tools[2].http.url"],
        ["22:19", "tools[2].quiet_hours.from"],
        ["26:12", "tools[3].http.url"],
        ["30:18", "tools[4].parameters.now"],
        ["31:12", "tools[4].http.url"],
    ]
    text = "\n".join(found)
    for hint in ("minimum", "http", "'kitchen'", "'room'", "'token'", "'name'"):
        assert f"(did you mean {hint}?)" in text
    assert "put it in quotes" in text
    assert "hunter2" not in text


def test_tool_for_an_unknown_persona_is_refused_with_the_nearest(folder):
    (found,) = problems(folder(voiced=LAMP + "    personas: [defualt]\n"))
    assert ":9:16: tools[0].personas[0]: there is no persona 'defualt' (did you mean default?)" in found


def test_chimes_that_can_not_be_played_are_doubted_with_their_place_by_a_thorough_check_alone(folder):
    path = folder(
        voiced="audio: {chimes: {done: /nowhere/a.wav, wake: false}}\n"
        "wake_words:\n  - {model: alexa, chime: /nowhere/b.wav}\n"
    )
    quick, thorough = [], []
    load(path, quick.append)
    load(path, thorough.append, thorough=True)
    assert quick == []
    assert [doubt.partition(" can't be read")[0] for doubt in thorough] == [
        f"{path}:1:18: audio.chimes.done: /nowhere/a.wav",
        f"{path}:3:20: wake_words[0].chime: /nowhere/b.wav",
    ]
