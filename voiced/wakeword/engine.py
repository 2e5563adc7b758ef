"""Scores for every wake word, 80 ms at a time."""

import hashlib
import logging
import os
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from voiced.audio.frames import Samples
from voiced.wakeword.models import WakeModels, WakeWordError

log = logging.getLogger(__name__)

STEP = 1280
"""Samples a step: 80 ms."""
GRAPH_VERSION = b"1"
"""Of the form `graph.build` gives; part of the cache's key."""
PRIMING_STEPS = 32
"""Steps of silence run before the first sound, so that no score rests on an empty past."""
Scores = NDArray[np.float32]


class Engine:
    """Feeds sound through the streaming graph and keeps its state; never reset, because a reset makes phantoms.

    `names` gives the order of the scores.
    """

    def __init__(self, models: WakeModels, cache: Path) -> None:
        onnx_heads = {name: path for name, path in models.heads.items() if path.suffix == ".onnx"}
        other_heads = {name: path for name, path in models.heads.items() if path.suffix != ".onnx"}
        self._session = _session(models, onnx_heads, cache)
        self._state = {
            node.name: np.zeros(node.shape, np.float32) for node in self._session.get_inputs() if node.name != "samples"
        }
        self._outputs = [node.name for node in self._session.get_outputs()]
        self._next = {name: self._outputs.index(f"next_{name}") for name in self._state}
        self._scores_at = self._outputs.index("scores") if onnx_heads else None
        self._tflite = [_TfliteHead(path) for path in other_heads.values()]
        self.names = [*onnx_heads, *other_heads]
        silence = np.zeros(STEP, np.int16)
        for _ in range(PRIMING_STEPS):
            self.step(silence)

    def step(self, samples: Samples) -> Scores:
        """Scores after exactly `STEP` more samples, one for each of `names`. Raises ValueError for any other input."""
        if samples.dtype != np.int16 or samples.shape != (STEP,):
            raise ValueError(f"a step takes {STEP} int16 samples of one channel, not {samples.dtype} {samples.shape}")
        results = self._session.run(self._outputs, {"samples": samples, **self._state})
        self._state = {name: results[index] for name, index in self._next.items()}
        scores: list[float] = [] if self._scores_at is None else list(results[self._scores_at])
        scores += [head.score(self._state["window"]) for head in self._tflite]
        return np.array(scores, np.float32)


class _TfliteHead:
    """A wake word that exists as .tflite only, over the same window of embeddings."""

    def __init__(self, path: Path) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 (an extra that few wake words need)
        except ImportError as error:
            raise WakeWordError(f"{path.name} needs the LiteRT runtime: pip install 'voiced[tflite]'") from error
        try:
            self._interpreter = Interpreter(str(path), num_threads=1)
        except ValueError as error:
            raise WakeWordError(f"{path} is not a TFLite model: {error}") from error
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]["index"]
        if list(self._input["shape"]) != [1, 16, 96]:
            raise WakeWordError(
                f"{path} looks at {list(self._input['shape'])}, not [1, 16, 96]: not an openWakeWord model"
            )

    def score(self, window: NDArray[np.float32]) -> float:
        self._interpreter.set_tensor(self._input["index"], window)
        self._interpreter.invoke()
        return float(self._interpreter.get_tensor(self._output)[0][0])


def _open(graph: bytes) -> onnxruntime.InferenceSession:
    """One thread, no spinning: onnxruntime's defaults cost four times the CPU for this graph. Raises `_LoadError`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes have no common base
        raise _LoadError(str(error)) from error


class _LoadError(Exception):
    """onnxruntime does not take a graph."""


def _session(models: WakeModels, heads: dict[str, Path], cache: Path) -> onnxruntime.InferenceSession:
    """The streaming graph, from the cache where it was built from these very files before. Raises `WakeWordError`."""
    try:
        contents = [path.read_bytes() for path in (models.melspectrogram, models.embedding, *heads.values())]
    except OSError as error:
        raise WakeWordError(f"{error.filename} can't be read: {error.strerror}") from error
    key = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in (GRAPH_VERSION, *contents))).hexdigest()
    path = cache / f"streaming-{key[:24]}.onnx"
    try:
        return _open(path.read_bytes())
    except OSError:
        log.info("building the wake word's graph, once for these models")
    except _LoadError:
        log.warning("%s is damaged; building it again", path)
    from voiced.wakeword.graph import GraphError, build_bytes  # noqa: PLC0415 (onnx is needed once a machine)

    try:
        graph = build_bytes(contents[0], contents[1], dict(zip(heads, contents[2:], strict=True)))
        session = _open(graph)
    except (GraphError, _LoadError) as error:
        raise WakeWordError(str(error)) from error
    _keep(path, graph)
    return session


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
