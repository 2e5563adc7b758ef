"""The whole configuration: every package's part under its key."""

from typing import Literal

from pydantic import Field

from voiced.assistant.settings import ConversationSettings
from voiced.audio.settings import AudioSettings
from voiced.cascade.settings import CascadeSettings
from voiced.host.buttons.settings import ButtonsSettings
from voiced.host.settings import MetricsSettings
from voiced.lights.settings import LightsSettings
from voiced.settings import Settings
from voiced.tools.broker_settings import BrokerSettings
from voiced.tools.builtin_settings import BuiltInSettings
from voiced.tools.ducking_settings import DuckingSettings
from voiced.tools.home_assistant.settings import HomeAssistantSettings
from voiced.tools.mcp.settings import LocalMcpServerSettings
from voiced.tools.policy_settings import ToolPolicySettings
from voiced.tools.settings import ToolSettings
from voiced.voicelive.budget_settings import BudgetSettings
from voiced.voicelive.recording_settings import RecordingSettings
from voiced.voicelive.settings import LOCALE, PersonaSettings, VoiceLiveSettings
from voiced.wakeword.settings import WakeClipsSettings, WakeSettings, WakeWordSettings


class SpeakerSettings(Settings):
    """This speaker."""

    name: str = Field(default="voiced", min_length=1, max_length=64)
    """What it is called in logs and status."""
    locale: str = Field(default="en-US", pattern=LOCALE)
    """The language spoken to it."""


class PrivacySettings(Settings):
    """What is written down."""

    transcripts: Literal["none", "journal"] = "none"
    """Whether what was said is written to the journal."""
    wake_clips: WakeClipsSettings = WakeClipsSettings()
    """Recordings of what woke the speaker; none unless you ask for them."""
    recordings: RecordingSettings = RecordingSettings()
    """Recordings of conversations, to find out what went wrong; none unless you ask for them."""


class VoicedSettings(Settings):
    """Everything in /etc/voiced."""

    speaker: SpeakerSettings = SpeakerSettings()
    """This speaker."""
    wake_words: tuple[WakeWordSettings, ...] = Field(default=(WakeWordSettings(),), min_length=1, max_length=8)
    """What wakes it."""
    wake: WakeSettings = WakeSettings()
    """How wake words are listened for."""
    audio: AudioSettings = AudioSettings()
    """Sound in and out."""
    voice_live: VoiceLiveSettings = VoiceLiveSettings()
    """The service that understands and answers."""
    personas: dict[str, PersonaSettings] = Field(default_factory=lambda: {"default": PersonaSettings()})
    """Who answers; `default` always exists."""
    conversation: ConversationSettings = ConversationSettings()
    """How long the speaker waits, and for what."""
    cascade: CascadeSettings = CascadeSettings()
    """The service on this device, used with `voice_live: {endpoint: cascade}`."""
    budget: BudgetSettings = BudgetSettings()
    """How much of the service may be used."""
    lights: LightsSettings = LightsSettings()
    """What shows the phase."""
    buttons: ButtonsSettings = ButtonsSettings()
    """Buttons and switches: to talk, for the microphone, for the volume."""
    metrics: MetricsSettings = MetricsSettings()
    """Figures for Prometheus."""
    privacy: PrivacySettings = PrivacySettings()
    """What is written down."""
    builtins: BuiltInSettings = BuiltInSettings()
    """What the speaker can do by itself: timers, alarms, the time."""
    tools: tuple[ToolSettings, ...] = ()
    """What the speaker can do."""
    ducking: DuckingSettings = DuckingSettings()
    """Other music in the room, turned down while you talk with the speaker."""
    tool_policy: ToolPolicySettings = ToolPolicySettings()
    """What holds for every tool."""
    home_assistant: HomeAssistantSettings | None = None
    """The Home Assistant of the house: for tools with `home_assistant:`, and for tools by themselves."""
    mqtt: BrokerSettings | None = None
    """The MQTT broker of tools with `mqtt:`."""
    mcp_servers: tuple[LocalMcpServerSettings, ...] = ()
    """MCP servers on this device or in the house, whose tools the speaker calls itself; see also `voice_live`."""

    def persona(self, name: str) -> PersonaSettings:
        """A persona by name; `default` where it is not configured."""
        return self.personas.get(name) or PersonaSettings()

    def persona_names(self) -> frozenset[str]:
        """Everybody who can be spoken to."""
        return frozenset({"default", *self.personas, *(word.persona for word in self.wake_words)})
