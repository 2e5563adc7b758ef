"""The stream that stop words are looked for in, as records; whoever writes it loads nothing of a recogniser."""

import struct
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

HEADER = struct.Struct("<qI")
"""Of a record: a capture frame index, and how many bytes follow."""


def read_record(stream: BinaryIO) -> tuple[int, NDArray[np.int16]] | None:
    """The next record's capture frame index and sound, shape (frames, 2); None at the stream's end."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    position, size = HEADER.unpack(header)
    data = stream.read(size)
    return None if len(data) < size else (position, np.frombuffer(data, np.int16).reshape(-1, 2))
