import pytest

from voiced.voicelive.rules import ADVICE, advice

HD = "en-US-Ava:DragonHDLatestNeural"
AGENT = {"endpoint": "http://127.0.0.1:1/", "agent": {"name": "house", "project": "home"}}
EOU = {"end_of_utterance_detection": {}}

CASES = [
    ("model_is_known", {"model": "gpt-relatime"}, {}, "voice_live.model", "did you mean gpt-realtime?"),
    ("transcriber_is_known", {"transcription": {"model": "wisper-1"}}, {}, "voice_live.transcription.model",
     "did you mean whisper-1?"),
    ("version_is_known", {"api_version": "2026-07-16"}, {}, "voice_live.api_version", "did you mean 2026-07-15?"),
    ("region_is_known", {"region": "westeurop"}, {}, "voice_live.region", "did you mean westeurope?"),
    ("region_has_the_model", {"region": "westeurope"}, {}, "voice_live.model", "gpt-4.1"),
    ("region_has_the_model", {"model": "phi4-mm-realtime", "region": "westeurope"}, {}, "voice_live.model", "region"),
    ("agent_and_tools", AGENT, {"tools": ["set_lamp"]}, "personas.default.tools", "tools: []"),
    ("server_can_be_reached", {"mcp_servers": [{"label": "a", "url": "https://example.com/mcp"},
                                               {"label": "b", "url": "https://nas.local/mcp"}]}, {},
     "voice_live.mcp_servers.1.url", "nas.local"),
    ("server_can_be_reached", {"mcp_servers": [{"label": "a", "url": "https://192.168.1.5:8443/mcp"}]}, {},
     "voice_live.mcp_servers.0.url", "192.168.1.5"),
    ("end_of_utterance_needs_words", {"turn_detection": EOU}, {},
     "voice_live.turn_detection.end_of_utterance_detection", "gpt-4.1"),
    ("english_only", {"turn_detection": {"type": "azure_semantic_vad"}}, {"language": "de-DE"},
     "voice_live.turn_detection.type", "azure_semantic_vad_multilingual"),
    ("english_only", {"model": "gpt-4.1", "turn_detection": {"end_of_utterance_detection": {
        "model": "semantic_detection_v1_en"}}}, {"language": "de-DE"},
     "voice_live.turn_detection.end_of_utterance_detection.model", "semantic_detection_v1_multilingual"),
    ("name_looks_known", {}, {"voice": "aloy"}, "personas.default.voice", "did you mean alloy?"),
    ("name_looks_known", {}, {"voice": {"name": "Ava Neural"}}, "personas.default.voice.name", "en-US-AvaNeural"),
    ("name_looks_known", {"model": "azure-realtime"}, {"voice": {"type": "azure-realtime-native", "name": "avva"}},
     "personas.default.voice.name", "did you mean ava?"),
    ("name_looks_known", {}, {"voice": {"type": "azure-personal", "name": "me", "model": "DragonLatest"}},
     "personas.default.voice.model", "did you mean DragonLatestNeural?"),
    ("forced_language_is_spoken", {}, {"voice": {"name": HD, "locale": "en-US"}, "language": "de-DE"},
     "personas.default.voice.locale", "prefer_locales"),
    ("region_has_hd", {"model": "gpt-4.1", "region": "uaenorth"}, {}, "voice_live.region", "en-US-AvaNeural"),
    ("region_has_hd", {"model": "gpt-4.1", "region": "uaenorth"}, {"voice": HD}, "personas.default.voice",
     "en-US-AvaNeural"),
    ("region_has_hd", {"model": "gpt-4.1", "endpoint": "https://uaenorth.api.cognitive.microsoft.com/"},
     {"voice": HD}, "personas.default.voice", "en-US-AvaNeural"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "service", "persona", "key", "words"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)]
)
def test_suspect_is_told_with_its_key_and_what_to_do(ask, rule, service, persona, key, words):
    found = [(".".join(map(str, at)), message) for at, message in advice(ask(service, persona))]
    assert [at for at, message in found if words in message] == [key], found


def test_every_rule_has_a_case():
    assert {rule.__name__ for rule in ADVICE} == {case[0] for case in CASES}


@pytest.mark.parametrize(
    ("service", "persona", "locale"),
    [
        ({}, {}, "en-US"),
        ({}, {"voice": "de-DE-KatjaNeural"}, "de-DE"),
        ({}, {"voice": "zh-CN-shaanxi-XiaoniNeural"}, "zh-CN"),
        ({"region": "swedencentral"}, {"voice": "en-US-Andrew:DragonHDLatestNeural"}, "en-GB"),
        ({"model": "mine", "profile": "byom-azure-openai-chat-completion", "region": "westeurope"}, {}, "en-US"),
        ({"model": "anything", "endpoint": "http://localhost:1/"}, {}, "en-US"),
        ({"model": "gpt-4.1", "turn_detection": EOU}, {}, "en-US"),
    ],
)
def test_good_configuration_is_left_alone(ask, service, persona, locale):
    assert not list(advice(ask(service, persona, locale)))
