import asyncio
import base64
import itertools
import json
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from voiced.cascade.grammar import build_grammar
from voiced.cascade.outputs import (
    CallRemoteTool,
    Close,
    Follow,
    ListRemoteTools,
    PrepareGrammar,
    Recognise,
    Send,
    Synthesise,
    Wait,
)
from voiced.cascade.recogniser import Heard, Recogniser
from voiced.cascade.resampling import resample
from voiced.cascade.session import Session
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


TOOL = {
    "type": "function",
    "name": "set_light",
    "parameters": {"type": "object", "properties": {"state": {"enum": ["on", "off"]}}},
}
PHRASES = {"set_light": ["turn the light {state}"]}
SECOND = b"\1\0" * 24_000


class Client:
    """A session with the work it asks for done at once, or held back."""

    TOOL = TOOL
    SECOND = SECOND
    REMOTE_TOOLS = (
        {"name": "find_book", "description": "Finds a book.", "input_schema": {"type": "object"}},
        {
            "name": "set_shelf",
            "input_schema": {
                "properties": {"shelf": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["shelf"]
            },
        },
        {"name": "secret", "input_schema": {}},
    )  # fmt: skip
    TURN = ("input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed")
    TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
    CALL = (
        "response.created", "response.output_item.added", "conversation.item.created",
        "response.function_call_arguments.delta", "response.function_call_arguments.done",
        "response.output_item.done", "response.done",
    )  # fmt: skip
    SPOKEN = (
        "response.created", "response.output_item.added", "conversation.item.created", "response.content_part.added",
        "response.audio.delta", "response.audio.done", "response.audio_transcript.done", "response.content_part.done",
        "response.output_item.done", "response.done",
    )  # fmt: skip

    def __init__(self, model="voiced", *, hears="turn the light on", hold=(), sound=SECOND, echo_model=None, **options):
        self.session = Session(model, 0, echo_model, **options)
        self.sound = sound
        self.hears = hears
        self.hold = hold
        self.held = []
        self.sent = []
        self.closed = None
        self.perform(self.session.open())

    def send(self, type_, **fields):
        return self.text(json.dumps({"type": type_, **fields}))

    def text(self, text):
        before = len(self.sent)
        self.perform(self.session.receive(text))
        while self.session.unfinished:
            self.perform(self.session.go_on())
        return self.sent[before:]

    def types(self, frames=None):
        return [frame["type"] for frame in (self.sent if frames is None else frames)]

    def course(self, frames):
        """Their types; of neighbours alike one, as if the transcript's pieces did not come in between."""
        types = (type_ for type_ in self.types(frames) if type_ != "response.audio_transcript.delta")
        return [type_ for type_, _ in itertools.groupby(types)]

    def last(self, type_):
        return next(frame for frame in reversed(self.sent) if frame["type"] == type_)

    def release(self):
        self.hold, held, self.held = (), self.held, []
        self.perform(held)

    def perform(self, outputs):
        """All of a step before the next, as the service does."""
        todo = deque([outputs])
        while todo:
            for output in todo.popleft():
                if isinstance(output, Send):
                    self.sent.append(output.frame)
                elif isinstance(output, Close):
                    self.closed = output.code
                elif type(output) in self.hold:
                    self.held.append(output)
                else:
                    todo.append(self.work(output))

    def work(self, output):  # noqa: PLR0911 (one for each kind of work)
        match output:
            case PrepareGrammar(tools, phrases):
                self.grammar = build_grammar(tools, PHRASES | phrases, lambda _: True)
                return self.session.grammar_ready(self.grammar)
            case Recognise(ticket=ticket):
                if not self.session.wants(ticket):
                    return []
                meaning = self.grammar.understand(self.hears.split())
                return self.session.recognised(ticket, Heard(self.hears if meaning else "", meaning))
            case Follow():
                return self.session.followed(None)
            case Synthesise(response_id, _):
                return self.session.synthesised(response_id, self.sound)
            case Wait(response_id, _):
                return self.session.waited(response_id)
            case ListRemoteTools(item_id):
                return self.session.remote_tools_listed(item_id, list(self.REMOTE_TOOLS))
            case CallRemoteTool(item_id, _, name, arguments):
                return self.session.remote_tool_called(item_id, f"{name} took {json.dumps(arguments)}.")
        raise AssertionError(output)

    def say(self, *, seconds=1.0, silence=0.8, rate=24_000, encode=np.ndarray.tobytes):
        generator = np.random.default_rng(1)
        parts = [generator.normal(size=int(length * rate)) * level for length, level in
                 ((0.3, 30), (seconds, 3000), (silence, 30))]  # fmt: skip
        sound = encode(np.concatenate(parts).astype(np.int16))
        return self.send("input_audio_buffer.append", audio=base64.b64encode(sound).decode())


@pytest.fixture(scope="session")
def new_client():
    return Client


@pytest.fixture
def client(new_client):
    made = new_client()
    made.send("session.update", session={"tools": [TOOL]})
    return made
