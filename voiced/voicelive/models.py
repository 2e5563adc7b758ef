"""The models that answer: which hear sound themselves, and what goes with each (voice-live §4, §5).

The names are those of Microsoft's overview page of September 2026; the service gets new ones, so an unknown name is no
mistake.
"""

from dataclasses import dataclass
from enum import StrEnum

from voiced.voicelive.voices import AZURE_SPEECH, VoiceFamily

AZURE_REALTIME = "azure-realtime"
NO_TRANSCRIPTION = "none"


class Kind(StrEnum):
    """How a model hears and speaks."""

    NATIVE = "a model of the gpt-realtime family"
    """Hears and speaks itself; Azure's voices may speak for it."""
    AZURE_NATIVE = "azure-realtime"
    """Hears and speaks itself, with voices of its own only."""
    MULTIMODAL = "a phi realtime model"
    """Hears itself; Azure's voices speak for it."""
    CASCADED = "a text model"
    """Reads what Azure transcribed; Azure's voices speak for it."""
    AGENT = "an agent"
    """A Foundry agent: a text model whose instructions are kept in Foundry."""


OPENAI_TRANSCRIBERS = frozenset(
    {"whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize"}
)
AZURE_TRANSCRIBER = "azure-speech"
MAI_TRANSCRIBERS = frozenset({"mai-transcribe", "mai-transcribe-1", "mai-transcribe-2"})
TRANSCRIBERS = OPENAI_TRANSCRIBERS | MAI_TRANSCRIBERS | {AZURE_TRANSCRIBER}


@dataclass(frozen=True, slots=True)
class Abilities:
    """What goes with a kind of model.

    Attributes:
        voices: the families it may speak with.
        transcribers: what may write down what it hears; the first is ours where none is chosen.
        transcription_optional: whether it understands without.
        openai_hearing: whether `semantic_vad` and near- and far-field noise reduction exist for it.
        interim: whether the service can fill a pause while it thinks.
    """

    voices: frozenset[VoiceFamily]
    transcribers: tuple[str, ...]
    transcription_optional: bool = False
    openai_hearing: bool = False
    interim: bool = False


_TEXT = Abilities(AZURE_SPEECH, (AZURE_TRANSCRIBER, *sorted(MAI_TRANSCRIBERS)), interim=True)
ABILITIES = {
    Kind.NATIVE: Abilities(
        AZURE_SPEECH | {VoiceFamily.OPENAI},
        ("gpt-4o-mini-transcribe", *sorted(OPENAI_TRANSCRIBERS), "mai-transcribe", "mai-transcribe-2"),
        transcription_optional=True,
        openai_hearing=True,
    ),
    Kind.AZURE_NATIVE: Abilities(
        frozenset({VoiceFamily.REALTIME_NATIVE}),
        (AZURE_TRANSCRIBER, "mai-transcribe", "mai-transcribe-2"),
        transcription_optional=True,
    ),
    Kind.MULTIMODAL: Abilities(AZURE_SPEECH, (AZURE_TRANSCRIBER,), transcription_optional=True),
    Kind.CASCADED: _TEXT,
    Kind.AGENT: _TEXT,
}

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
"""How much a model may think before it answers; None of them is every model's."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model as far as a session's configuration depends on it.

    Attributes:
        kind: how it hears and speaks.
        efforts: the `reasoning_effort` it takes; empty where it doesn't reason, None where we don't know.
        effort: what the service takes where none is asked for, as recorded; None where it wasn't.
        temperature: likewise; None also where the service has none for the model.
    """

    kind: Kind
    efforts: frozenset[str] | None = frozenset()
    effort: str | None = None
    temperature: float | None = None

    @property
    def abilities(self) -> Abilities:
        """What goes with it."""
        return ABILITIES[self.kind]


_REALTIME_2 = Model(Kind.NATIVE, frozenset(EFFORTS) - {"none"})
_GPT_4 = Model(Kind.CASCADED, temperature=0.8)
_GPT_5 = Model(Kind.CASCADED, frozenset({"minimal", "low", "medium", "high"}), "minimal", 1.0)
_GPT_5_CHAT = Model(Kind.CASCADED)
_GPT_5_1 = Model(Kind.CASCADED, frozenset({"none", "low", "medium", "high"}))
_GPT_5_LATER = Model(Kind.CASCADED, frozenset({"none", "low", "medium", "high", "xhigh"}))

MODELS: dict[str, Model] = {
    "gpt-realtime": Model(Kind.NATIVE),
    "gpt-realtime-datazone": Model(Kind.NATIVE),
    "gpt-realtime-mini": Model(Kind.NATIVE),
    "gpt-realtime-1.5": Model(Kind.NATIVE),
    "gpt-realtime-1.5-datazone": Model(Kind.NATIVE),
    "gpt-realtime-2.1": _REALTIME_2,
    "gpt-realtime-2.1-datazone": _REALTIME_2,
    "gpt-realtime-2.1-mini": _REALTIME_2,
    AZURE_REALTIME: Model(Kind.AZURE_NATIVE),
    "phi4-mm-realtime": Model(Kind.MULTIMODAL),
    "phi4-mini": Model(Kind.CASCADED),
    "gpt-4o": _GPT_4,
    "gpt-4o-mini": _GPT_4,
    "gpt-4.1": _GPT_4,
    "gpt-4.1-mini": _GPT_4,
    "gpt-4.1-nano": _GPT_4,
    "gpt-5": _GPT_5,
    "gpt-5-mini": _GPT_5,
    "gpt-5-nano": _GPT_5,
    "gpt-5-chat": _GPT_5_CHAT,
    "gpt-5.1": _GPT_5_1,
    "gpt-5.1-chat": _GPT_5_CHAT,
    "gpt-5.2": _GPT_5_LATER,
    "gpt-5.2-chat": _GPT_5_CHAT,
    "gpt-5.3-chat": _GPT_5_CHAT,
    "gpt-5.4": _GPT_5_LATER,
    "gpt-5.6-luna": _GPT_5_LATER,
    "gpt-5.6-terra": _GPT_5_LATER,
}
"""What the service runs itself."""
AGENT = Model(Kind.AGENT, None)
OWN_REALTIME = Model(Kind.NATIVE, None)
OWN_CHAT = Model(Kind.CASCADED, None)
"""Your own deployments: what they are is told by the profile, what they can do isn't."""


def model_named(name: str) -> Model:
    """A model by its name; one that isn't known by what its name looks like."""
    known = MODELS.get(name)
    if known is not None:
        return known
    if name.startswith("phi") and "realtime" in name:
        return Model(Kind.MULTIMODAL, None)
    return OWN_REALTIME if name.startswith("gpt") and "realtime" in name else OWN_CHAT
