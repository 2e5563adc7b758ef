"""What sherpa-onnx would end the process for is found before; the package itself is not needed for that."""

import onnx
import pytest

from voiced.cascade.engines.models import EngineError
from voiced.cascade.engines.sherpa_models import Kind, examine


def retold(path, **metadata):
    """A model whose metadata is changed: None leaves a key out."""
    model = onnx.load(path)
    told = {entry.key: entry.value for entry in model.metadata_props} | metadata
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {key: value for key, value in told.items() if value is not None})
    onnx.save(model, path)


def told_of(folder):
    with pytest.raises(EngineError) as caught:
        examine(folder)
    return str(caught.value)


def test_each_kind_is_known_by_its_files(streaming_model, whole_model, whisper_model):
    assert examine(streaming_model).kind is Kind.STREAMING
    assert examine(whole_model).kind is Kind.WHOLE
    whisper = examine(whisper_model)
    assert (whisper.kind, whisper.languages) == (Kind.WHISPER, ("en", "de"))
    assert whisper.files["tokens"] == str(whisper_model / "tiny-tokens.txt")
    assert sorted(examine(whole_model).files) == ["decoder", "encoder", "joiner", "tokens"]


def test_of_several_files_that_for_small_computers_is_taken(whole_model):
    for name in ("encoder.int8.onnx", "a-encoder.onnx"):
        (whole_model / name).write_bytes((whole_model / "encoder.onnx").read_bytes())
    assert examine(whole_model).files["encoder"] == str(whole_model / "encoder.int8.onnx")


@pytest.mark.parametrize("key", ["T", "num_encoder_layers", "rnn_hidden_size", "d_model"])
def test_a_streaming_encoder_without_a_key_is_told(streaming_model, key):
    retold(streaming_model / "encoder.onnx", **{key: None})
    assert f"encoder.onnx lacks the {key} of a streaming lstm encoder: unpack the model anew" in told_of(
        streaming_model
    )


def test_a_streaming_encoder_that_does_not_say_so_is_told(streaming_model):
    retold(streaming_model / "encoder.onnx", decode_chunk_len=None)
    told = told_of(streaming_model)
    assert "encoder.onnx takes no whole turns, and lacks the decode_chunk_len of one that streams" in told


@pytest.mark.parametrize(
    ("made", "told"), [(None, "lacks its model_type"), ("paraformer", "is of the type paraformer")]
)
def test_a_streaming_encoder_of_an_unknown_type_is_told(streaming_model, made, told):
    retold(streaming_model / "encoder.onnx", model_type=made)
    assert f"encoder.onnx {told}; sherpa-onnx streams conformer," in told_of(streaming_model)


@pytest.mark.parametrize("key", ["vocab_size", "context_size"])
def test_a_decoder_without_a_key_is_told(streaming_model, whole_model, key):
    for folder in (streaming_model, whole_model):
        retold(folder / "decoder.onnx", **{key: None})
        assert f"decoder.onnx lacks the {key} of a transducer's decoder" in told_of(folder)


@pytest.mark.parametrize("value", ["-1", "seven", "9" * 10])
def test_a_number_that_is_none_is_told(whole_model, value):
    retold(whole_model / "decoder.onnx", vocab_size=value)
    assert f"decoder.onnx has {value!r} for the vocab_size of a transducer's decoder" in told_of(whole_model)


@pytest.mark.parametrize(
    "key",
    ["n_mels", "n_text_layer", "n_text_ctx", "n_text_state", "n_vocab", "sot", "eot", "blank_id", "translate",
     "transcribe", "is_multilingual", "no_timestamps", "no_speech", "sot_sequence", "all_language_tokens"],
)  # fmt: skip
def test_a_whisper_encoder_without_a_key_is_told(whisper_model, key):
    retold(whisper_model / "tiny-encoder.onnx", **{key: None})
    assert f"tiny-encoder.onnx lacks the {key} of a Whisper encoder" in told_of(whisper_model)


def test_languages_that_do_not_fit_their_numbers_are_told(whisper_model):
    retold(whisper_model / "tiny-encoder.onnx", all_language_codes="en")
    assert "has another number of all_language_codes than of all_language_tokens" in told_of(whisper_model)


def test_a_whisper_model_of_one_language_knows_english(whisper_model):
    retold(whisper_model / "tiny-encoder.onnx", is_multilingual="0", all_language_codes=None, all_language_tokens=None)
    assert examine(whisper_model).languages == ("en",)


def test_a_transducer_without_its_joiner_is_told(whole_model):
    (whole_model / "joiner.onnx").unlink()
    assert "lacks the n_mels of a Whisper encoder (a transducer has a joiner as well)" in told_of(whole_model)


@pytest.mark.parametrize("part", ["encoder", "decoder", "joiner"])
def test_a_file_cut_in_half_is_told(whole_model, part):
    path = whole_model / f"{part}.onnx"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert f"{part}.onnx is damaged: unpack the model anew" in told_of(whole_model)


def test_a_file_whose_end_was_never_written_is_told(whole_model):
    path = whole_model / "encoder.onnx"
    size = path.stat().st_size
    for half in (size // 2, size - 8):
        path.write_bytes(path.read_bytes()[:half].ljust(size, b"\0"))
        assert "encoder.onnx is damaged: unpack the model anew" in told_of(whole_model)


def test_tokens_that_are_none_or_too_few_are_told(whole_model, whisper_model):
    tokens = whole_model / "tokens.txt"
    for text, told in (
        ("", "of the model's 7 symbols it lacks 7, the first of them number 0"),
        ("<blk> 0\n<unk> 1\n", "of the model's 7 symbols it lacks 5, the first of them number 2"),
        ("<blk> 0\nno model\n", "tokens.txt, line 2: 'no model' is no symbol with its number"),
    ):
        tokens.write_text(text)
        assert told in told_of(whole_model)
    tokens = whisper_model / "tiny-tokens.txt"
    tokens.write_text("".join(tokens.read_text().splitlines(keepends=True)[:5]))
    assert "of the model's 6 symbols it lacks 1, the first of them number 5" in told_of(whisper_model)


def test_symbols_of_whisper_that_are_not_in_base64_are_told(whisper_model):
    tokens = whisper_model / "tiny-tokens.txt"
    whole = tokens.read_text()
    for symbol in ("=", ""):  # Whisper's own way to write an empty one, and what is left of that
        tokens.write_text(f"{symbol} 6\n{whole}")
        assert examine(whisper_model).kind is Kind.WHISPER
    tokens.write_text(f"{whole}licht! 6\n")
    assert "tiny-tokens.txt: 'licht!', number 6, is not in base64: unpack the model anew" in told_of(whisper_model)
