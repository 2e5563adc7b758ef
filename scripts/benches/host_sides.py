"""What the speaker is made of, and its peer, each in a process of its own that tells what it uses.

Run as `python -m benches.host_sides parts|imports|peer`; prints a JSON object of MiB (PSS, RSS) by name, in the order
in which things were loaded. `imports` is the peer's imports alone, for who takes its time.
"""

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from benches.processes import memory

_PARTS = {
    "numpy": "numpy",
    "pydantic, PyYAML, Jinja": ("pydantic", "yaml", "jinja2.sandbox"),
    "aiohttp": "aiohttp",
    "the SDK": "azure.ai.voicelive.aio",
    "onnxruntime": "onnxruntime",
    "sounddevice": "sounddevice",
}


def main(side: str) -> None:
    """Load one side, and print."""
    if side == "imports":
        _import_peer()
        return
    steps = _ours() if side == "parts" else {"imports": _import_peer, "models": _load_peer}
    told = {"interpreter": memory()}
    for name, step in steps.items():
        kept.append(step())
        told[name] = memory()
    print(json.dumps({name: (used.pss, used.rss) for name, used in told.items()}))


kept: list[object] = []
"""What was loaded stays until the end."""


def _ours() -> Mapping[str, Callable[[], object]]:
    import voiced  # noqa: F401, PLC0415 (which tells onnxruntime to be quiet)

    steps: dict[str, Callable[[], object]] = {}
    for name, modules in _PARTS.items():
        wanted = (modules,) if isinstance(modules, str) else modules
        steps[name] = lambda wanted=wanted: [import_module(module) for module in wanted]
    return steps | {"wake models": _load_engine}


def _load_engine() -> object:
    from voiced import paths  # noqa: PLC0415 (ours, after what is not)
    from voiced.wakeword.engine import Engine  # noqa: PLC0415
    from voiced.wakeword.models import find_models  # noqa: PLC0415

    return Engine(find_models(["hey_jarvis"]), paths.state_directory() / "graphs")


def _import_peer() -> None:
    import_module("openwakeword.model")
    import_module("azure.ai.voicelive.aio")
    import_module("sounddevice")


def _load_peer() -> object:
    from openwakeword.model import Model  # noqa: PLC0415 (what is measured)

    from voiced.wakeword.models import find_models  # noqa: PLC0415 (only says where they are)

    models = find_models(["hey_jarvis"])
    (head,) = models.heads.values()
    return Model(
        wakeword_models=[str(head)],
        inference_framework="onnx",
        melspec_model_path=str(models.melspectrogram),
        embedding_model_path=str(models.embedding),
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main(sys.argv[1])
