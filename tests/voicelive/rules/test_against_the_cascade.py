"""Two readings of one reference: what our rules let pass, and what the cascade takes of a `session.update`."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from voiced.cascade.parameters.defaults import default_session
from voiced.cascade.parameters.session import updated_session
from voiced.cascade.protocol import ProtocolError
from voiced.voicelive.models import MODELS
from voiced.voicelive.request import request_session
from voiced.voicelive.rules import PROBLEMS, Asked
from voiced.voicelive.settings import PersonaSettings, VoiceLiveSettings

BOTH = {
    "noise_reduction_fits_model", "echo_reference_needs_pcm", "known_voice_of_a_small_family", "own_voice_is_complete",
}  # fmt: skip
"""Rules whose every breach the cascade refuses, too."""
IN_PART = {
    "voice_fits_model": "it lets text models have OpenAI's voices",
    "transcriber_fits_model": "it lets native models have Azure's transcribers, and knows no phi",
    "interim_fits_model": "azure-realtime is a text model to it",
}
"""Rules some of whose breaches it refuses, too."""
OURS_ALONE = {
    "agent_or_model": "the connection's query, not the session",
    "agent_needs_entra": "the connection's credential",
    "agent_is_not_on_this_device": "the connection's address",
    "agent_has_its_instructions": "the request leaves them out",
    "profile_needs_model": "the connection's query",
    "effort_fits_model": "the cascade's models don't reason",
    "interim_is_complete": "the cascade says its own words",
    "version_has_it": "the cascade speaks one version",
    "extra_leaves_what_we_rely_on": "the cascade lets pass what it has already",
    "servers_are_for_the_service": "it takes them, and says when it lists their tools that it can't",
    "servers_fit_model": "it calls their tools with every model",
    "approval_needs_a_transcript": "it asks in writing",
    "text_models_need_a_transcript": "the cascade hears whether or not it tells",
    "nothing_is_told_to_no_transcriber": "the request leaves it out",
    "one_language_for_most": "the cascade hears one language",
    "languages_are_few": "likewise",
    "phrases_need_azure": "the cascade has no phrase lists",
    "custom_speech_needs_azure": "the cascade has no other models",
    "prompt_needs_openai": "the cascade's recogniser takes none",
    "openai_detection_fits_model": "the cascade detects all turns alike",
    "detection_takes_it": "the request leaves it out",
    "appended_text_needs_truncation": "it does no harm",
    "filler_languages_are_known": "the service ignores them, too",
    "family_takes_it": "the cascade has one voice, which it can't be told about",
    "temperature_needs_hd": "likewise",
    "timestamps_need_azure": "the cascade gives them with every voice",
}
"""Rules that the cascade doesn't check, and why."""

EMULATED = [name for name in MODELS if name != "phi4-mm-realtime"]
VOICES = st.one_of(
    st.sampled_from(["alloy", "cedar", "ava", "en-US-AvaNeural", "en-US-Ava:DragonHDLatestNeural"]),
    st.fixed_dictionaries(
        {"name": st.sampled_from(["alloy", "mine", "ava", "de-DE-KatjaNeural"])},
        optional={
            "type": st.sampled_from(["openai", "azure-standard", "azure-custom", "azure-personal",
                                     "azure-realtime-native"]),
            "endpoint_id": st.just("e"),
            "model": st.just("DragonLatestNeural"),
            "temperature": st.floats(0, 1),
            "rate": st.sampled_from(["1.2", "slow"]),
        },
    ),
)  # fmt: skip
TURNS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["azure_semantic_vad", "azure_semantic_vad_multilingual", "azure_semantic_vad_en",
                                 "server_vad", "semantic_vad"]),
        "threshold": st.floats(0, 1),
        "prefix_padding_ms": st.integers(0, 2000),
        "silence_duration_ms": st.integers(100, 5000),
        "speech_duration_ms": st.integers(0, 2000),
        "remove_filler_words": st.booleans(),
        "languages": st.lists(st.sampled_from(["en", "de", "cs"]), max_size=2),
        "end_of_utterance_detection": st.fixed_dictionaries(
            {}, optional={"threshold_level": st.sampled_from(["low", "high"]), "timeout_ms": st.integers(0, 9000)}
        ),
        "eagerness": st.sampled_from(["low", "auto"]),
        "auto_truncate": st.booleans(),
        "appended_text_after_truncation": st.just(" [cut]"),
    },
)  # fmt: skip
SERVICES = st.fixed_dictionaries(
    {"model": st.sampled_from(EMULATED)},
    optional={
        "turn_detection": TURNS,
        "transcription": st.fixed_dictionaries(
            {},
            optional={
                "model": st.sampled_from(["azure-speech", "mai-transcribe", "whisper-1", "gpt-4o-transcribe", "none"]),
                "languages": st.lists(st.sampled_from(["en-US", "de"]), max_size=2),
                "phrase_list": st.just(["Lampe"]),
                "prompt": st.just("Lamps."),
            },
        ),
        "interim_response": st.sampled_from([{}, {"texts": ["Wait."]}, {"type": "llm_interim_response"}]),
        "temperature": st.floats(0.6, 1.2),
        "reasoning_effort": st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh"]),
        "max_response_output_tokens": st.integers(1, 4096),
        "parallel_tool_calls": st.booleans(),
        "word_timestamps": st.booleans(),
        "metadata": st.dictionaries(st.text(max_size=64), st.text(max_size=512), max_size=16),
        "noise_reduction": st.sampled_from(["azure_deep_noise_suppression", "near_field", "far_field", "none"]),
        "echo_cancellation": st.sampled_from(["server", "client", "off"]),
        "input_audio_format": st.sampled_from(["pcm16", "g711_ulaw"]),
        "output_audio_format": st.sampled_from(["pcm16", "g711_alaw"]),
    },
)
PERSONAS = st.fixed_dictionaries({}, optional={"voice": VOICES, "language": st.sampled_from(["en-US", "de-DE"])})


def _refusal(asked):
    """Why the cascade refuses the session that is asked for; None where it takes it."""
    session = request_session(asked.service, asked.personas["default"], asked.locale, [])
    try:
        updated_session(default_session("sess_1", asked.service.model, 0), session, asked.service.model, spoken=False)
    except ProtocolError as error:
        return str(error)
    return None


@given(SERVICES, PERSONAS)
@settings(max_examples=200, deadline=None)
def test_what_our_rules_let_pass_the_cascade_takes(service, persona):
    asked = Asked(
        VoiceLiveSettings.model_validate_json(json.dumps(service)),
        {"default": PersonaSettings.model_validate_json(json.dumps(persona))},
        "en-US",
    )
    broken = {rule.__name__ for rule in PROBLEMS if list(rule(asked))}
    refusal = _refusal(asked)
    if refusal is not None:
        assert broken & (BOTH | set(IN_PART)), refusal
    else:
        assert not broken & BOTH, "the cascade lets it pass"


def test_each_rule_is_the_cascades_too_or_says_why_not():
    names = [rule.__name__ for rule in PROBLEMS]
    assert sorted(names) == sorted([*BOTH, *IN_PART, *OURS_ALONE])
