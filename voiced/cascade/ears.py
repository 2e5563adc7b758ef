"""The recogniser off the event loop: it belongs to one thread, which all sessions share."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.grammar import Grammar, Phrases
from voiced.cascade.outputs import Follow
from voiced.cascade.protocol import Frame
from voiced.cascade.recogniser import NOTHING, Heard
from voiced.cascade.stages import Partial, Recognition

_log = logging.getLogger(__name__)


class Ears:
    """One session's way to the recogniser. Its calls are made one after the other.

    Args:
        recogniser: used on the worker only.
        worker: one thread.
        phrases: sentence templates by tool name.
    """

    def __init__(self, recogniser: Recognition, worker: ThreadPoolExecutor, phrases: Phrases) -> None:
        self._recogniser = recogniser
        self._worker = worker
        self._phrases = phrases
        self._grammar: Grammar | None = None

    async def grammar(self, tools: Sequence[Frame], phrases: Phrases) -> Grammar:
        """Build the grammar that holds from now on; phrases are of tools that bring their own."""
        loop = asyncio.get_running_loop()
        known = {**phrases, **self._phrases}
        try:
            self._grammar = await loop.run_in_executor(self._worker, self._recogniser.grammar, tools, known)
        except Exception:  # noqa: BLE001 (a client's schema may be anything; the session goes on without it)
            _log.exception("No grammar could be made of the session's tools; only built-in sentences are understood")
            self._grammar = await loop.run_in_executor(self._worker, self._recogniser.grammar, (), {})
        return self._grammar

    async def recognise(self, samples: NDArray[np.int16]) -> Heard:
        """Recognise a turn, shape (frames,) at 16 kHz; nothing, with the reason, where that fails."""
        if self._grammar is None:
            return NOTHING
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._worker, self._recogniser.recognise, self._grammar, samples)
        except RuntimeError as error:
            _log.exception("The recogniser failed on a turn; it is answered as not understood")
            return replace(NOTHING, failure=f"The recogniser failed: {error}")

    async def follow(self, piece: Follow) -> Partial | None:
        """Take in more of a turn under way; what it has come to, None where that is not known or of no use."""
        if self._grammar is None:
            return None
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._worker, self._recogniser.follow, self._grammar, piece)
        except RuntimeError:
            _log.exception("The recogniser failed within a turn; its end is found by silence")
            return None
