"""A process that does nothing but capture, with our class or with sounddevice alone at a 20 ms period.

Run as `python -m benches.captures ours|sounddevice MICROPHONE`, or `bare MICROPHONE SPEAKER` for a conversation's two
streams by sounddevice alone, the microphone at 20 ms and the speaker at 10 ms. Prints a JSON object: seconds of CPU a
second, and how much of a second's sound came a second.
"""

import asyncio
import json
import sys
import time
from typing import Any

RATE = 16_000
_SETTLING_SECONDS = 1.0
_SECONDS = 4.0


class _Count:
    frames = 0


async def _ours(device: str) -> dict[str, float]:
    from voiced.audio.capture import Capture  # noqa: PLC0415 (the peer's process knows nothing of ours)
    from voiced.audio.frames import Frame  # noqa: PLC0415
    from voiced.audio.settings import InputSettings  # noqa: PLC0415

    count = _Count()

    def deliver(frame: Frame) -> None:
        count.frames += frame.frames

    def lost(reason: str) -> None:
        raise SystemExit(f"the microphone was lost: {reason}")

    capture = Capture(InputSettings(device=device), deliver, lost, lambda: None)
    task = asyncio.create_task(capture.run())
    await asyncio.sleep(_SETTLING_SECONDS)
    try:
        return await asyncio.to_thread(_measure, count)
    finally:
        task.cancel()


def _sounddevice(device: str) -> dict[str, float]:
    import sounddevice  # noqa: PLC0415 (ours brings its own)

    count = _Count()

    def callback(data: Any, frames: int, _time: object, _status: object) -> None:  # noqa: ANN401 (a C buffer)
        bytes(data)
        count.frames += frames

    with sounddevice.RawInputStream(
        samplerate=RATE,
        blocksize=RATE // 50,
        device=device,
        channels=1,
        dtype="int16",
        latency="low",
        callback=callback,
    ):
        time.sleep(_SETTLING_SECONDS)
        return _measure(count)


def _bare(microphone: str, speaker: str) -> dict[str, float]:
    import sounddevice  # noqa: PLC0415

    def play(out: Any, _frames: int, _time: object, _status: object) -> None:  # noqa: ANN401 (a C buffer)
        out[:] = bytes(len(out))

    with sounddevice.RawOutputStream(
        samplerate=24_000, blocksize=240, device=speaker, channels=1, dtype="int16", latency="low", callback=play
    ):
        return _sounddevice(microphone)


def _measure(count: _Count) -> dict[str, float]:
    began, frames, cpu = time.monotonic(), count.frames, time.process_time()
    time.sleep(_SECONDS)
    seconds = time.monotonic() - began
    return {
        "cpu_seconds": (time.process_time() - cpu) / seconds,
        "sound_seconds": (count.frames - frames) / RATE / seconds,
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case "ours", microphone:
            told = asyncio.run(_ours(microphone))
        case "sounddevice", microphone:
            told = _sounddevice(microphone)
        case "bare", microphone, speaker:
            told = _bare(microphone, speaker)
        case _:
            sys.exit(__doc__)
    print(json.dumps(told))
