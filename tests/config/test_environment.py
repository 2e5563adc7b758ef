import pytest

from voiced.config.loading import ConfigurationError, load

SAMPLES = {
    "AZURE_VOICELIVE_ENDPOINT": "https://try.services.ai.azure.com/",
    "AZURE_VOICELIVE_API_KEY": "secret-of-mine",
    "AZURE_VOICELIVE_MODEL": "gpt-4.1",
    "AZURE_VOICELIVE_VOICE": "en-US-AvaNeural",
}


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        path = tmp_path / "voiced.yaml"
        path.write_text(text)
        return path

    return write_file


def test_names_of_the_samples_are_enough_for_a_quick_try(write):
    advice = []
    settings = load(write("speaker: {name: Kitchen}\n"), advice.append, environment=SAMPLES)
    assert settings.voice_live.endpoint == SAMPLES["AZURE_VOICELIVE_ENDPOINT"]
    assert settings.voice_live.model == "gpt-4.1"
    assert settings.voice_live.credential.api_key.env == "AZURE_VOICELIVE_API_KEY"
    assert settings.persona("default").voice == "en-US-AvaNeural"
    assert any("AZURE_VOICELIVE_ENDPOINT" in line and "environment" in line for line in advice)
    assert "secret-of-mine" not in str(settings)


def test_without_a_key_entra_signs_in(write):
    settings = load(write("{}"), environment={"AZURE_VOICELIVE_ENDPOINT": "https://a.services.ai.azure.com"})
    assert settings.voice_live.credential.entra is not None


def test_endpoint_in_a_file_makes_the_environment_irrelevant(write):
    settings = load(write("voice_live: {endpoint: cascade}\n"), environment=SAMPLES)
    assert settings.voice_live.endpoint == "cascade"
    assert settings.voice_live.model != "gpt-4.1"


def test_mistake_in_the_environment_names_the_variable(write):
    with pytest.raises(ConfigurationError) as caught:
        load(write("{}"), environment=SAMPLES | {"AZURE_VOICELIVE_ENDPOINT": "http://a.example/"})
    assert "$AZURE_VOICELIVE_ENDPOINT" in caught.value.problems[0]


def test_file_that_sets_a_model_keeps_it(write):
    settings = load(
        write("voice_live: {model: gpt-realtime}\n"), environment=SAMPLES | {"AZURE_VOICELIVE_VOICE": "alloy"}
    )
    assert settings.voice_live.model == "gpt-realtime"
