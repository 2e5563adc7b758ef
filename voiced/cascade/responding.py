"""The response under way: what it says and calls, piece by piece, from its beginning to its end."""

from collections.abc import Callable, Sequence

from voiced.cascade.answers import Answer
from voiced.cascade.calling import Calling
from voiced.cascade.configuration import Configuration
from voiced.cascade.conversation import Conversation
from voiced.cascade.intents.meanings import Call, Plain
from voiced.cascade.mcp.remote_tools import RemoteCall, RemoteTools
from voiced.cascade.outputs import Ask, Forgo, Outbox, Wait
from voiced.cascade.playout import Playout
from voiced.cascade.protocol import SERVER_ERROR, Frame
from voiced.cascade.replies import Asked
from voiced.cascade.response import Response
from voiced.cascade.telling import Telling
from voiced.cascade.tokens import TokenQuota

_FASTER_THAN_REAL = 5.0
_TAIL_PIECES = 2
"""Pieces of sound still sent after an interruption, as the service does: they were queued already."""


class Responding:
    """Takes one response at a time through its course.

    Args:
        configuration: what holds in the session.
        outbox: where its frames and its work go.
        conversation: what is answered.
        remote: the session's MCP servers.
        checked: what of an answer of the stage behind may be.
        ended: called once another response may begin.
        calls_first: whether a response waits for its remote calls; otherwise it ends before they do, as the service's.
        tokens_per_minute: how many the session may use; None is all it likes.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        configuration: Configuration,
        outbox: Outbox,
        conversation: Conversation,
        remote: RemoteTools,
        checked: Callable[[Answer, Frame], Answer],
        ended: Callable[[], None],
        *,
        calls_first: bool,
        tokens_per_minute: int | None,
        clock: Callable[[], float],
    ) -> None:
        self.response: Response | None = None
        """The one under way."""
        self._configuration = configuration
        self._outbox = outbox
        self._conversation = conversation
        self._remote = remote
        self._checked = checked
        self._ended = ended
        self._calls_first = calls_first
        self._calling = Calling(configuration, outbox, remote)
        self._quota = None if tokens_per_minute is None else TokenQuota(tokens_per_minute, clock)
        self._telling: Telling | None = None
        self._calls: tuple[Call, ...] = ()  # of the stage behind, made once its words were told
        self._asking = self._paced = False
        self._playout = Playout(clock)

    @property
    def speaking(self) -> bool:
        """Whether a response is under way, or still to be heard."""
        return self.response is not None or self._playout.playing

    def active(self, response_id: str) -> bool:
        """Whether that is the response under way."""
        return self._still(response_id) is not None

    def asks(self, response_id: str) -> bool:
        """Whether what the stage behind goes on with is still of use."""
        return self._asking and self.active(response_id)

    # -- its beginning and its end ------------------------------------------------------------------------------------

    def begin(self, response: Response) -> bool:
        """Announce a response; False where it fails at once, because the minute's tokens are used up."""
        self.response = response
        self._telling, self._calls = None, ()
        self._asking = self._paced = False
        self._outbox.send(response.created())
        if self._quota is not None and self._quota.exhausted:
            error = {
                "type": "rate_limit_exceeded", "code": "rate_limit_exceeded",
                "message": "The session has used its tokens for this minute.",
            }  # fmt: skip
            self._finish(response, "failed", {"type": "failed", "error": error})
            return False
        return True

    def cancel(self, response: Response) -> None:
        """The client wants nothing more of a response, announced or not."""
        if self.response is None:
            self._announce(response)
        self._finish(response, "cancelled", {"type": "cancelled", "reason": "client_cancelled"})

    def interrupt(self, awaited: Response | None) -> None:
        """The user speaks: the response ends here, and so does one whose beginning a client awaits."""
        if awaited is not None:
            self._announce(awaited)
        response = self.response
        for _ in range(_TAIL_PIECES):
            if response is not None and response.waiting:
                self._outbox.send(response.more()[0])
        self._truncate()
        if response is None:
            self._ended()
        else:
            self._finish(response, "cancelled", {"type": "cancelled", "reason": "turn_detected"})

    def _announce(self, response: Response) -> None:
        """It ends at once, but who asked for it is told how."""
        self.response = response
        self._outbox.send(response.created())

    def _truncate(self) -> None:
        """Where it is asked for, forget of the last reply what a client that plays in real time had not played."""
        detection = self._configuration.shown["turn_detection"]
        playing = self._playout.stop()
        if playing is None or not detection or not detection["auto_truncate"]:
            return
        item, heard_ms = playing
        if not item.truncated and self._conversation.history.has(item):
            self._conversation.cut(item, heard_ms, detection.get("appended_text_after_truncation") or "")

    def _finish(self, response: Response, status: str = "completed", details: Frame | None = None) -> None:
        self._end(response, status, details)
        self._ended()

    def _end(self, response: Response, status: str = "completed", details: Frame | None = None) -> None:
        if status == "completed" and self._telling is not None and self._telling.cut_short:
            status, details = "incomplete", {"type": "incomplete", "reason": "max_output_tokens"}
        if self._asking:
            self._forgo(response)
        self.response = self._telling = None
        self._outbox.send(response.finish(status, details))
        if self._quota is not None:
            self._quota.spend(response.tokens)
            self._outbox.announce("rate_limits.updated", rate_limits=self._quota.shown())

    # -- what it says and calls ---------------------------------------------------------------------------------------

    def answer(self, response: Response, answer: Answer | Asked) -> None:
        """What a response that has begun says or calls, or the stage behind is asked for."""
        if isinstance(answer, Asked):
            self._asking = True
            self._outbox.ask(Ask(response.id, answer))
        elif isinstance(answer, Plain):
            self._say(response, answer.reply)
        else:
            self.call(response, answer)

    def replied(self, response_id: str, answer: Answer | None, *, last: bool = True) -> None:
        """The stage behind the intents has answered, or a part; None is nothing more. Calls end its answer."""
        response = self._still(response_id)
        if response is None or not self._asking:
            return
        self._asking = not last
        checked = Plain("") if answer is None else self._checked(answer, response.options)
        if isinstance(checked, Plain):
            self._say(response, checked.reply, last=last)
            return
        self._asking = False
        if self._telling is None:
            self.call(response, checked)
        else:
            self._calls = checked
            self._say(response, "")

    def call(self, response: Response, calls: Sequence[Call | RemoteCall]) -> None:
        """Make calls; the response ends with them, or goes on until those that are made from here are over."""
        running = self._calling.announce(response, calls)
        left = len(running)

        def ended() -> None:
            nonlocal left
            left -= 1
            if self._calls_first and not left and response is self.response:
                self._finish(response)

        if not (self._calls_first and running):
            self._end(response)
        for item, remote, index in running:
            self._remote.run(item, remote, response.id, index, ended)
        self._ended()

    def _say(self, response: Response, text: str, *, last: bool = True) -> None:
        self._telling = self._telling or Telling(response, self._outbox)
        self._telling.say(text, last=last)
        if self._asking and self._telling.complete:
            self._forgo(response)
        self._continue(response)

    def _forgo(self, response: Response) -> None:
        self._asking = False
        self._outbox.ask(Forgo(response.id))

    # -- its sound ----------------------------------------------------------------------------------------------------

    def synthesised(self, response_id: str, sound: bytes, spoken: str | None = None, *, last: bool = True) -> None:
        """A reply was spoken, mono PCM16 at 24 kHz, or a part of it; None is all of it."""
        response = self._still(response_id)
        if response is None:
            return
        self._configuration.spoken = self._configuration.spoken or bool(sound)
        if self._telling is not None:
            self._telling.spoken(sound, spoken, last=last)
            self._continue(response)

    def speech_failed(self, response_id: str, message: str) -> None:
        """A reply could not be spoken."""
        response = self._still(response_id)
        if response is not None:
            error = {"type": SERVER_ERROR, "code": "speech_failed", "message": message}
            self._finish(response, "failed", {"type": "failed", "error": error})

    def waited(self, response_id: str) -> None:
        """The next piece of sound is due."""
        response = self._still(response_id)
        if response is not None:
            self._paced = False
            self._continue(response)

    def _continue(self, response: Response) -> None:
        """Send what is due, unless something just was."""
        if self._paced or response.item is None:
            return
        frames, seconds = response.more()
        self._outbox.send(frames)
        if seconds:
            self._playout.sent(response.item)
        if response.over and self._calls:
            self._outbox.send(response.close_message())
            self.call(response, self._calls)
        elif response.over:
            self._finish(response)
        elif seconds:
            self._paced = True
            self._outbox.ask(Wait(response.id, seconds / _FASTER_THAN_REAL))

    def _still(self, response_id: str) -> Response | None:
        return self.response if self.response is not None and self.response.id == response_id else None
