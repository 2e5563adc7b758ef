"""The assistant's commands, each carried out by the part that it is for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from voiced.assistant import commands as do
from voiced.assistant import events as on
from voiced.assistant.commands import Command
from voiced.assistant.events import Event
from voiced.assistant.phases import CONVERSATION, Phase
from voiced.audio.capture import Capture
from voiced.audio.playback import Playback
from voiced.audio.preroll import PreRoll
from voiced.host import startup
from voiced.host.endurance import run_once
from voiced.host.service import notify
from voiced.lights.animator import Lights
from voiced.tools import first_call
from voiced.tools.calls import ToolOutcome
from voiced.wiring.answerers import Answerers
from voiced.wiring.built_ins import BuiltIns
from voiced.wiring.conversations import Conversations
from voiced.wiring.ducking import Ducking
from voiced.wiring.listening import Listening
from voiced.wiring.muting import Muting
from voiced.wiring.own_voice import OwnVoice
from voiced.wiring.reporting import Reporting
from voiced.wiring.stopping import Stopping
from voiced.wiring.tooling import Tooling

log = logging.getLogger(__name__)

BROKEN_TOOL = '{"ok": false, "error": "The tool broke. Whether it has acted is not known."}'
"""Its output where a defect of ours kept it from having one."""


@dataclass(frozen=True, slots=True)
class Doers:
    """The parts that commands are for."""

    capture: Capture
    playback: Playback
    pre_roll: PreRoll
    listening: Listening
    stop_words: Stopping | None
    conversations: Conversations
    answerers: Answerers
    voice: OwnVoice
    tooling: Tooling
    built_ins: BuiltIns
    ducking: Ducking
    lights: Lights
    reporting: Reporting
    muting: Muting


class Obeying:
    """Carries commands out. `spawn` runs what takes its time, by a name; what comes of it goes to `dispatch`.

    `language` is the one in which the speaker is spoken to.

    Attributes:
        settled: the start is over, whatever came of it.
    """

    def __init__(
        self,
        parts: Doers,
        language: str,
        dispatch: Callable[[Event], None],
        spawn: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]],
    ) -> None:
        self._parts = parts
        self._language = language
        self._dispatch = dispatch
        self._spawn = spawn
        self._tools_prepared = False
        self._notice: asyncio.Task[None] | None = None
        self.settled = False

    def carry_out(self, command: Command) -> None:  # noqa: C901, PLR0912, PLR0915 (a flat table reads best whole)
        """Have it done; what takes its time goes on by itself."""
        session = self._parts.conversations.session
        match command:
            case do.ShowPhase():
                self._show(command)
            case do.OpenSession() | do.PrepareSession():
                talk = self._parts.conversations.open(command.persona, certain=isinstance(command, do.OpenSession))
                self._spawn(self._parts.conversations.live(talk), "conversation")
                self._prepare_tools()
            case do.ConfirmSession():
                self._parts.conversations.confirm()
            case do.StartUplink():
                self._parts.conversations.start_uplink(command.since)
            case do.CloseSession() | do.AbandonSession():
                self._parts.conversations.close()
            case do.Play():
                self._parts.voice.sounds()
                self._parts.playback.write(command.item_id, command.data)
            case do.FinishReply():
                self._parts.playback.finish()
            case do.Flush():
                if self._notice is not None:
                    self._notice.cancel()
                for cut in self._parts.playback.flush():
                    self._dispatch(on.PlaybackFlushed(cut.item_id, cut.played_ms))
            case do.TruncateReply() if session is not None:
                session.truncate(command.item_id, command.audio_end_ms)
            case do.CancelReply() if session is not None:
                session.cancel_reply()
            case do.RunTool():
                # now: by the time that the task begins somebody else may speak
                persona = self._parts.conversations.persona
                self._do(
                    f"tool {command.name}",
                    lambda: self._run_tool(command, persona),
                    on.ToolFinished(command.call_id, BROKEN_TOOL),
                )
            case do.SendToolOutput() if session is not None:
                session.send_tool_output(command.call_id, command.output)
            case do.RequestReply() if session is not None:
                session.request_reply()
            case do.AskUser() | do.SpeakUp() if session is not None:
                session.ask_user(command.words, command.purpose)
            case do.AnswerApproval() if self._parts.tooling.answered(command.approval_id, approve=command.approve):
                pass  # a tool of the device waited for it
            case do.AnswerApproval() if session is not None:
                session.answer_approval(command.approval_id, approve=command.approve)
            case do.SetAutomaticReplies() if session is not None:
                session.set_automatic_replies(on=command.on)
            case do.PlayChime():
                self._parts.voice.chime(command.chime, command.word)
            case do.ReportFalseWake():
                self._parts.listening.false_wake(command.word, command.position)
            case do.SayNotice():
                self._notice = self._do("notice", lambda: self._parts.voice.say(command), on.NoticeFinished())
            case do.Announce():
                self._notice = self._do("announcement", self._parts.voice.announce, on.NoticeFinished())
            case do.DropAnnouncements():
                self._parts.voice.announcing.drop(command.count)
            case do.Ring():
                self._parts.built_ins.begin()
            case do.RingOnce():
                self._parts.built_ins.once()
            case do.EndRing():
                self._parts.built_ins.end(command.how)
            case _:
                log.debug("no session for %s", type(command).__name__)

    def _show(self, command: do.ShowPhase) -> None:
        if self._parts.stop_words is not None:
            self._parts.stop_words.show(command.phase)
        self._parts.ducking.show(command.phase)
        resting = command.phase in CONVERSATION
        self._parts.listening.rest(resting)
        if resting:
            self._parts.capture.quicken()
            self._parts.playback.quicken()
        else:
            self._parts.capture.calm()
            self._parts.playback.calm()
        if command.phase is Phase.MUTED:
            self._parts.capture.pause()
            self._parts.pre_roll.clear()
            self._parts.listening.forget()
        elif self._parts.capture.health.paused:
            self._parts.capture.resume()
        if self._parts.muting.show(command.phase, command.reason):
            self._aside("whether the microphone is off", self._parts.muting.keep)
        log.info("%s: %s", command.phase, command.reason, extra={"VOICED_PHASE": command.phase.value})
        notify(f"STATUS={command.phase.value.replace('_', ' ').capitalize()}: {command.reason}")
        if not resting:
            self._parts.tooling.withdraw()
        if command.phase is Phase.IDLE:
            self._parts.answerers.listens.set()
            low = None if self._parts.answerers.budget is None else self._parts.answerers.budget.running_low()
            if low is not None:
                self._dispatch(on.BudgetRunningLow(low))
        if not self.settled and command.phase in (Phase.IDLE, Phase.MUTED, Phase.FAULTED):
            self.settled = True
            notify("READY=1")  # a missing microphone is told by the status, and must not hold up the boot
            startup.finish()
            self._aside("heap", startup.give_back)
        self._parts.lights.show(command.phase)
        self._parts.reporting.show(command.phase, command.reason)

    def _prepare_tools(self) -> None:
        if not self._tools_prepared:
            self._tools_prepared = True
            self._aside("what tools need", lambda: first_call.load(self._language))

    def _aside(self, name: str, work: Callable[[], None]) -> None:
        """Do what blocks, and could as well be left undone, on a thread."""
        self._spawn(run_once(name, lambda: asyncio.to_thread(work), lambda: None), name)

    def _do(self, name: str, run: Callable[[], Awaitable[None]], broke: Event) -> asyncio.Task[None]:
        """Do what takes its time, once; that it broke is told with an event."""
        return self._spawn(run_once(name, run, lambda: self._dispatch(broke)), name)

    async def _run_tool(self, command: do.RunTool, persona: str) -> None:
        outcome = await self._parts.tooling.in_conversation(command.call_id, command.name, command.arguments, persona)
        self._dispatch(on.ToolFinished(command.call_id, self._told(command.name, outcome)))

    async def answer_call(self, name: str, arguments: str) -> str:
        """The output of a call that was asked for in writing."""
        return self._told(name, await self._parts.tooling.in_writing(name, arguments))

    def _told(self, name: str, outcome: ToolOutcome) -> str:
        """A call's output, which is published."""
        self._parts.reporting.ran(name, outcome, known=name in self._parts.tooling.registry)
        return outcome.output
