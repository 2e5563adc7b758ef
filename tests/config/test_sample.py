import json

from jsonschema import Draft202012Validator

from voiced.cli import main
from voiced.config.loading import load
from voiced.config.sample import json_schema, sample
from voiced.config.schema import VoicedSettings


def test_sample_without_its_comments_sets_every_key_to_its_default(tmp_path):
    lines = [line for line in sample().splitlines() if not line.startswith("##")]
    path = tmp_path / "voiced.yaml"
    path.write_text("\n".join(line.removeprefix("# ") for line in lines))
    assert load(path) == VoicedSettings()


def test_sample_as_it_is_changes_nothing(tmp_path):
    path = tmp_path / "voiced.yaml"
    path.write_text(sample())
    assert load(path) == VoicedSettings()


def test_every_key_of_the_schema_is_explained():
    schema = json.loads(json_schema())
    for name, model in {"": schema, **schema["$defs"]}.items():
        for key, field in model.get("properties", {}).items():
            model_of_it = schema["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
            assert field.get("description") or model_of_it.get("description"), f"{name}.{key}"


def test_sample_says_what_may_be_chosen():
    assert "(none | led | rgb" in sample()


def test_schema_accepts_what_load_accepts_and_refuses_a_mistyped_key(capsys):
    assert main(["config", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == json.loads(json_schema())
    validator = Draft202012Validator(schema)
    validator.check_schema(schema)
    assert validator.is_valid({"speaker": {"name": "Kitchen"}, "lights": {"driver": "led", "pins": {"led": 17}}})
    assert not validator.is_valid({"speeker": {}})
    assert not validator.is_valid({"lights": {"driver": "lamp"}})


def test_sample_says_where_a_number_is_enough():
    buttons = sample().partition("\n# buttons:\n")[2].partition("\n# metrics:\n")[0]
    assert buttons.count("a number, or its keys:") == 4
