import asyncio
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from voiced.cascade.speech import Speech, SpeechError, sentences_of


@pytest.fixture(params=["flite", "espeak-ng"])
def speech(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return Speech(request.param)


async def test_a_text_becomes_sound(speech):
    samples = np.frombuffer(await speech.synthesise("The kitchen light is on."), np.int16)
    assert 1.0 < len(samples) / 24_000 < 4.0
    assert np.abs(samples.astype(int)).max() > 2000


async def test_a_text_that_looks_like_options_or_a_shell_is_only_spoken(speech, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sound = await speech.synthesise("-o x.wav; touch y `touch z` $(touch w) --version")
    assert len(sound) > 48_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "  ", "...", "\x00\x1b"])
async def test_nothing_to_say_is_no_sound(text):
    assert await Speech().synthesise(text) == b""


async def test_the_same_text_is_synthesised_once(speech, monkeypatch):
    first = await speech.synthesise("Done.")
    monkeypatch.setenv("PATH", "")
    assert await speech.synthesise("Done.") is first


async def test_a_missing_program_names_the_package(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SpeechError, match="apt install flite"):
        await Speech().synthesise("hello")
    with pytest.raises(SpeechError, match="apt install espeak-ng"):
        await Speech("espeak-ng").synthesise("hello")


async def test_a_program_that_fails_is_a_clear_error(tmp_path, monkeypatch):
    program = tmp_path / "flite"
    program.write_text("#!/bin/sh\necho no such voice >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(SpeechError, match="no such voice"):
        await Speech("flite").synthesise("hello")


async def test_cancelling_ends_the_program(tmp_path, monkeypatch):
    program = tmp_path / "flite"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    task = asyncio.create_task(Speech("flite").synthesise("hello"))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_the_daemon_can_speak_without_the_recogniser_and_the_server():
    program = "import sys, voiced.cascade.speech; print({'pocketsphinx', 'aiohttp', 'hassil'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Done.", ["Done."]),
        ("The light is on. It is 3.5 degrees!  Really?", ["The light is on.", "It is 3.5 degrees!", "Really?"]),
        ('"Come in." He did. (Or not.) So.', ['"Come in."', "He did.", "(Or not.)", "So."]),
        ("Dr. Smith called at 5 p.m. today.", ["Dr. Smith called at 5 p.m. today."]),
        ("no end", ["no end"]),
        ("  ", []),
    ],
)
def test_a_text_is_spoken_by_the_sentence(text, sentences):
    assert sentences_of(text) == sentences


async def test_a_sentence_said_before_costs_nothing_in_another_text(speech, monkeypatch):
    first = await speech.synthesise("The light is on.")
    second = await speech.synthesise("Done.")
    monkeypatch.setenv("PATH", "")
    assert await speech.synthesise("Done. The light is on.") == second + first


async def test_half_of_a_surrogate_pair_is_not_spoken_and_the_rest_is(speech):
    assert await speech.synthesise("hello \ud800 there") == await speech.synthesise("hello there")


async def test_an_endless_text_is_cut(speech):
    found = [spoken async for spoken in speech.sentences("Yes. " * 1000)]
    assert len(found) == 1000
    assert [each.last for each in found] == [False] * 999 + [True]
    assert found[0].sound
    assert found[-1].sound == b""


async def test_no_text_is_one_silent_sentence(speech):
    assert [(each.sound, each.last) async for each in speech.sentences("")] == [(b"", True)]
