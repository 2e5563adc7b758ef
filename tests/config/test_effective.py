import yaml

from voiced.cli import main
from voiced.config.effective import effective
from voiced.config.loading import load

TEXT = """\
speaker: {name: "on"}
voice_live:
  endpoint: https://user:hunter2@a.services.ai.azure.com
  credential: {api_key: {file: /etc/voiced/key}}
  extra: {api_key: hunter3, note: "Bearer hunter4hunter4"}
"""


def test_secrets_are_hidden_and_where_they_are_kept_is_shown(tmp_path, capsys):
    path = tmp_path / "voiced.yaml"
    path.write_text(TEXT)
    assert main(["config", "show", "--config", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "hunter" not in shown
    assert yaml.safe_load(shown)["voice_live"]["credential"]["api_key"] == {"file": "/etc/voiced/key"}
    assert shown.count("***") == 3


def test_what_is_shown_is_read_as_the_same_settings(tmp_path):
    path = tmp_path / "voiced.yaml"
    path.write_text("speaker: {name: 'on', locale: de-DE}\nlights: {driver: led, pins: {led: 17}}\n")
    settings = load(path)
    again = tmp_path / "again.yaml"
    again.write_text(effective(settings))
    assert load(again) == settings


def test_changed_shows_what_was_set_only(tmp_path, capsys):
    path = tmp_path / "voiced.yaml"
    path.write_text("lights: {driver: led, pins: {led: 17}}\n")
    assert main(["config", "show", "--changed", "--config", str(path)]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == {"lights": {"driver": "led", "pins": {"led": 17}}}


def test_broken_file_is_explained_and_exits_with_78(tmp_path, capsys):
    path = tmp_path / "voiced.yaml"
    path.write_text("speeker: {}\n")
    assert main(["config", "show", "--config", str(path)]) == 78
    assert "did you mean speaker?" in capsys.readouterr().err
