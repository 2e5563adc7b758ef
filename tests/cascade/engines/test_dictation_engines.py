"""Vosk and sherpa-onnx with models made up here: what is said of a wrong one, and how their own interfaces are used."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from voiced.cascade.engines import sherpa, vosk
from voiced.cascade.engines.models import EngineError
from voiced.cascade.engines.sherpa import Sherpa, StreamedSpeech, WholeSpeech
from voiced.cascade.engines.vosk import Vosk, VoskStream
from voiced.config.loading import ConfigurationError, load

SOUND = np.full(16_000, 16_384, np.int16)
NOISE = (np.random.default_rng(1).standard_normal(16_000) * 8000).astype(np.int16)
SILENCE = np.zeros(16_000, np.int16)
SENTENCE = "turn on the kitchen light"


def test_a_folder_that_is_no_vosk_model_is_a_clear_error(tmp_path):
    pytest.importorskip("vosk")
    with pytest.raises(EngineError, match=r"is not a Vosk model: there is no am/final\.mdl or final\.mdl in it"):
        Vosk(tmp_path)
    with pytest.raises(EngineError, match="is no folder: give the one that a Vosk model was unpacked to"):
        Vosk(tmp_path / "nowhere")


def heard(engine, *sounds):
    speech = engine.begin()
    for sound in sounds:
        speech.feed(sound)
    return speech.finish()


def test_vosk_hears(vosk_model):
    pytest.importorskip("vosk")
    engine = Vosk(vosk_model)
    assert heard(engine, NOISE, SILENCE) == SENTENCE
    assert heard(engine, SILENCE) == ""


def test_a_vosk_model_of_the_old_layout_hears(vosk_model):
    pytest.importorskip("vosk")
    for name in ("am/final.mdl", "conf/mfcc.conf", "graph/HCLG.fst", "graph/words.txt"):
        (vosk_model / name).rename(vosk_model / Path(name).name)
    for name in ("am", "graph"):
        (vosk_model / name).rmdir()
    assert list(vosk.problems(vosk_model)) == []
    assert Vosk(vosk_model).begin().finish() == ""


@pytest.mark.parametrize("name", ["am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLG.fst"])
def test_what_is_missing_in_a_vosk_model_is_told(vosk_model, name):
    (vosk_model / name).unlink()
    assert any(f"is not a Vosk model: there is no {name}" in fault for _, fault in vosk.problems(vosk_model))


def test_parts_that_belong_together_are_asked_of_a_vosk_model(vosk_model):
    (vosk_model / "graph/HCLG.fst").rename(vosk_model / "graph/HCLr.fst")
    assert any("there is no graph/Gr.fst in it" in fault for _, fault in vosk.problems(vosk_model))
    for name in ("Gr.fst", "disambig_tid.int"):
        (vosk_model / "graph" / name).write_text("1\n")
    assert not any("graph" in fault for _, fault in vosk.problems(vosk_model))
    (vosk_model / "ivector").mkdir()
    (vosk_model / "ivector/final.ie").write_text("")
    assert any("there is no ivector/splice.conf in it" in fault for _, fault in vosk.problems(vosk_model))


@pytest.mark.parametrize("name", ["conf/mfcc.conf", "conf/model.conf", "graph/words.txt"])
def test_an_empty_file_of_a_vosk_model_is_told(vosk_model, name):
    (vosk_model / name).write_text("")
    assert any(
        fault == f"{vosk_model / name} is empty: unpack the model anew" for _, fault in vosk.problems(vosk_model)
    )


def test_a_vosk_configuration_that_would_end_the_process_is_told(vosk_model):
    path = vosk_model / "conf/model.conf"
    whole = path.read_text()
    for damaged in (whole.replace("--endpoint.silence-phones=1\n", ""), whole.removesuffix("1\n")):
        path.write_text(damaged)
        fault = f"{path} lacks --endpoint.silence-phones: unpack the model anew"
        assert ("model", fault) in list(vosk.problems(vosk_model))


def test_a_vosk_model_without_its_words_is_a_clear_error(vosk_model):
    pytest.importorskip("vosk")
    (vosk_model / "graph/words.txt").unlink()
    with pytest.raises(EngineError, match=r"unpack the model anew \(there is no words\.txt in it; "):
        Vosk(vosk_model)


@pytest.mark.parametrize(
    "name", ["am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLG.fst", "graph/words.txt"]
)
def test_a_damaged_vosk_model_is_a_clear_error(vosk_model, name):
    pytest.importorskip("vosk")
    (vosk_model / name).write_text("no model\n")
    with pytest.raises(EngineError, match="unpack the model anew"):
        Vosk(vosk_model)


def test_parts_of_several_vosk_models_are_a_clear_error_when_loaded(vosk_model):
    pytest.importorskip("vosk")
    (vosk_model / "conf/mfcc.conf").write_text("--num-ceps=20\n")
    with pytest.raises(EngineError, match="can't be used: unpack the model anew"):
        Vosk(vosk_model)


def test_a_folder_that_is_no_sherpa_model_is_a_clear_error(tmp_path):
    pytest.importorskip("sherpa_onnx")
    with pytest.raises(EngineError, match=r"there is no \*tokens\.txt in it"):
        Sherpa(tmp_path, "en")


@pytest.mark.parametrize("kind", ["streaming_model", "whole_model", "whisper_model"])
def test_sherpa_hears_whole_turns_and_scraps(request, kind):
    pytest.importorskip("sherpa_onnx")
    engine = Sherpa(request.getfixturevalue(kind), "en")
    assert heard(engine, NOISE, SILENCE) == SENTENCE
    assert heard(engine) == ""
    for samples in (0, 1, 79, 80, 1599):
        assert heard(engine, SILENCE[:samples]) == ""


def test_whisper_is_asked_for_the_language(whisper_model):
    pytest.importorskip("sherpa_onnx")
    assert heard(Sherpa(whisper_model, "de"), NOISE) == "licht"


def test_a_language_that_whisper_does_not_know_is_a_clear_error(whisper_model):
    pytest.importorskip("sherpa_onnx")
    with pytest.raises(EngineError, match=r"language: the model does not know dee \(did you mean de\?\), only de, en$"):
        Sherpa(whisper_model, "dee")
    with pytest.raises(EngineError, match=r"language: the model does not know fr, only de, en$"):
        Sherpa(whisper_model, "fr")


def test_transducers_need_no_language(whole_model):
    pytest.importorskip("sherpa_onnx")
    assert heard(Sherpa(whole_model, "fr"), NOISE, SILENCE) == SENTENCE


@pytest.mark.parametrize("part", ["tokens.txt", "encoder.onnx", "decoder.onnx", "joiner.onnx"])
@pytest.mark.parametrize("kind", ["streaming_model", "whole_model"])
def test_a_damaged_sherpa_model_is_a_clear_error_and_not_the_end_of_the_process(request, kind, part):
    pytest.importorskip("sherpa_onnx")
    model = request.getfixturevalue(kind)
    (model / part).write_bytes(b"no model")
    with pytest.raises(EngineError, match=re.escape(f"sherpa: model: {model / part}")):
        Sherpa(model, "en")


def test_parts_of_several_sherpa_models_are_a_clear_error_when_loaded(whole_model):
    pytest.importorskip("sherpa_onnx")
    (whole_model / "joiner.onnx").write_bytes((whole_model / "decoder.onnx").read_bytes())
    with pytest.raises(EngineError, match="can't be used: unpack the model anew"):
        Sherpa(whole_model, "en")


def test_a_wrong_model_is_told_without_loading_it(whisper_model, tmp_path):
    assert [fault for key, fault in sherpa.problems(whisper_model, "de") if key != "engine"] == []
    (whisper_model / "tiny-tokens.txt").write_text("no model\n")
    (fault,) = (fault for key, fault in sherpa.problems(whisper_model, "de") if key == "model")
    assert fault.startswith(f"{whisper_model / 'tiny-tokens.txt'}, line 1: ")
    (fault,) = (fault for key, fault in sherpa.problems(tmp_path / "nowhere", "de") if key == "model")
    assert "is no folder" in fault


def test_a_language_that_whisper_does_not_know_is_told_without_loading_it(whisper_model):
    (fault,) = (fault for key, fault in sherpa.problems(whisper_model, "dee") if key == "language")
    assert fault == "the model does not know dee (did you mean de?), only de, en"


def test_a_transducer_is_told_of_no_language(whole_model):
    assert [fault for key, fault in sherpa.problems(whole_model, "fr") if key != "engine"] == []


def test_check_tells_the_language_with_its_place(whisper_model, tmp_path):
    path = tmp_path / "voiced.yaml"
    path.write_text(f"cascade:\n  recognition:\n    engine: sherpa\n    model: {whisper_model}\n    language: fr\n")
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert f"{path}:5:5: cascade.recognition.language: the model does not know fr, only de, en" in caught.value.problems


class Kaldi:
    """Ends a sentence by itself after every second piece."""

    def __init__(self):
        self.pieces = 0

    def AcceptWaveform(self, data):  # noqa: N802 (Vosk's name)
        self.pieces += 1
        assert len(data) == 6400
        return self.pieces % 2 == 0

    def Result(self):  # noqa: N802 (Vosk's name)
        return json.dumps({"text": f"result {self.pieces}"})

    def PartialResult(self):  # noqa: N802 (Vosk's name)
        return json.dumps({"partial": "part"})

    def FinalResult(self):  # noqa: N802 (Vosk's name)
        return json.dumps({"text": ""})


def test_what_vosk_ended_by_itself_is_kept():
    stream = VoskStream(Kaldi())
    stream.feed(SOUND[: 3 * 3200])
    assert stream.text() == "result 2 part"
    assert stream.finish() == "result 2"


class Online:
    """Counts what it was given, in steps of 1000 samples."""

    def create_stream(self):
        stream = SimpleNamespace(given=[], ended=False, decoded=0)
        stream.accept_waveform = lambda rate, sound: stream.given.append((rate, sound))
        stream.input_finished = lambda: setattr(stream, "ended", True)
        self.stream = stream
        return stream

    def is_ready(self, stream):
        return stream.decoded + 1000 <= sum(len(sound) for _, sound in stream.given)

    def decode_stream(self, stream):
        stream.decoded += 1000
        stream.result = SimpleNamespace(text=f" {sum(len(sound) for _, sound in stream.given)} ")

    def get_result(self, stream):
        return f" {stream.decoded} decoded"


def test_streaming_models_are_decoded_as_the_sound_comes():
    engine = Online()
    stream = StreamedSpeech(engine)
    stream.feed(SOUND)
    assert stream.text() == "16000 decoded"
    assert stream.finish() == "24000 decoded"
    assert engine.stream.ended
    rate, sound = engine.stream.given[0]
    assert (rate, sound.dtype, sound[0]) == (16_000, np.float32, 0.5)


def test_other_models_are_decoded_at_the_end():
    stream = WholeSpeech(Online())
    stream.feed(SOUND)
    stream.feed(SOUND)
    assert stream.text() == ""
    assert stream.finish() == "32000"
