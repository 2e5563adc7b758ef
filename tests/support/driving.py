"""The assistant at work in a test: what happens and when is the test's."""

from voiced.assistant import events as on
from voiced.assistant.assistant import Assistant
from voiced.assistant.settings import ConversationSettings

SECOND = bytes(48_000)
"""Of sound."""


class Driver:
    """Feeds an assistant with a clock of its own; keeps the last commands, and all of them."""

    def __init__(self, configuration=None, **more):
        self.now = 100.0
        self.assistant = Assistant(configuration or ConversationSettings(), self.now, **more)
        self.commands = []
        self.all = []

    def tell(self, *events, after=0.0):
        self.now += after
        self.commands = [command for event in events for command in self.assistant.handle(event, self.now)]
        self.all += self.commands
        return self

    def wait_for_deadline(self):
        self.now = self.assistant.deadline
        return self.tell(on.TimePassed())

    @property
    def phase(self):
        return self.assistant.phase

    def of(self, kind):
        return [command for command in self.commands if isinstance(command, kind)]

    def ever(self, kind):
        return [command for command in self.all if isinstance(command, kind)]

    def hear_reply(self, response="r1", purpose=""):
        """A response of one second of sound, which is heard."""
        self.tell(on.ReplyStarted(response, purpose), on.ReplyAudioReceived(response, f"m_{response}", SECOND))
        self.tell(on.ReplyFinished(response, "completed"), after=0.1)
        return self.tell(on.PlaybackFinished(), after=1.0)
