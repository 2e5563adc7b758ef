"""The table that a model's numbers become words by: on each line a symbol and its number."""

from pathlib import Path

from voiced.cascade.engines.models import EngineError

_WITH_SYMBOL = 2
_LONGEST_NUMBER = 9
"""Digits; a longer one is beyond what the engines count with."""


def read_symbols(path: Path) -> dict[int, bytes]:
    """Every symbol by its number; a line with a number alone stands for a space.

    Raises:
        EngineError: it can't be read, or a line of it is none; sherpa-onnx would end the process there.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise EngineError(f"{path} can't be read: {error.strerror}") from error
    symbols: dict[int, bytes] = {}
    for place, line in enumerate(lines, 1):
        parts = line.split()  # of bytes: other alphabets' spaces are symbols
        if not parts:
            continue
        if len(parts) > _WITH_SYMBOL or not parts[-1].isdigit() or len(parts[-1]) > _LONGEST_NUMBER:
            told = line[:40].decode(errors="replace")
            raise EngineError(f"{path}, line {place}: {told!r} is no symbol with its number: unpack the model anew")
        symbols.setdefault(int(parts[-1]), parts[0] if len(parts) == _WITH_SYMBOL else b" ")
    return symbols


def check_whole(path: Path, symbols: dict[int, bytes], count: int) -> None:
    """Raise `EngineError` where a number below the count has no symbol."""
    lacking = count - sum(number < count for number in symbols)
    if lacking:
        first = next(number for number in range(count) if number not in symbols)
        raise EngineError(
            f"{path} is not whole: of the model's {count} symbols it lacks {lacking}, the first of them number "
            f"{first}: unpack the model anew"
        )
