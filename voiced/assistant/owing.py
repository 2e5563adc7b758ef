"""What is owed in a conversation: outputs to the model that called tools, and then a reply to the user."""

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.commands import Chime
from voiced.assistant.conversation import END_CONVERSATION, Conversation
from voiced.assistant.endings import Endings
from voiced.assistant.phases import Phase
from voiced.assistant.settings import ConversationSettings
from voiced.assistant.situation import NO_DEADLINE, Situation

_GOODBYE = '{"ok": true, "reply": "Goodbye."}'


class Owing:
    """Has tools run, and asks for the replies that the service does not begin by itself."""

    def __init__(self, settings: ConversationSettings, situation: Situation, endings: Endings) -> None:
        self._settings = settings
        self._at = situation
        self._endings = endings

    def may_answer(self, talk: Conversation) -> bool:
        """Whether the speaker listens still and the user's turn is over."""
        return self._at.phase is Phase.LISTENING and not talk.user_speaking

    def called(self, event: on.FunctionCalled, talk: Conversation) -> None:
        """The model calls a tool; the service says so twice."""
        talk.proven = True
        if self.may_answer(talk):
            self._at.enter(Phase.THINKING, "the service calls a tool", self._settings.reply_seconds)
        if not talk.begin_call(event):
            return
        if event.name == END_CONVERSATION:
            self._hang_up(event, talk)
        else:
            if self._at.phase in (Phase.THINKING, Phase.SPEAKING):
                self._at.extend(NO_DEADLINE)  # a tool has its own
            self._at.do(do.RunTool(event.call_id, event.name, event.arguments))

    def _hang_up(self, event: on.FunctionCalled, talk: Conversation) -> None:
        """The conversation ends once its goodbye was heard; a model that has said none yet is asked for it."""
        talk.end_call(event.call_id)
        talk.parting = event.response_id not in talk.dropped
        self._at.do(do.SendToolOutput(event.call_id, _GOODBYE))
        if not talk.tools_running and talk.voiced != event.response_id:
            self.reply(talk)

    def finished(self, event: on.ToolFinished, talk: Conversation) -> None:
        """A tool has answered; once all have, the model is asked to go on."""
        if talk.end_call(event.call_id):
            self._at.do(do.SendToolOutput(event.call_id, event.output))
            if not talk.tools_running:
                self.reply(talk)

    def reply(self, talk: Conversation) -> None:
        """Ask for one reply to all tool outputs: after the response under way, and not while the user speaks.

        The service answers a user's turn by itself, and then has the outputs in its history.
        """
        if talk.user_speaking:
            return
        if talk.responding is not None or talk.reply_requested:
            talk.reply_owed = True
            return
        talk.reply_owed = False
        if talk.limit:
            if self._at.phase is not Phase.SPEAKING or talk.heard_until <= self._at.now:
                self.spent(talk)
            return  # else it ends when what was said has been heard
        talk.reply_awaited = talk.reply_requested = True
        self._at.do(do.RequestReply())
        if self._at.phase is Phase.SPEAKING:
            self._at.due = max(talk.heard_until, self._at.now) + self._settings.reply_seconds
        elif self._at.phase is Phase.THINKING:
            self._at.extend(self._settings.reply_seconds)
        else:
            self._at.enter(Phase.THINKING, "tools answered", self._settings.reply_seconds)

    def spent(self, talk: Conversation) -> None:
        """The limit is reached, and more would be used now: the conversation ends with a sign."""
        self._at.do(do.Flush())
        self._at.do(do.PlayChime(Chime.DONE))
        self._endings.end(Phase.IDLE, talk.limit)
