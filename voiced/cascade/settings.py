"""The cascade's part of the configuration."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from voiced.cascade.mcp.origins import origin_of
from voiced.settings import SecretReference, Settings


class EchoModelSettings(Settings):
    """How a microphone beside the loudspeaker would hear it."""

    delay_ms: Annotated[int, Field(ge=0, le=10_000)] = 100
    """Milliseconds from sending a reply's sound to hearing it: the client's playback and the air."""
    gain_db: Annotated[float, Field(ge=-60, le=20)] = -6.0
    """How loud it arrives, relative to what was sent."""


class PiperSettings(Settings):
    """A neural voice. Its package is one more to install, with a command that `voiced check` tells."""

    piper: Path = Field(examples=["FILE.onnx"])
    """The voice's .onnx file, with its .onnx.json beside it."""


class RecognitionSettings(Settings):
    """What writes down what was said."""

    engine: Literal["pocketsphinx", "vosk", "sherpa"] = "pocketsphinx"
    """pocketsphinx knows the tools' phrases, in English, and needs nothing more. vosk and sherpa know any words, in
    other languages too, with a model of yours and a package more, whose command `voiced check` tells."""
    model: Path | None = None
    """The folder that the model of vosk (one of Vosk's) or of sherpa (a transducer or Whisper of sherpa-onnx) is in."""
    language: Annotated[str, Field(pattern="^[a-z]{2,3}$")] = "en"
    """What is spoken to a Whisper model; others know one language."""

    @model_validator(mode="after")
    def _model_where_needed(self) -> Self:
        if self.engine == "pocketsphinx" and self.model is not None:
            raise ValueError("pocketsphinx carries its own model; leave out model, or choose vosk or sherpa")
        if self.engine != "pocketsphinx" and self.model is None:
            raise ValueError(f"{self.engine} needs the key model: the folder that a model was unpacked to")
        return self


class ChatSettings(Settings):
    """A language model behind OpenAI's chat completions, in the house or elsewhere."""

    url: Annotated[str, Field(pattern="^https?://[^/]+")]
    """Where its API begins, e.g. http://127.0.0.1:11434/v1 for Ollama."""
    model: Annotated[str, Field(min_length=1)]
    """The model's name there."""
    key: SecretReference | None = None
    """What the server wants as a bearer token."""
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 15
    """How long an answer may fail to begin or to go on. Above `conversation: {reply_seconds: …}` it is of no use."""


class ReplySettings(Settings):
    """What answers. The tools' phrases and the built-in sentences always come first."""

    chat: ChatSettings | None = None
    """Answers what is none of those; needs a recognition of free speech (vosk or sherpa)."""


def _kind_of_speech(value: object) -> str:
    """Which of two forms is meant, so that a mistake is told of that one only."""
    return "voice" if isinstance(value, dict | PiperSettings) else "program"


class CascadeSettings(Settings):
    """The local service that stands in for Voice Live: what it hears with and speaks with."""

    turn_detection: Literal["energy", "silero"] = "energy"
    """What tells speech from other sounds: its loudness, or a small network, which also knows it from a
    louder fan or kettle; where its package is missing, `voiced check` tells the command."""
    end_of_turn: Literal["meaning", "silence"] = "meaning"
    """How the end of what you say is known. meaning: a complete command ends it almost at once, one that was only begun
    is waited for longer; not with `turn_detection: {type: server_vad}`, which goes by silence always."""
    recognition: RecognitionSettings = RecognitionSettings()
    """What writes down what was said."""
    speech: Annotated[
        Annotated[Literal["auto", "flite", "espeak-ng"], Tag("program")] | Annotated[PiperSettings, Tag("voice")],
        Discriminator(_kind_of_speech),
    ] = "auto"
    """The program that speaks the replies (auto: flite where installed, else espeak-ng), or `{piper: FILE.onnx}`."""
    voice: str | None = None
    """A voice of that program (`flite -lv`, `espeak-ng --voices` list them); by default slt or en-us."""
    reply: ReplySettings = ReplySettings()
    """What answers."""
    wake_words: tuple[Annotated[str, Field(min_length=1)], ...] = ("hey jarvis", "okay nabu", "hey mycroft", "alexa")
    """What a command may begin with, whole or its end only: sound from before its beginning is sent too."""
    session_minutes: Annotated[float, Field(gt=0, le=60)] = 60
    """Minutes after which a session is closed, as the service does."""
    max_sessions: Annotated[int, Field(ge=1, le=1000)] = 8
    """Sessions at a time; a further one is refused with status 429."""
    connections_per_minute: Annotated[int, Field(ge=1, le=10_000)] = 30
    """Sessions opened in any minute, as the service counts them; a further one is refused with status 429."""
    idle_minutes: Annotated[float, Field(gt=0, le=60)] = 15
    """Minutes after which a session is closed whose client has sent nothing."""
    key: SecretReference | None = None
    """What clients have to show, wherever they are. `voiced cascade --listen` needs it beyond this machine."""
    mcp_origins: tuple[Annotated[str, AfterValidator(origin_of)], ...] = ()
    """Where MCP servers are whose tools a session may name and the cascade then calls, as http://127.0.0.1:8000. They
    have to be on this machine or in the house; no others are called."""
    mcp_calls: Literal["after_response", "within_response"] = "after_response"
    """For tests: whether a response ends before the MCP calls that it makes, as the service's do, or after them."""
    tokens_per_minute: Annotated[int, Field(ge=1)] | None = None
    """For tests: how many tokens, as the cascade estimates them, a session may use before responses fail."""
    echo_model: EchoModelSettings | None = None
    """For tests without a room: mixes what the cascade says into what it hears. Leave it out on a real speaker."""
