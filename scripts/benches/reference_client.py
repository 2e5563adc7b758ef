"""The client that ours is measured against: a small speaker over the same SDK, built as most are.

It follows the pattern of the service's quickstarts and of hobby speakers: a callback every 50 ms, one coroutine posted
for each, queues without a bound, the speaker opened with the first reply, a flush that empties the queue.
Latencies are what PortAudio calls low, as PyAudio's are where nothing else is said.

Run as `python -m benches.reference_client ENDPOINT KEY MICROPHONE SPEAKER`; ends with the session.
"""

import asyncio
import base64
import queue
import sys
from typing import Any

import sounddevice
from azure.ai.voicelive.aio import VoiceLiveConnection, connect
from azure.ai.voicelive.models import (
    InputAudioFormat,
    Modality,
    OutputAudioFormat,
    RequestSession,
    ServerEventResponseAudioDelta,
    ServerEventType,
    ServerVad,
)
from azure.core.credentials import AzureKeyCredential

CAPTURE_RATE = 16_000
"""The quickstarts capture at 24 kHz; with ours at 16 kHz, this one isn't charged for the difference."""
PLAYBACK_RATE = 24_000
_CHUNK_SECONDS = 0.05
_SAMPLE_BYTES = 2


class Sound:
    """Microphone and speaker."""

    def __init__(self, connection: VoiceLiveConnection, microphone: str, speaker: str) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._microphone = microphone
        self._speaker = speaker
        self._chunks: queue.Queue[bytes] = queue.Queue()
        self._output: Any = None

    def open_microphone(self) -> None:
        """Begin to send."""
        self._input = sounddevice.RawInputStream(
            samplerate=CAPTURE_RATE,
            blocksize=round(CAPTURE_RATE * _CHUNK_SECONDS),
            device=self._microphone,
            channels=1,
            dtype="int16",
            latency="low",
            callback=self._captured,
        )
        self._input.start()

    def play(self, data: bytes) -> None:
        """Queue a delta in chunks; the first one opens the speaker."""
        if self._output is None:
            self._output = sounddevice.RawOutputStream(
                samplerate=PLAYBACK_RATE,
                blocksize=round(PLAYBACK_RATE * _CHUNK_SECONDS),
                device=self._speaker,
                channels=1,
                dtype="int16",
                latency="low",
                callback=self._fill,
            )
            self._output.start()
        size = round(PLAYBACK_RATE * _CHUNK_SECONDS) * _SAMPLE_BYTES
        for first in range(0, len(data), size):
            self._chunks.put(data[first : first + size])

    def flush(self) -> None:
        """Empty the queue."""
        while not self._chunks.empty():
            self._chunks.get_nowait()

    def _captured(self, data: Any, _frames: int, _time: object, _status: object) -> None:  # noqa: ANN401 (a C buffer)
        audio = base64.b64encode(bytes(data)).decode()
        asyncio.run_coroutine_threadsafe(self._connection.input_audio_buffer.append(audio=audio), self._loop)

    def _fill(self, out: Any, frames: int, _time: object, _status: object) -> None:  # noqa: ANN401 (likewise)
        try:
            chunk = self._chunks.get_nowait()
        except queue.Empty:
            chunk = b""
        out[:] = chunk.ljust(frames * _SAMPLE_BYTES, b"\0")


async def converse(endpoint: str, key: str, microphone: str, speaker: str) -> None:
    """One session, for ever."""
    async with connect(credential=AzureKeyCredential(key), endpoint=endpoint, model="gpt-realtime") as connection:
        sound = Sound(connection, microphone, speaker)
        session = RequestSession(
            modalities=[Modality.TEXT, Modality.AUDIO],
            input_audio_format=InputAudioFormat.PCM16,
            output_audio_format=OutputAudioFormat.PCM16,
            input_audio_sampling_rate=CAPTURE_RATE,
            turn_detection=ServerVad(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=500),
        )
        await connection.session.update(session=session)
        async for event in connection:
            if event.type == ServerEventType.SESSION_UPDATED:
                sound.open_microphone()
            elif isinstance(event, ServerEventResponseAudioDelta):
                sound.play(event.delta)
            elif event.type == ServerEventType.INPUT_AUDIO_BUFFER_SPEECH_STARTED:
                sound.flush()


if __name__ == "__main__":
    asyncio.run(converse(*sys.argv[1:]))
