"""Vosk and sherpa-onnx without a model: what is said of a wrong one, and how their own interfaces are used."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from voiced.cascade.engines.models import EngineError
from voiced.cascade.engines.sherpa import Sherpa, StreamedSpeech, WholeSpeech
from voiced.cascade.engines.vosk import Vosk, VoskStream

SOUND = np.full(16_000, 16_384, np.int16)


def test_a_folder_that_is_no_vosk_model_is_a_clear_error(tmp_path):
    pytest.importorskip("vosk")
    with pytest.raises(EngineError, match=r"is not a Vosk model: there is no am/final\.mdl or final\.mdl in it"):
        Vosk(tmp_path)
    with pytest.raises(EngineError, match="is no folder: give the one that a Vosk model was unpacked to"):
        Vosk(tmp_path / "nowhere")


def test_a_damaged_vosk_model_is_a_clear_error(tmp_path):
    pytest.importorskip("vosk")
    for name in ("am/final.mdl", "conf/mfcc.conf", "graph/HCLG.fst"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "am/final.mdl").unlink()
    (tmp_path / "final.mdl").mkdir()
    with pytest.raises(EngineError, match="can't be loaded: unpack the model anew"):
        Vosk(tmp_path)


def test_a_folder_that_is_no_sherpa_model_is_a_clear_error(tmp_path):
    pytest.importorskip("sherpa_onnx")
    with pytest.raises(EngineError, match=r"there is no \*tokens\.txt in it"):
        Sherpa(tmp_path, "en")


def test_a_damaged_sherpa_model_is_a_clear_error_and_not_the_end_of_the_process(tmp_path):
    pytest.importorskip("sherpa_onnx")
    for name in ("tokens.txt", "encoder.onnx", "decoder.onnx", "joiner.onnx"):
        (tmp_path / name).write_bytes(b"no model")
    with pytest.raises(EngineError, match=r"encoder\.onnx is damaged"):
        Sherpa(tmp_path, "en")


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
