"""Piper with a voice made up here: one that hums as long as there are sounds to be said."""

import json

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save

from voiced.cascade.engines.models import EngineError
from voiced.cascade.engines.piper import Piper, problems
from voiced.cascade.settings import PiperSettings
from voiced.cascade.speech import Speech, SpeechError

pytest.importorskip("piper")
RATE = 16_000


@pytest.fixture
def voice(tmp_path):
    path = tmp_path / "hum.onnx"
    nodes = [
        helper.make_node("Cast", ["input"], ["sounds"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["sounds", "column"], ["each"]),
        helper.make_node("Mul", ["each", "wave"], ["hummed"]),
        helper.make_node("Reshape", ["hummed", "flat"], ["output"]),
    ]
    wave = np.tile([0.0, 0.01], 400).astype(np.float32).reshape(1, 800)
    constants = [
        numpy_helper.from_array(np.array([-1, 1]), "column"),
        numpy_helper.from_array(np.array([1, 1, -1]), "flat"),
        numpy_helper.from_array(wave, "wave"),
    ]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, None]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, None])]
    graph = helper.make_graph(nodes, "hum", inputs, outputs, constants)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    characters = "^$_ abcdefghijklmnopqrstuvwxyz.!"
    description = {
        "audio": {"sample_rate": RATE}, "espeak": {"voice": "en"}, "num_symbols": 40, "num_speakers": 1,
        "inference": {"noise_scale": 0.6, "length_scale": 1, "noise_w": 0.8}, "phoneme_type": "text",
        "phoneme_id_map": {character: [number] for number, character in enumerate(characters)},
    }  # fmt: skip
    path.with_name("hum.onnx.json").write_text(json.dumps(description))
    return path


async def test_a_voice_speaks_at_the_rate_of_replies(voice):
    speech = Speech(PiperSettings(piper=voice))
    await speech.prepare()
    assert speech.program() == "piper hum"
    sound = np.frombuffer(await speech.synthesise("the light is on."), np.int16)
    assert len(sound) / 24_000 > 0.5
    assert np.abs(sound).max() > 500


async def test_sentences_come_one_by_one(voice):
    found = [spoken async for spoken in Speech(PiperSettings(piper=voice)).sentences("It is on. It is off! Done")]
    assert [(each.text, each.last) for each in found] == [("It is on.", False), ("It is off!", False), ("Done", True)]
    assert all(each.sound for each in found)


def test_missing_files_are_told_with_their_fix(voice, tmp_path):
    assert list(problems(voice)) == []
    (fault, *_) = problems(tmp_path / "other.onnx")
    assert "there is no file" in fault
    voice.with_name("hum.onnx.json").write_text("{}")
    assert "get the voice's two files anew" in next(problems(voice))
    voice.with_name("hum.onnx.json").unlink()
    assert "put the voice's description beside its model" in next(problems(voice))


async def test_a_damaged_voice_is_a_clear_error(voice):
    voice.write_bytes(b"no model")
    with pytest.raises(EngineError, match=r"hum\.onnx can't be loaded: get the voice anew"):
        Piper(voice).load()
    with pytest.raises(SpeechError, match="get the voice anew"):
        await Speech(PiperSettings(piper=voice)).synthesise("hello")
