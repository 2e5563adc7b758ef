import pytest

from voiced.cli import main
from voiced.config.loading import ConfigurationError, load
from voiced.voicelive.voices import VoiceSettings


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        path = tmp_path / "voiced.yaml"
        path.write_text(text)
        return path

    return write_file


BROKEN = """\
personas:
  chef:
    voice: {name: alloy, rate: "1.2"}
    tools: [set_lmap]
voice_live:
  endpoint: https://a.example/
  credential: {api_key: {env: K}}
  noise_reduction: far_field
  model: gpt-4.1
  turn_detection:
    type: semantic_vad
wake_words: [{model: alexa, persona: chef}]
tools:
  - name: set_lamp
    description: A lamp.
    http: {url: "http://lamp.local/"}
"""


def test_what_does_not_go_together_is_told_all_at_once_in_the_order_of_the_lines(write):
    path = write(BROKEN)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    places = [problem.removeprefix(f"{path}:").split(": ")[:2] for problem in caught.value.problems]
    assert places == [
        ["3:5", "personas.chef.voice"],
        ["3:26", "personas.chef.voice.rate"],
        ["4:13", "personas.chef.tools[0]"],
        ["8:3", "voice_live.noise_reduction"],
        ["11:5", "voice_live.turn_detection.type"],
    ]
    assert "did you mean set_lamp?" in caught.value.problems[2]


def test_voice_that_is_left_out_is_not_blamed(write):
    path = write("voice_live:\n  model: azure-realtime\n")
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert caught.value.problems[0].startswith(f"{path}:2:3: voice_live.model: ")


def test_persona_that_only_a_wake_word_calls_is_looked_at_too(write):
    path = write("voice_live: {model: azure-realtime}\npersonas: {soft: {voice: ava}}\nwake_words: [{model: alexa}]\n")
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert "the voice of persona default" in caught.value.problems[0]


def test_doubts_are_told_with_their_place_and_the_settings_hold(write):
    path, told = write("voice_live:\n  model: gpt-4.1\n  region: uaenorth\n"), []
    settings = load(path, told.append)
    assert settings.voice_live.model == "gpt-4.1"
    assert [line.split(": ")[0] for line in told] == [f"{path}:3:3"]


def test_check_prints_doubts_and_is_content(write, capsys):
    path = write("voice_live:\n  region: narnia\n")
    assert main(["check", "--config", str(path)]) == 0
    out, err = capsys.readouterr()
    assert "good" in out
    assert f"{path}:2:3: voice_live.region: 'narnia' is no region" in err


@pytest.mark.parametrize(
    ("voice", "problem"),
    [
        ("{nmae: alloy}", "voice.nmae: unknown key (did you mean name?)"),
        ("{name: alloy, temprature: 2}", "voice.temprature: unknown key (did you mean temperature?)"),
        ("{name: x-HD, temperature: warm}", "voice.temperature: a number is expected"),
        ("{name: x, type: azure-standart}", "(did you mean azure-standard?)"),
        ("{name: x, rate: '9'}", '\'9\' is no rate: give "0.5" to "1.5"'),
        ("{name: x, pitch: up}", "is no pitch"),
        ("{name: x, volume: '101'}", "is no volume"),
        ("{name: x, locale: german}", "'german' is no language"),
        ("{name: x, prefer_locales: [de-DE, Deutsch]}", "'Deutsch' is no language"),
        ("3", "personas.chef.voice: "),
    ],
)
def test_mistake_in_a_voice_is_told_once_where_it_is(write, voice, problem):
    path = write(f"personas:\n  chef:\n    voice: {voice}\n")
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    found = [line for line in caught.value.problems if "this key is required" not in line]
    assert len(found) == 1, found
    assert found[0].startswith(f"{path}:3:")
    assert problem in found[0]


def test_whole_surface_is_read_from_a_file(write):
    settings = load(
        write("""\
voice_live:
  endpoint: https://a.example/
  credential: {api_key: {env: K}}
  model: gpt-5
  region: swedencentral
  turn_detection:
    threshold: 0.6
    remove_filler_words: true
    languages: [en]
    end_of_utterance_detection: {model: semantic_detection_v1_en, threshold_level: low, timeout_ms: 800}
    extra: {neg_threshold: 0.3}
  transcription: {languages: [en-US, de-DE], phrase_list: [Wintergarten], custom_speech: {zh-CN: id}}
  interim_response: {triggers: [latency, tool], latency_threshold_ms: 1500, texts: ["One moment…"]}
  temperature: 0.9
  reasoning_effort: low
  max_response_output_tokens: 500
  parallel_tool_calls: false
  word_timestamps: true
  include: [item.input_audio_transcription.phrases]
  metadata: {room: kitchen}
  input_audio_format: g711_ulaw
  output_audio_format: pcm16_16000hz
  extra: {truncation_strategy: {type: auto}}
personas:
  default:
    voice: {name: "en-US-Ava:DragonHDLatestNeural", temperature: 0.4, rate: "1.1", prefer_locales: [en-GB]}
    tools: []
    temperature: 0.7
""")
    )
    voice = settings.persona("default").voice
    assert isinstance(voice, VoiceSettings)
    assert voice.prefer_locales == ("en-GB",)
    assert settings.voice_live.interim_response.texts == ("One moment…",)
    assert settings.voice_live.extra == {"truncation_strategy": {"type": "auto"}}


def test_tool_may_not_take_the_name_of_the_speakers_own(write):
    path = write('tools: [{name: end_conversation, description: x, http: {url: "http://lamp.local/"}}]')
    with pytest.raises(ConfigurationError, match="end_conversation is the speaker's own"):
        load(path)


def test_persona_may_have_a_built_in_that_is_switched_on(write):
    persona = "personas:\n  chef: {tools: [set_timer, get_time]}\nbuiltins: {timers: %s}\n"
    load(write(persona % "true"))
    with pytest.raises(ConfigurationError) as caught:
        load(write(persona % "false"))
    assert "there is no tool 'set_timer'" in caught.value.problems[0]


def test_ducking_by_a_tool_that_does_not_exist_is_told_with_the_nearest(write):
    path = write(
        "tools: [{name: set_lamp, description: A lamp., http: {url: 'http://lamp.local/'}}]\n"
        "ducking: {begin: {call: set_lmap}}\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert caught.value.problems == [
        f"{path}:2:19: ducking.begin.call: there is no tool 'set_lmap' (did you mean set_lamp?)"
    ]


def test_a_language_model_that_no_spoken_word_reaches_is_doubted(write):
    advice = []
    path = write('cascade: {reply: {chat: {url: "http://127.0.0.1:1/v1", model: m}}}')
    load(path, advice.append)
    (doubt,) = advice
    assert doubt.startswith(f"{path}:1:19: cascade.reply.chat: is reached in writing only")
