"""The recogniser off the event loop: it belongs to one thread, which all sessions share."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar, TypeVarTuple

import numpy as np
from numpy.typing import NDArray

from voiced.cascade.grammar import Grammar, Phrases, build_grammar
from voiced.cascade.outputs import Follow
from voiced.cascade.protocol import Frame
from voiced.cascade.recogniser import NOTHING, Heard
from voiced.cascade.stages import Partial, Recognition

_log = logging.getLogger(__name__)

_Given = TypeVarTuple("_Given")
_Result = TypeVar("_Result")


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
        self._lost = ""

    async def grammar(self, tools: Sequence[Frame], phrases: Phrases) -> Grammar:
        """Build the grammar that holds from now on; phrases are of tools that bring their own."""
        known = {**phrases, **self._phrases}
        try:
            self._grammar = await self._run(self._recogniser.grammar, tools, known)
        except Exception as error:  # noqa: BLE001 (a client's schema may be anything; the session goes on without it)
            self._tell(error, "made no grammar of the session's tools; only built-in sentences are understood")
            self._grammar = await self._run(build_grammar, (), {}, bool)
        return self._grammar

    async def recognise(self, samples: NDArray[np.int16]) -> Heard:
        """Recognise a turn, shape (frames,) at 16 kHz; nothing, with the reason, where that fails."""
        if self._grammar is None:
            return NOTHING
        try:
            return await self._run(self._recogniser.recognise, self._grammar, samples)
        except Exception as error:  # noqa: BLE001 (an engine of others may raise anything; the session outlives it)
            self._tell(error, "failed on a turn, which is answered as not understood")
            return replace(NOTHING, failure=f"{self._recogniser.name} failed: {_reason(error)}")

    async def follow(self, piece: Follow) -> Partial | None:
        """Take in more of a turn under way; what it has come to, None where that is not known or of no use."""
        if self._grammar is None or piece.turn == self._lost:
            return None
        try:
            return await self._run(self._recogniser.follow, self._grammar, piece)
        except Exception as error:  # noqa: BLE001 (likewise; the turn's other pieces would fail as well)
            self._tell(error, "failed within a turn, whose end is found by silence")
            self._lost = piece.turn
            return None

    async def _run(self, work: Callable[[*_Given], _Result], *given: *_Given) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work, *given)

    def _tell(self, error: Exception, what: str) -> None:
        _log.error("The recogniser %s %s: %s", self._recogniser.name, what, _reason(error))
        _log.debug("Where that was", exc_info=error)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
