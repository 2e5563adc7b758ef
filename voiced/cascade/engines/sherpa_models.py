"""A model of sherpa-onnx's: of which kind it is, and whether it is whole.

What sherpa-onnx can't use ends the process instead of raising, so that all it asks of a model is looked at before. That
stands in its sources: `online-*-transducer-model.cc`, `offline-transducer-model.cc` and `offline-whisper-model.cc`.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from voiced.cascade.engines.models import EngineError
from voiced.cascade.engines.onnx_files import OnnxFile, read_onnx
from voiced.cascade.engines.symbols import check_whole, read_symbols

_STREAMS = "decode_chunk_len"
"""What only an encoder that can be fed piece by piece tells of itself."""
_ENCODERS = {
    "conformer": ("num_encoder_layers", "left_context", "encoder_dim", "pad_length", "cnn_module_kernel"),
    "ebranchformer": (
        *("num_hidden_layers", "hidden_size", "intermediate_size", "csgu_kernel_size", "merge_conv_kernel"),
        *("left_context_len", "num_heads", "head_dim"),
    ),
    "lstm": ("num_encoder_layers", "rnn_hidden_size", "d_model"),
    "zipformer": ("encoder_dims", "attention_dims", "num_encoder_layers", "cnn_module_kernels", "left_context_len"),
    "zipformer2": (
        *("encoder_dims", "query_head_dims", "value_head_dims", "num_heads", "num_encoder_layers"),
        *("cnn_module_kernels", "left_context_len"),
    ),
}
"""What streaming encoders have to tell besides T and how far they step, by their `model_type`."""
_DECODER = ("vocab_size", "context_size")
_WHISPER = (
    *("n_mels", "n_text_layer", "n_text_ctx", "n_text_state", "n_vocab", "sot", "eot", "blank_id", "translate"),
    *("transcribe", "is_multilingual", "no_timestamps", "no_speech", "sot_sequence"),
)
_CODES, _TOKENS = "all_language_codes", "all_language_tokens"
_NUMBERS = re.compile(r"\s*\d{1,9}\s*(,\s*\d{1,9}\s*)*,?\s*", re.ASCII)
_WHOLE_TURNS = 2
"""Inputs of an encoder that takes whole turns: the sound's features, and their number, of type int32 or int64."""
_INTEGERS = {6, 7}
_ANOTHER = "unpack the model anew, or take another of sherpa-onnx's: a Zipformer or a Whisper"


class Kind(StrEnum):
    """How a model listens."""

    STREAMING = "streaming"
    WHOLE = "whole"
    WHISPER = "whisper"


@dataclass(frozen=True, slots=True)
class SherpaModel:
    """A model that sherpa-onnx can load.

    Attributes:
        kind: how it listens.
        files: encoder, decoder, tokens and a transducer's joiner.
        languages: of Whisper's, the codes of those it can be asked for.
    """

    kind: Kind
    files: Mapping[str, str]
    languages: tuple[str, ...]


def examine(folder: Path) -> SherpaModel:
    """Look at a model's files; loads none of its weights.

    Args:
        folder: has encoder, decoder and tokens in it.

    Raises:
        EngineError: one of them is not what sherpa-onnx can use; the message has the file, and the fix.
    """
    paths = {name: _file(folder, f"*{name}*.onnx") for name in ("encoder", "decoder")}
    paths["tokens"] = _file(folder, "*tokens.txt")
    encoder, decoder = read_onnx(paths["encoder"]), read_onnx(paths["decoder"])
    symbols = read_symbols(paths["tokens"])
    languages: tuple[str, ...] = ()
    if any(folder.glob("*joiner*.onnx")):
        paths["joiner"] = _file(folder, "*joiner*.onnx")
        read_onnx(paths["joiner"])
        kind = _transducer(paths["encoder"], encoder)
        _check_numbers(paths["decoder"], decoder, _DECODER, "a transducer's decoder")
        count = _number(decoder, "vocab_size")
    else:
        kind = Kind.WHISPER
        languages = _languages(paths["encoder"], encoder)
        count = _number(encoder, "eot")
        _check_encoding(paths["tokens"], symbols)
    check_whole(paths["tokens"], symbols, count)
    return SherpaModel(kind, {name: str(path) for name, path in paths.items()}, languages)


def _file(folder: Path, pattern: str) -> Path:
    """The file of that kind; of several the smaller number format, which is made for small computers."""
    return min(folder.glob(pattern), key=lambda path: (".int8." not in path.name, path.name))


def _transducer(path: Path, encoder: OnnxFile) -> Kind:
    if _STREAMS not in encoder.metadata:
        if len(encoder.inputs) != _WHOLE_TURNS or encoder.inputs[1] not in _INTEGERS:
            raise EngineError(f"{path} takes no whole turns, and lacks the {_STREAMS} of one that streams: {_ANOTHER}")
        return Kind.WHOLE
    made = encoder.metadata.get("model_type", "")
    if made not in _ENCODERS:
        told = f"is of the type {made}" if made else "lacks its model_type"
        raise EngineError(f"{path} {told}; sherpa-onnx streams {', '.join(_ENCODERS)}: {_ANOTHER}")
    _check_numbers(path, encoder, (_STREAMS, "T", *_ENCODERS[made]), f"a streaming {made} encoder")
    return Kind.STREAMING


def _languages(path: Path, encoder: OnnxFile) -> tuple[str, ...]:
    _check_numbers(path, encoder, _WHISPER, "a Whisper encoder (a transducer has a joiner as well)")
    if not _number(encoder, "is_multilingual"):
        return ("en",)
    _check_numbers(path, encoder, (_TOKENS,), "a Whisper encoder of many languages")
    codes = tuple(encoder.metadata.get(_CODES, "").split(","))
    if len(codes) != len(encoder.metadata[_TOKENS].split(",")):
        raise EngineError(f"{path} has another number of {_CODES} than of {_TOKENS}: {_ANOTHER}")
    return codes


def _check_numbers(path: Path, told: OnnxFile, keys: Iterable[str], what: str) -> None:
    for key in keys:
        if not (value := told.metadata.get(key, "")):
            raise EngineError(f"{path} lacks the {key} of {what}: {_ANOTHER}")
        if not _NUMBERS.fullmatch(value):
            raise EngineError(f"{path} has {value[:40]!r} for the {key} of {what}: {_ANOTHER}")


def _number(told: OnnxFile, key: str) -> int:
    return int(told.metadata[key].split(",")[0])


def _check_encoding(path: Path, symbols: Mapping[int, bytes]) -> None:
    """Whisper's symbols may be any bytes, and are written in base64; a lone = stands for none."""
    for number, symbol in symbols.items():
        try:
            base64.b64decode(b"" if symbol in {b" ", b"="} else symbol, validate=True)
        except binascii.Error as error:
            told = symbol[:40].decode(errors="replace")
            raise EngineError(f"{path}: {told!r}, number {number}, is not in base64: unpack the model anew") from error
