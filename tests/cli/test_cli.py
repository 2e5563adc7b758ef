import os
import signal
import subprocess
import sys

import pytest

from voiced.cli import VERBS, main


def test_every_verb_has_help(capsys):
    for verb in VERBS:
        assert main([verb, "--help"]) == os.EX_OK
        assert verb in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["dance"], ["check", "--nonsense"]])
def test_wrong_usage_exits_with_64(arguments, capsys):
    assert main(arguments) == os.EX_USAGE
    assert "usage: voiced" in capsys.readouterr().err


def test_good_configuration_is_said(tmp_path, capsys):
    config = tmp_path / "voiced.yaml"
    config.write_text("speaker: {name: Kitchen}\n")
    assert main(["check", "--config", str(config)]) == os.EX_OK
    assert "good (0 tools, wake words: hey_jarvis, endpoint: cascade)" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["check", "run", "cascade"])
def test_bad_configuration_exits_with_78_and_its_place(verb, tmp_path, capsys):
    config = tmp_path / "voiced.yaml"
    config.write_text("speakr: {}\n")
    assert main([verb, "--config", str(config)]) == os.EX_CONFIG
    assert capsys.readouterr().err == f"{config}:1:1: speakr: unknown key (did you mean speaker?)\n"


def test_reload_that_is_asked_for_before_it_can_be_heard_does_not_end_the_start(tmp_path):
    config = tmp_path / "voiced.yaml"
    os.mkfifo(config)  # whoever reads it waits for us
    command = [sys.executable, "-m", "voiced", "run", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        with config.open("w") as file:
            process.send_signal(signal.SIGHUP)
            file.write("speakr: {}\n")
        assert "unknown key" in process.communicate()[1]
    assert process.returncode == os.EX_CONFIG


def test_missing_wake_model_exits_with_69_and_the_fix(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("VOICED_MODELS", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    config = tmp_path / "voiced.yaml"
    config.write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "voiced", "run", "--config", str(config)], capture_output=True, text=True, check=False
    )
    assert done.returncode == os.EX_UNAVAILABLE
    assert "voiced wake fetch" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "verb", ["status", "listen", "stop", "mute", "unmute", "forget", "say hello", "ask hello", "volume"]
)
def test_no_daemon_running_exits_with_69_and_the_fix(verb, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    assert main(verb.split()) == os.EX_UNAVAILABLE
    assert "systemctl start voiced" in capsys.readouterr().err


def test_known_wake_words_are_listed_with_their_licence(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("VOICED_MODELS", str(tmp_path))
    assert main(["wake", "list"]) == os.EX_OK
    out = capsys.readouterr().out
    assert "hey_jarvis" in out
    assert "voiced wake fetch" in out
    assert "not for commercial use" in out


def test_fetch_from_an_empty_folder_exits_with_69(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("VOICED_MODELS", str(tmp_path / "models"))
    assert main(["wake", "fetch", "--from", str(tmp_path)]) == os.EX_UNAVAILABLE
    assert "holds neither the models nor the wheel" in capsys.readouterr().err


def test_a_verbs_imports_are_paid_for_by_that_verb_only():
    probe = "import sys; from voiced.cli import main; main(['check', '--help']); sys.exit('onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False)
    assert done.returncode == 0
