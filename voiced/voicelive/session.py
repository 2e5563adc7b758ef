"""One session: connect, configure, stream both ways, end."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp
from azure.core.exceptions import AzureError

from voiced import cancelling
from voiced.assistant.events import (
    Event,
    FailureReason,
    RemoteToolsFailed,
    SessionClosed,
    SessionOpened,
    UplinkBegan,
)
from voiced.voicelive.connection import CLOSE_SECONDS, Link, LinkClosed, Target, open_link
from voiced.voicelive.credentials import Credential
from voiced.voicelive.failures import CredentialError, Failure, Remedy, classify, classify_close, rejected
from voiced.voicelive.mcp import PURPOSE, is_approval, without_secrets
from voiced.voicelive.mcp_listing import RETRY_SECONDS, Listings, asking_again
from voiced.voicelive.tap import Direction, Tap, ignore
from voiced.voicelive.thin import Downlink, encoder
from voiced.voicelive.translation import translate
from voiced.voicelive.uplink import Uplink

log = logging.getLogger(__name__)

_SETTINGS_EVENT_ID = "voiced_settings"


class Session:
    """One session. `emit` gets every event, the last of them exactly one `SessionClosed` or `SessionFailed`.

    All methods but `run` only queue and may be called from the event loop at any time; after the end they do nothing.
    `seed` are conversation items that the model is to know from before; they go out after the settings. `request_id`
    is what the service's support finds the session by. `tap` is shown every frame, without
    secrets. `retry_seconds` is after how long a failed listing of remote tools is tried again, and how often.
    """

    def __init__(
        self,
        target: Target,
        credential: Credential,
        request: Mapping[str, Any],
        emit: Callable[[Event], None],
        seed: Sequence[Mapping[str, Any]] = (),
        tap: Tap = ignore,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        self._target = target
        self._credential = credential
        self._request = request
        self._seed = seed
        self._emit = emit
        self._tap = tap
        encode = encoder(request.get("input_audio_format", "pcm16"))
        self._uplink = Uplink(target.channels, target.backlog_seconds, encode)
        self._downlink = Downlink(request.get("output_audio_format", "pcm16"))
        self._listings = Listings(request.get("tools"), retry_seconds)
        self._retries: set[asyncio.TimerHandle] = set()
        self._closing = asyncio.Event()
        self._opened = self._configured = False
        self._last_error = ("", "")
        self._began = False
        self.request_id = str(uuid.uuid4())

    @property
    def opened(self) -> bool:
        """Whether the service has accepted the settings."""
        return self._opened

    def send_audio(self, data: bytes) -> None:
        """Queue microphone sound: PCM16 at the capture rate, with the target's channels."""
        self._uplink.put_audio(data)

    def send_tool_output(self, call_id: str, output: str) -> None:
        """Hand a tool's output to the model; it does not go on by itself."""
        self.send_item({"type": "function_call_output", "call_id": call_id, "output": output})

    def send_item(self, item: Mapping[str, Any]) -> None:
        """Put something into the conversation."""
        self._uplink.put(_creation(item))

    def request_reply(self) -> None:
        """Ask the model to go on."""
        self._uplink.put({"type": "response.create"})

    def ask_user(self, words: str, purpose: str) -> None:
        """Have something said word for word; the response is marked with its purpose (voice-live §5.6)."""
        message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": words}]}
        response = {"pre_generated_assistant_message": message, "metadata": {PURPOSE: purpose}}
        self._uplink.put({"type": "response.create", "response": response})

    def answer_approval(self, approval_id: str, *, approve: bool) -> None:
        """Allow or deny a call of a remote tool; goes out even if the session is closed right after."""
        self.send_item({"type": "mcp_approval_response", "approval_request_id": approval_id, "approve": approve})

    def set_automatic_replies(self, *, on: bool) -> None:
        """Whether the service answers the user's turns by itself; without turn detection it never does.

        Where it does not, the user is asked something, and filler words count: "yeah" is an answer.
        """
        detection = self._request.get("turn_detection")
        if detection:
            asking = {"remove_filler_words": False} if detection.get("remove_filler_words") and not on else {}
            session = {"turn_detection": {**detection, "create_response": on, **asking}}
            self._uplink.put({"type": "session.update", "session": session})

    def set_tools(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Offer the model these tools from now on, remote ones included."""
        if tools == self._request.get("tools"):
            return
        self._request = {**self._request, "tools": tools}
        if self._configured:
            self._uplink.put({"type": "session.update", "session": {"tools": list(tools)}})

    def cancel_reply(self) -> None:
        """Stop the response under way."""
        self._uplink.put({"type": "response.cancel"})

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """Make the model forget what of an item was not heard, unless the service was asked to guess it itself."""
        if (self._request.get("turn_detection") or {}).get("auto_truncate"):
            return
        self._uplink.put(
            {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0, "audio_end_ms": audio_end_ms}
        )

    def close(self) -> None:
        """End the session; `run` returns soon after."""
        self._closing.set()

    async def run(self) -> Failure | None:
        """Live the session's whole life; what it failed of, None where it was closed. Raises only cancellation."""
        failure: Failure | None = None
        deadline = asyncio.get_running_loop().time() + self._target.connect_seconds
        try:
            link = await self._connect_unless_closed()
            if link is not None:
                try:
                    failure = await self._converse(link, deadline)
                finally:
                    await link.close()
        except (CredentialError, AzureError, TimeoutError, aiohttp.ClientError, OSError) as error:
            cancelling.pass_on()
            failure = classify(error)
        finally:
            if failure is not None:
                log.debug("session %s: %s: %s", self.request_id, failure.remedy, failure.detail)
            self._emit(SessionClosed() if failure is None else failure.event())
        return failure

    async def _connect_unless_closed(self) -> Link | None:
        """Connect, or give up as soon as `close` is called."""
        connecting = asyncio.create_task(self._connect(), name="connect")
        closing = asyncio.create_task(self._closing.wait(), name="close")
        try:
            await asyncio.wait((connecting, closing), return_when=asyncio.FIRST_COMPLETED)
            return connecting.result() if connecting.done() else None
        finally:
            for task in (connecting, closing):
                task.cancel()
            await asyncio.gather(connecting, closing, return_exceptions=True)

    async def _connect(self) -> Link:
        async with asyncio.timeout(self._target.connect_seconds):
            proof = await self._credential.proof()
            return await open_link(self._target, proof, self.request_id)

    async def _converse(self, link: Link, deadline: float) -> Failure | None:
        """Send and receive until either ends or `close` was called; the first end decides."""
        settings = {"type": "session.update", "event_id": _SETTINGS_EVENT_ID, "session": dict(self._request)}
        self._uplink.put_first([settings, *map(_creation, self._seed)])
        self._configured = True
        endings = [
            asyncio.create_task(self._receive(link, deadline), name="receive"),
            asyncio.create_task(self._send(link), name="send"),
            asyncio.create_task(self._closing.wait(), name="close"),
        ]
        try:
            await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in endings:
                task.cancel()
            results = await asyncio.gather(*endings, return_exceptions=True)
            for retry in self._retries:
                retry.cancel()
        if self._closing.is_set():
            await self._send_last(link)
            return None
        for result in results:
            match result:
                case LinkClosed():
                    return classify_close(result.code, *self._last_error)
                case Failure():
                    return result
                case Exception():
                    log.error("the session broke; please report this", exc_info=result)
        return Failure(FailureReason.LOST, Remedy.GIVE_UP, "the session broke")

    async def _send(self, link: Link) -> None:
        while True:
            event = await self._uplink.get()
            await link.send(event)
            self._tap(Direction.SENT, without_secrets(event))
            if not self._began and event["type"] == "input_audio_buffer.append":
                self._began = True
                self._emit(UplinkBegan())

    async def _send_last(self, link: Link) -> None:
        """Send the answers to approval requests that wait still: a denial must not be lost to the closing."""
        with contextlib.suppress(LinkClosed, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                for event in self._uplink.requests():
                    if is_approval(event):
                        await link.send(event)
                        self._tap(Direction.SENT, event)

    async def _receive(self, link: Link, deadline: float) -> Failure:
        """Take frames until the link closes; the settings must be accepted by the deadline."""
        try:
            async with asyncio.timeout_at(deadline) as opening:
                while True:
                    frame = await link.receive()
                    self._tap(Direction.RECEIVED, without_secrets(frame))
                    refusal = self._note(frame)
                    if refusal is not None:
                        return refusal
                    self._follow_listings(frame)
                    event = translate(frame)
                    if event is None or (isinstance(event, SessionOpened) and self._opened):
                        continue
                    if isinstance(event, SessionOpened):
                        self._opened = True
                        opening.reschedule(None)
                    for each in self._downlink.decoded(event):
                        self._emit(each)
        except TimeoutError:
            return Failure(FailureReason.TIMED_OUT, Remedy.RETRY_NOW, "the service connects but opens no session")

    def _follow_listings(self, frame: Mapping[str, Any]) -> None:
        """Tell which tools remote servers have; a listing that failed is asked for again a little later."""
        for found in self._listings.feed(frame):
            self._emit(found)
            again = self._listings.retry_after(found.server) if isinstance(found, RemoteToolsFailed) else None
            if again is not None:
                later = asyncio.get_running_loop().call_later(again, self._list_again, found.server)
                self._retries.add(later)

    def _list_again(self, server: str) -> None:
        self._listings.again(server)
        for update in asking_again(self._request["tools"], server):
            self._uplink.put(update)

    def _note(self, frame: Mapping[str, Any]) -> Failure | None:
        """Keep what the end of the session will need; a refused `session.update` is an end."""
        error = frame.get("error")
        if frame.get("type") != "error" or not isinstance(error, Mapping):
            return None
        self._last_error = (str(error.get("code") or ""), str(error.get("message") or ""))
        if error.get("event_id") == _SETTINGS_EVENT_ID and not self._opened:
            return rejected(str(error.get("message")), str(error.get("param") or ""))
        return None


def _creation(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": dict(item)}
