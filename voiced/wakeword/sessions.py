"""onnxruntime, set up for a graph that is small and runs all day."""

from pathlib import Path

import onnxruntime


class LoadError(Exception):
    """onnxruntime does not take a graph; the message is its own."""


def open_session(graph: bytes | Path) -> onnxruntime.InferenceSession:
    """One thread, no spinning: onnxruntime's defaults cost four times the CPU for our graphs. Raises `LoadError`.

    A file is better than its content, of which the session would keep a copy.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(
            graph if isinstance(graph, bytes) else str(graph), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's own classes have no common base
        raise LoadError(str(error)) from error
