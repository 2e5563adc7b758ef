"""A response's words on their way to the voice: sentences as they come, of which one is spoken at a time."""

from collections import deque

from voiced.cascade.outputs import Outbox, Synthesise
from voiced.cascade.response import Response
from voiced.cascade.tokens import MOST_TOKENS, cut_to


class Telling:
    """Has the text of a response's message spoken, or only writes it, as far as its limit of tokens allows.

    Args:
        response: under way.
        outbox: where its frames and its work go.
    """

    def __init__(self, response: Response, outbox: Outbox) -> None:
        self.cut_short = False
        """Whether there was more to say than the response may have."""
        self._response = response
        self._outbox = outbox
        self._text = ""
        self._waiting: deque[str] = deque()  # no more than the whole text, which is limited
        self._asked: str | None = None  # for which the voice is at work
        self._begun = self._complete = False

    @property
    def complete(self) -> bool:
        """Whether no other sentence comes, or may come."""
        return self._complete

    def say(self, text: str, *, last: bool = True) -> None:
        """Go on with a text, the first or another; whether it is the last."""
        if self._complete:
            return
        whole = f"{self._text} {text}".strip()
        # a client's text or tool output may be of any length, and every word of it becomes a frame
        limit = self._response.limit
        kept = cut_to(whole, MOST_TOKENS if limit == "inf" else limit)
        self.cut_short = kept != whole
        self._complete = last or self.cut_short
        more, self._text = kept[len(self._text) :].strip(), kept
        if more or self._complete:
            self._waiting.append(more)
        self._next()

    def spoken(self, sound: bytes, part: str | None, *, last: bool) -> None:
        """A part of the text that was asked for is spoken, None is all of it; the last of that, or not."""
        if self._asked is None:
            return
        if not self._begun:
            self._begin(self._asked)
        whole, self._asked = self._asked, None if last else self._asked
        self._response.add(whole if part is None else part, sound, last=last and self._complete and not self._waiting)
        self._next()

    def _next(self) -> None:
        while self._waiting and self._asked is None:
            text = self._waiting.popleft()
            if self._response.audible and (text or not self._text):
                self._asked, self._begun = text, False
                self._outbox.ask(Synthesise(self._response.id, text, self._response.voice))
            else:
                self._begin(text)
                self._response.add(text, b"", last=self._complete and not self._waiting)

    def _begin(self, text: str) -> None:
        if self._response.item is None:
            self._outbox.send(self._response.message())
        if text:
            self._response.write(text)
        self._begun = True
