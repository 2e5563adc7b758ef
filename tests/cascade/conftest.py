import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from voiced.cascade.recogniser import Recogniser
from voiced.cascade.resampling import resample
from voiced.cascade.speech import Speech, SpeechError

Say = Callable[..., NDArray[np.int16]]


def function(name: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties}
    return {"type": "function", "name": name, "description": name, "parameters": parameters}


@pytest.fixture(scope="session")
def tools() -> list[dict[str, Any]]:
    return [
        function(
            "set_light", room={"type": "string", "enum": ["kitchen", "living_room"]}, state={"enum": ["on", "off"]}
        ),
        function("set_volume", level={"type": "integer", "minimum": 0, "maximum": 100}),
        function("stop_music"),
    ]


@pytest.fixture(scope="session")
def phrases() -> dict[str, list[str]]:
    return {
        "set_light": ["(turn|switch) {state} [the] {room} (light|lamp)"],
        "set_volume": ["set [the] volume to {level} [percent]"],
        "stop_music": ["stop the music"],
    }


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return Recogniser(("hey jarvis", "alexa"))


@pytest.fixture(scope="session")
def say() -> Say:
    """Speech of a real synthesiser at 16 kHz, with quiet noise and silence around it."""
    spoken: dict[tuple[str, str | None], NDArray[np.int16]] = {}

    def voice(text: str, *, name: str | None = None, noise: float = -60.0, before: float = 0.4, after: float = 0.8):
        if (text, name) not in spoken:
            speech = Speech("auto") if name is None else Speech("flite", name)
            try:
                with ThreadPoolExecutor(1) as elsewhere:  # apart from a loop that may run here
                    sound = elsewhere.submit(asyncio.run, speech.synthesise(text)).result()
            except SpeechError as error:
                pytest.skip(str(error))
            spoken[text, name] = resample(np.frombuffer(sound, np.int16), 24_000, 16_000)
        sound = np.concatenate(
            [np.zeros(int(before * 16_000)), spoken[text, name] * 0.5, np.zeros(int(after * 16_000))]
        )
        sound += np.random.default_rng(3).normal(size=len(sound)) * 32768 * 10 ** (noise / 20)
        return np.clip(sound, -32768, 32767).astype(np.int16)

    return voice
