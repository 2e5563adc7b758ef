"""The cascade's part of the configuration."""

from typing import Annotated, Literal

from pydantic import Field

from voiced.settings import SecretReference, Settings


class EchoModelSettings(Settings):
    """How a microphone beside the loudspeaker would hear it."""

    delay_ms: Annotated[int, Field(ge=0, le=10_000)] = 100
    """Milliseconds from sending a reply's sound to hearing it: the client's playback and the air."""
    gain_db: Annotated[float, Field(ge=-60, le=20)] = -6.0
    """How loud it arrives, relative to what was sent."""


class CascadeSettings(Settings):
    """The local service that stands in for Voice Live: what it hears with and speaks with."""

    speech: Literal["auto", "flite", "espeak-ng"] = "auto"
    """The program that speaks the replies. auto: flite where installed, else espeak-ng."""
    voice: str | None = None
    """A voice of that program (`flite -lv`, `espeak-ng --voices` list them); by default slt or en-us."""
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
    echo_model: EchoModelSettings | None = None
    """For tests without a room: mixes what the cascade says into what it hears. Leave it out on a real speaker."""
