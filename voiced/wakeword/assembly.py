"""From model files to the cheapest form that gives their scores; what took long is kept for the next start."""

import hashlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from voiced.wakeword.blocks import STEP
from voiced.wakeword.forms import Form, StreamingForm, WindowForm
from voiced.wakeword.heads import OnnxHead
from voiced.wakeword.models import WakeWordError
from voiced.wakeword.sessions import LoadError

log = logging.getLogger(__name__)

GRAPH_VERSION = b"2"
"""Of the form `graph.build` gives; part of the cache's key."""
_PROOF_STEPS = 40
"""Over which a new graph has to give what the models themselves give: all its state has been used by then."""
_ALIKE = 1e-3
"""How far the two may be apart, as a share of the largest value. On the machines we know they are not."""


def assemble(mel: bytes, embedding: bytes, heads: Mapping[str, bytes], cache: Path) -> tuple[Form, bool]:
    """The networks as one form, and whether the heads are in it. Raises `WakeWordError`.

    That is the streaming graph, with the heads where they fit into it; from the cache where it was built from these
    very models before. Where none can be built it is the window form, and a warning.
    """
    contents = (GRAPH_VERSION, mel, embedding, *heads.values())
    key = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in contents)).hexdigest()
    path = cache / f"streaming-{key[:24]}.onnx"
    try:
        path.open("rb").close()  # onnxruntime has one error for what is not there and what is damaged
        kept = StreamingForm(path)
    except OSError:
        log.info("building the wake word's graph, once for these models")
    except LoadError:
        log.warning("%s is damaged; building it again", path)
    else:
        return kept, kept.scores
    apart = {name: OnnxHead(name, model) for name, model in heads.items()}  # tells what is wrong with a model, too
    try:
        window = WindowForm(mel, embedding)
    except LoadError as error:
        raise WakeWordError(
            f"the feature models are damaged or not openWakeWord's: {error}; get them with: voiced wake fetch"
        ) from error
    return _build(mel, embedding, heads, path, window, apart) or (window, False)


def _build(
    mel: bytes,
    embedding: bytes,
    heads: Mapping[str, bytes],
    path: Path,
    window: WindowForm,
    apart: Mapping[str, OnnxHead],
) -> tuple[Form, bool] | None:
    from voiced.wakeword.graph import GraphError, build_bytes  # noqa: PLC0415 (onnx is needed once a machine)

    for inside in [heads, {}] if heads else [{}]:
        try:
            graph = build_bytes(mel, embedding, inside)
            form = StreamingForm(graph)
            _prove(form, window, [apart[name] for name in inside])
        except (GraphError, LoadError) as error:
            reason = error
            log.debug("no streaming graph with %s: %s", list(inside), error)
            continue
        if heads and not inside:
            log.info("the wake words' networks run beside the features' graph: %s", reason)
        _keep(path, graph)
        return form, form.scores
    log.warning(
        "the feature models can't be run as a stream (%s): running them over whole windows, at four times the CPU",
        reason,
    )
    return None


def _prove(form: StreamingForm, window: WindowForm, heads: list[OnnxHead]) -> None:
    """Compare a graph with the models it was made of, over noise that rises and falls. Raises `LoadError`."""
    rng = np.random.default_rng(1)
    ours, theirs = form.blank(), window.blank()
    scores: list[float] = []
    for step in range(_PROOF_STEPS):
        samples = rng.normal(0, 30 * 10 ** (step % 5 / 2), STEP).astype(np.int16)
        try:
            ours, scores = form.advance(ours, samples)
        except Exception as error:  # onnxruntime's own classes have no common base
            raise LoadError(str(error)) from error
        theirs, _ = window.advance(theirs, samples)
    expected = theirs["window"]
    apart = float(np.abs(ours["window"] - expected).max() / np.abs(expected).max())
    if not apart <= _ALIKE:
        raise LoadError(f"as a stream it gives other values, by {apart:.2g} of the largest")
    for head, score in zip(heads, scores, strict=True):
        if not abs(head.score(expected) - score) <= _ALIKE:
            raise LoadError("a wake word's network gives another score as a part of the graph")


def _keep(path: Path, graph: bytes) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(graph)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        log.warning(
            "the wake word's graph can't be kept in %s (%s): it will be built at every start", path.parent, error
        )
