import pytest

from voiced.cascade.parameters.defaults import is_native
from voiced.voicelive.models import MODELS, Kind, model_named


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gpt-realtime-3", Kind.NATIVE),
        ("gpt-4o-realtime-preview", Kind.NATIVE),
        ("phi5-mm-realtime", Kind.MULTIMODAL),
        ("azure-realtime", Kind.AZURE_NATIVE),
        ("grok-9", Kind.CASCADED),
    ],
)
def test_model_that_is_not_known_is_what_its_name_looks_like(name, kind):
    assert model_named(name).kind is kind


def test_unknown_model_may_think_as_it_likes():
    assert model_named("gpt-7").efforts is None


def test_usual_effort_is_one_that_the_model_takes():
    assert all(model.effort is None or model.effort in model.efforts for model in MODELS.values())


def test_cascade_takes_the_same_models_for_native():
    for name, model in MODELS.items():
        assert is_native(name) == (model.kind is Kind.NATIVE), name


def test_first_transcriber_is_one_of_the_models_own():
    assert {model_named(name).abilities.transcribers[0] for name in MODELS} == {
        "gpt-4o-mini-transcribe",
        "azure-speech",
    }
