import pytest

from voiced.voicelive.rules import PROBLEMS, problems

AGENT = {"name": "house", "project": "home"}
ENTRA = {"endpoint": "http://127.0.0.1:1/"}  # a server on this machine may take a key
HD = "en-US-Ava:DragonHDLatestNeural"
TEXT = {"model": "gpt-4.1"}
NEVER = {"label": "learn", "url": "https://learn.microsoft.com/api/mcp", "approval": "never"}
ASKS = {"label": "notes", "url": "https://notes.example.com/mcp"}


def phi(**more):
    return {"model": "phi4-mm-realtime", **more}


# Each: the rule; the service and the persona that break it; the key to blame; a word of the fix; what mends it.
CASES = [
    ("agent_or_model", {**ENTRA, "agent": AGENT, "model": "gpt-4.1"}, {}, "voice_live.model", "remove", ENTRA),
    (
        "agent_or_model",
        {**ENTRA, "agent": AGENT, "profile": "byom-azure-openai-realtime", "model": "mine"},
        {},
        "voice_live.model",
        "remove",
        {**ENTRA, "agent": AGENT},
    ),
    ("agent_needs_entra", {"agent": AGENT}, {}, "voice_live.credential.api_key", "entra", {**ENTRA, "agent": AGENT}),
    ("agent_is_not_on_this_device", {"endpoint": "cascade", "agent": AGENT}, {}, "voice_live.agent", "endpoint", {}),
    ("agent_has_its_instructions", {**ENTRA, "agent": AGENT}, {"instructions": "Be brief."},
     "personas.default.instructions", "Foundry", {}),
    ("profile_needs_model", {"profile": "byom-azure-openai-chat-completion"}, {}, "voice_live.profile", "`model`",
     {"profile": "byom-azure-openai-chat-completion", "model": "mine"}),
    ("effort_fits_model", {"model": "gpt-4.1", "reasoning_effort": "low"}, {}, "voice_live.reasoning_effort",
     "remove it", {"model": "gpt-5", "reasoning_effort": "low"}),
    ("effort_fits_model", {"model": "gpt-5", "reasoning_effort": "none"}, {}, "voice_live.reasoning_effort",
     "minimal, low, medium, high", {"model": "gpt-5.2", "reasoning_effort": "none"}),
    ("interim_fits_model", {"interim_response": {"texts": ["Wait."]}}, {}, "voice_live.interim_response", "gpt-4.1",
     {**TEXT, "interim_response": {"texts": ["Wait."]}}),
    ("interim_is_complete", {**TEXT, "interim_response": {}}, {}, "voice_live.interim_response", "texts",
     {**TEXT, "interim_response": {"type": "llm_interim_response"}}),
    ("interim_is_complete", {**TEXT, "interim_response": {"type": "llm_interim_response", "texts": ["Wait."]}}, {},
     "voice_live.interim_response.texts", "static_interim_response",
     {**TEXT, "interim_response": {"type": "static_interim_response", "texts": ["Wait."]}}),
    ("version_has_it", {"api_version": "2025-10-01", "turn_detection": {"auto_truncate": True}}, {},
     "voice_live.turn_detection.auto_truncate", "2026-01-01-preview", {"turn_detection": {"auto_truncate": True}}),
    ("version_has_it", {"api_version": "2026-04-10", "parallel_tool_calls": False}, {},
     "voice_live.parallel_tool_calls", "2026-06-01-preview", {"parallel_tool_calls": False}),
    ("version_has_it", {"api_version": "2026-04-10", "echo_cancellation": "client"}, {},
     "voice_live.echo_cancellation", "2026-06-01-preview", {"echo_cancellation": "client"}),
    ("version_has_it", {"api_version": "2025-10-01", **TEXT, "interim_response": {"texts": ["Wait."]}}, {},
     "voice_live.interim_response", "2026-01-01-preview", {**TEXT, "interim_response": {"texts": ["Wait."]}}),
    ("extra_leaves_what_we_rely_on", {"extra": {"model": "gpt-5"}}, {}, "voice_live.extra.model", "beside `extra`",
     {"extra": {"idle": 1}}),
    ("extra_leaves_what_we_rely_on", {"extra": {"input_audio_sampling_rate": 8000}}, {},
     "voice_live.extra.input_audio_sampling_rate", "`input_audio_format`", {"extra": {}}),
    ("version_has_it", {"api_version": "2025-10-01", "mcp_servers": [NEVER]}, {}, "voice_live.mcp_servers",
     "2026-04-10", {"mcp_servers": [NEVER]}),
    ("servers_are_for_the_service", {"endpoint": "cascade", "mcp_servers": [NEVER]}, {}, "voice_live.mcp_servers",
     "endpoint", {"mcp_servers": [NEVER]}),
    ("servers_fit_model", phi(mcp_servers=[NEVER]), {}, "voice_live.mcp_servers", "another model",
     {"mcp_servers": [NEVER]}),
    ("approval_needs_a_transcript", {"transcription": {"model": "none"}, "mcp_servers": [NEVER, ASKS]}, {},
     "voice_live.mcp_servers.1.approval", "approval: never",
     {"transcription": {"model": "none"}, "mcp_servers": [NEVER]}),
    ("noise_reduction_fits_model", {**TEXT, "noise_reduction": "far_field"}, {}, "voice_live.noise_reduction",
     "azure_deep_noise_suppression", {"noise_reduction": "far_field"}),
    ("echo_reference_needs_pcm", {"echo_cancellation": "client", "input_audio_format": "g711_ulaw"}, {},
     "voice_live.input_audio_format", "pcm16", {"input_audio_format": "g711_ulaw"}),
    ("transcriber_fits_model", {"transcription": {"model": "azure-speech"}}, {}, "voice_live.transcription.model",
     "gpt-4o-mini-transcribe", {"transcription": {"model": "whisper-1"}}),
    ("transcriber_fits_model", {**TEXT, "transcription": {"model": "whisper-1"}}, {},
     "voice_live.transcription.model", "azure-speech", {**TEXT, "transcription": {"model": "mai-transcribe"}}),
    ("transcriber_fits_model", phi(transcription={"model": "mai-transcribe"}), {}, "voice_live.transcription.model",
     "azure-speech", phi(transcription={"model": "azure-speech"})),
    ("text_models_need_a_transcript", {**TEXT, "transcription": {"model": "none"}}, {},
     "voice_live.transcription.model", "transcript", {"transcription": {"model": "none"}}),
    ("nothing_is_told_to_no_transcriber", {"transcription": {"model": "none", "languages": ["de"]}}, {},
     "voice_live.transcription.languages", "remove", {"transcription": {"model": "whisper-1", "languages": ["de"]}}),
    ("one_language_for_most", {"transcription": {"languages": ["en", "de"]}}, {},
     "voice_live.transcription.languages", "one language", {**TEXT, "transcription": {"languages": ["en", "de"]}}),
    ("languages_are_few", {**TEXT, "transcription": {"languages": ["en"], "custom_speech": {
        f"{a}-XX": "id" for a in ("aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii", "jj")}}}, {},
     "voice_live.transcription.languages", "10", {**TEXT, "transcription": {"custom_speech": {"zh-CN": "id"}}}),
    ("phrases_need_azure", {"transcription": {"phrase_list": ["Wintergarten"]}}, {},
     "voice_live.transcription.phrase_list", "prompt", {**TEXT, "transcription": {"phrase_list": ["Wintergarten"]}}),
    ("custom_speech_needs_azure", {"transcription": {"custom_speech": {"zh-CN": "id"}}}, {},
     "voice_live.transcription.custom_speech", "azure-speech", {**TEXT, "transcription": {"custom_speech": {"a": ""}}}),
    ("prompt_needs_openai", {**TEXT, "transcription": {"prompt": "Lamps."}}, {}, "voice_live.transcription.prompt",
     "phrase_list", {"transcription": {"prompt": "Lamps."}}),
    ("openai_detection_fits_model", {**TEXT, "turn_detection": {"type": "semantic_vad"}}, {},
     "voice_live.turn_detection.type", "azure_semantic_vad", {"turn_detection": {"type": "semantic_vad"}}),
    ("detection_takes_it", {"turn_detection": {"type": "server_vad", "remove_filler_words": True}}, {},
     "voice_live.turn_detection.remove_filler_words", "azure_semantic_vad",
     {"turn_detection": {"type": "azure_semantic_vad", "remove_filler_words": True}}),
    ("detection_takes_it", {"turn_detection": {"type": "semantic_vad", "threshold": 0.4}}, {},
     "voice_live.turn_detection.threshold", "server_vad", {"turn_detection": {"threshold": 0.4}}),
    ("detection_takes_it", {"turn_detection": {"eagerness": "low"}}, {}, "voice_live.turn_detection.eagerness",
     "semantic_vad", {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}),
    ("appended_text_needs_truncation", {"turn_detection": {"appended_text_after_truncation": " [cut]"}}, {},
     "voice_live.turn_detection.appended_text_after_truncation", "auto_truncate",
     {"turn_detection": {"appended_text_after_truncation": " [cut]", "auto_truncate": True}}),
    ("filler_languages_are_known", {"turn_detection": {"type": "azure_semantic_vad", "languages": ["en", "de"]}}, {},
     "voice_live.turn_detection.languages.1", "azure_semantic_vad_multilingual",
     {"turn_detection": {"type": "azure_semantic_vad_multilingual", "languages": ["en-GB", "de"]}}),
    ("voice_fits_model", {**TEXT}, {"voice": "alloy"}, "personas.default.voice", "en-US-AvaNeural", {}),
    ("voice_fits_model", {"model": "azure-realtime"}, {}, "voice_live.model", "ava", {}),
    ("voice_fits_model", {"model": "gpt-realtime"}, {"voice": "ava"}, "personas.default.voice", "alloy",
     {"model": "azure-realtime"}),
    ("known_voice_of_a_small_family", {}, {"voice": {"type": "openai", "name": "aloy"}},
     "personas.default.voice.name", "did you mean alloy?", None),
    ("own_voice_is_complete", {}, {"voice": {"type": "azure-custom", "name": "mine"}}, "personas.default.voice",
     "endpoint_id", None),
    ("own_voice_is_complete", {}, {"voice": {"type": "azure-personal", "name": "mine"}}, "personas.default.voice",
     "model", None),
    ("family_takes_it", {}, {"voice": {"name": HD, "endpoint_id": "e"}}, "personas.default.voice.endpoint_id",
     "azure-custom", None),
    ("family_takes_it", {}, {"voice": {"name": HD, "model": "DragonLatestNeural"}}, "personas.default.voice.model",
     "azure-personal", None),
    ("family_takes_it", {}, {"voice": {"name": "alloy", "rate": "1.2"}}, "personas.default.voice.rate",
     "Azure's voices", None),
    ("temperature_needs_hd", {}, {"voice": {"name": "en-US-AvaNeural", "temperature": 0.8}},
     "personas.default.voice.temperature", "DragonHD", None),
    ("timestamps_need_azure", {"word_timestamps": True}, {"voice": "alloy"}, "personas.default.voice",
     "word_timestamps", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "service", "persona", "key", "fix", "mended"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)]
)
def test_broken_rule_names_the_key_and_the_fix(ask, rule, service, persona, key, fix, mended):
    found = list(problems(ask(service, persona)))
    assert [".".join(map(str, at)) for at, message in found if fix in message].count(key) == 1, found
    (checked,) = [each for each in PROBLEMS if each.__name__ == rule]
    assert key in [".".join(map(str, at)) for at, _ in checked(ask(service, persona))]
    if mended is not None:
        assert not list(checked(ask(mended, persona)))


def test_every_rule_has_a_case():
    assert {rule.__name__ for rule in PROBLEMS} == {case[0] for case in CASES}


@pytest.mark.parametrize(
    ("service", "persona"),
    [
        ({}, {}),
        ({"endpoint": "cascade"}, {}),
        (TEXT, {"voice": {"name": HD, "temperature": 0.3, "rate": "+20%", "pitch": "-2st", "volume": "80"}}),
        ({"model": "gpt-realtime-2.1"}, {"voice": "marin"}),
        ({"model": "azure-realtime"}, {"voice": "ava"}),
        (phi(), {}),
        (TEXT, {"voice": {"type": "azure-custom", "name": "mine", "endpoint_id": "e", "temperature": 0.5}}),
        (TEXT, {"voice": {"type": "azure-personal", "name": "me", "model": "DragonLatestNeural"}}),
        ({**ENTRA, "agent": {**AGENT, "version": "2", "conversation_id": "c"}}, {}),
        ({"model": "something-new", "reasoning_effort": "xhigh", "transcription": {"model": "hears-all"}}, {}),
    ],
)
def test_what_the_service_takes_breaks_no_rule(ask, service, persona):
    assert not list(problems(ask(service, persona)))


def test_all_problems_are_told_at_once(ask):
    broken = {"noise_reduction": "far_field", "reasoning_effort": "low", "turn_detection": {"type": "semantic_vad"}}
    assert len(list(problems(ask(TEXT | broken, {"voice": "alloy"})))) == 4
