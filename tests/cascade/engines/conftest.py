"""Models made up here, without learnt weights: where they hear something loud, they hear one sentence, in order."""

import base64
import struct

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save

FLOAT, INT = TensorProto.FLOAT, TensorProto.INT64
WORDS = ["turn", "on", "the", "kitchen", "light"]
VOCABULARY = ["<blk>", "<unk>", *(f"▁{word}" for word in WORDS)]
DECODER = {"vocab_size": len(VOCABULARY), "context_size": 2}
LSTM = {
    "model_type": "lstm",
    "num_encoder_layers": 1,
    "T": 9,
    "decode_chunk_len": 4,
    "rnn_hidden_size": 2,
    "d_model": 2,
}


def network(path, nodes, inputs, outputs, constants, metadata):
    """Each node an operator, what goes in, what comes out, and its attributes."""
    made = [helper.make_node(name, given.split(), out.split(), **how) for name, given, out, how in nodes]
    values = [[helper.make_tensor_value_info(*value) for value in side] for side in (inputs, outputs)]
    kept = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(made, "made", *values, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    save(model, path)


def transducer(folder):
    """Its decoder and joiner: after each word the next, where the encoder tells of sound."""
    folder.mkdir()
    words = len(VOCABULARY)
    following = np.eye(words, k=1, dtype=np.float32)
    following[0] = np.eye(words, dtype=np.float32)[2]
    following[1] = 0
    network(
        folder / "decoder.onnx",
        [("Slice", "y one two one", "last", {}), ("Squeeze", "last one", "word", {}),
         ("Gather", "following word", "decoder_out", {})],
        [("y", INT, ["N", 2])], [("decoder_out", FLOAT, ["N", words])],
        {"following": following, "one": [1], "two": [2]}, DECODER,
    )  # fmt: skip
    network(
        folder / "joiner.onnx",
        [("Mul", "decoder_out encoder_out", "heard", {}), ("Add", "heard blank", "logit", {})],
        [("encoder_out", FLOAT, ["N", 1]), ("decoder_out", FLOAT, ["N", words])], [("logit", FLOAT, ["N", words])],
        {"blank": np.eye(words, dtype=np.float32)[0] / 2}, {},
    )  # fmt: skip
    (folder / "tokens.txt").write_text("".join(f"{word} {number}\n" for number, word in enumerate(VOCABULARY)))
    return folder


@pytest.fixture
def streaming_model(tmp_path):
    folder = transducer(tmp_path / "streaming")
    states = [("h", FLOAT, [1, "N", 2]), ("c", FLOAT, [1, "N", 2])]
    network(
        folder / "encoder.onnx",
        [("ReduceMean", "x", "mean", {"axes": [1, 2]}), ("Add", "mean ten", "encoder_out", {}),
         ("Identity", "h", "next_h", {}), ("Identity", "c", "next_c", {})],
        [("x", FLOAT, ["N", 9, 80]), *states],
        [("encoder_out", FLOAT, ["N", 1, 1]), *((f"next_{name}", kind, shape) for name, kind, shape in states)],
        {"ten": np.float32(10)}, LSTM,
    )  # fmt: skip
    return folder


@pytest.fixture
def whole_model(tmp_path):
    folder = transducer(tmp_path / "whole")
    network(
        folder / "encoder.onnx",
        [("Slice", "x zero end one four", "some", {}), ("ReduceMean", "some", "mean", {"axes": [2]}),
         ("Add", "mean ten", "encoder_out", {}), ("Add", "x_lens three", "up", {}),
         ("Div", "up four", "encoder_out_lens", {})],
        [("x", FLOAT, ["N", "T", 80]), ("x_lens", INT, ["N"])],
        [("encoder_out", FLOAT, ["N", "U", 1]), ("encoder_out_lens", INT, ["N"])],
        {"ten": np.float32(10), "zero": [0], "end": [2**31], "one": [1], "three": [3], "four": [4]},
        {"model_type": "conformer"},
    )  # fmt: skip
    return folder


@pytest.fixture
def whisper_model(tmp_path):
    """Knows English, and of German one word; hears something in any sound."""
    folder = tmp_path / "whisper"
    folder.mkdir()
    symbols = [*WORDS, "licht"]
    count = len(symbols)
    eot, sot, english, german, transcribe, translate, silence, untimed = range(count, count + 8)
    cache = [("in_n_layer_self_k_cache", FLOAT, [1, "N", 448, 2]), ("in_n_layer_self_v_cache", FLOAT, [1, "N", 448, 2])]
    cross = [("n_layer_cross_k", FLOAT, [1, "N", "A", 2]), ("n_layer_cross_v", FLOAT, [1, "N", "A", 2])]
    network(
        folder / "tiny-encoder.onnx",
        [("ReduceMean", "mel", "mean", {"axes": [1, 2]}), ("Reshape", "mean shape", "one", {}),
         ("Concat", "one one", "n_layer_cross_k", {"axis": 3}), ("Identity", "n_layer_cross_k", "n_layer_cross_v", {})],
        [("mel", FLOAT, ["N", 80, "T"])], cross, {"shape": [1, 1, 1, 1]},
        {
            "model_type": "whisper-tiny", "n_mels": 80, "n_text_layer": 1, "n_text_ctx": 448, "n_text_state": 2,
            "n_vocab": untimed + 1, "sot": sot, "eot": eot, "blank_id": 0, "translate": translate,
            "transcribe": transcribe, "is_multilingual": 1, "no_timestamps": untimed, "no_speech": silence,
            "sot_sequence": f"{sot},{english},{transcribe}", "all_language_tokens": f"{english},{german}",
            "all_language_codes": "en,de",
        },
    )  # fmt: skip
    following = np.zeros((untimed + 1, untimed + 1), np.float32)
    following[untimed, 0], following[german, eot - 1] = 1, 2
    following[range(count), [*range(1, count - 1), eot, eot]] = 9
    network(
        folder / "tiny-decoder.onnx",
        [("Gather", "following tokens", "next", {}), ("CumSum", "next one", "logits", {}),
         *(("Identity", name, name.replace("in_", "out_"), {}) for name, _, _ in cache)],
        [("tokens", INT, ["N", "L"]), *cache, *cross, ("offset", INT, [1])],
        [("logits", FLOAT, ["N", "L", untimed + 1]), *((name.replace("in_", "out_"), *rest) for name, *rest in cache)],
        {"following": following, "one": 1}, {},
    )  # fmt: skip
    encoded = [base64.b64encode(f" {symbol}".encode()).decode() for symbol in symbols]
    (folder / "tiny-tokens.txt").write_text("".join(f"{symbol} {number}\n" for number, symbol in enumerate(encoded)))
    return folder


def automaton(states):
    """OpenFst's own format; a state is whether it is an end, and its arcs: sound, word, cost and the state after it."""
    texts = b"".join(struct.pack("<i", len(text)) + text for text in (b"vector", b"standard"))
    arcs = sum(len(arcs) for _, arcs in states)
    found = struct.pack("<i", 2125659606) + texts + struct.pack("<iiQqqq", 2, 0, 3, 0, len(states), arcs)
    for ends, arcs in states:
        found += struct.pack("<fq", 0.0 if ends else float("inf"), len(arcs))
        found += b"".join(struct.pack("<iifi", *arc) for arc in arcs)
    return found


@pytest.fixture
def vosk_model(tmp_path):
    folder = tmp_path / "vosk"
    phones = range(1, len(WORDS) + 2)  # silence, and one for each word
    loud = "\n".join(f"{phone} 0 {int(phone > 1)}" for phone in phones)
    zeros = " 0" * 12
    files = {
        "am/final.mdl": f"""\
<TransitionModel> <Topology> <TopologyEntry> <ForPhones>
{" ".join(map(str, phones))}
</ForPhones>
<State> 0 <PdfClass> 0 <Transition> 0 0.5 <Transition> 1 0.5 </State>
<State> 1 </State>
</TopologyEntry> </Topology>
<Triples> {len(phones)}
{loud}
</Triples> <LogProbs>
 [ 0 {"-0.6931 " * 2 * len(phones)}]
</LogProbs> </TransitionModel>
<Nnet3>\x20
input-node name=input dim=13
component-node name=a component=a input=input
output-node name=output input=a

<NumComponents> 1
<ComponentName> a <FixedAffineComponent> <LinearParams>  [
  0{zeros}
  0.1{zeros} ]
<BiasParams>  [ 0 -2 ]
</FixedAffineComponent> </Nnet3> <LeftContext> 0 <RightContext> 0 <Priors>  [ ]
""",
        "conf/mfcc.conf": "--use-energy=false\n--sample-frequency=16000\n--num-ceps=13\n--dither=0\n",
        "conf/model.conf": "--min-active=200\n--max-active=3000\n--beam=200\n--lattice-beam=5\n--acoustic-scale=1.0\n"
        "--frame-subsampling-factor=1\n--endpoint.silence-phones=1\n",
        "graph/words.txt": "".join(f"{word} {number}\n" for number, word in enumerate(["<eps>", *WORDS])),
    }
    last = len(WORDS)
    states = [
        (True, [(1, 0, 0.0, 0), (4, 1, 0.0, 1)]),
        *((False, [(2 * word + 1, 0, 0.0, word), (2 * word + 4, word + 1, 0.0, word + 1)]) for word in range(1, last)),
        (True, [(2 * last + 1, 0, 0.0, last), (2, 0, 0.0, last + 1)]),
        (True, [(1, 0, 0.0, last + 1)]),
    ]
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "graph/HCLG.fst").write_bytes(automaton(states))
    return folder
