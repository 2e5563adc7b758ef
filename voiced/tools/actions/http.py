"""The `http` action: one request to a device, and its answer as JSON or text."""

import asyncio
import re
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from voiced.settings import SecretReference
from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.actions.http_settings import HttpAction
from voiced.tools.actions.picking import json_or_text, pick
from voiced.tools.secrecy import note
from voiced.tools.templates import Body, Text, Url, Values
from voiced.tools.wires import Wires, secret_at

BODY_BYTES = 262_144
"""A longer answer is not read to its end: the model would see 4 kB of it at most."""
_BUSY = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_PASSING = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError)
"""What may go better the next time; `ClientOSError` includes that nothing could be connected to."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class HttpRequest:
    """An `Action` over a shared session."""

    def __init__(
        self, settings: HttpAction, wires: Wires, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._context: ssl.SSLContext | None = None
        self._wires = wires
        self._url = Url(settings.url)
        self._headers = {name: Text(value) for name, value in settings.headers.items() if isinstance(value, str)}
        self._references = {
            name: value for name, value in settings.headers.items() if isinstance(value, SecretReference)
        }
        self._body = None if settings.body is None else Body(settings.body)
        self._form = {name: Text(value) for name, value in (settings.form or {}).items()}

    async def __call__(self, values: Values) -> Answer:
        """Send it; any status but 2xx is an `ActionError`."""
        url = _checked(self._url.render(values))
        if url.password:  # sent in a form of its own, which a device may quote
            login = f"{url.user or ''}:{url.password}"
            note(b64encode(login.encode(encoding, "replace")).decode() for encoding in ("latin-1", "utf-8"))
        headers = {name: _header(name, text.render(values)) for name, text in self._headers.items()}
        secrets = {name: _header(name, secret_at(place, self._wires)) for name, place in self._references.items()}
        body = None if self._body is None else self._body.render(values)
        form = {name: text.render(values) for name, text in self._form.items()} or None
        retries = self._settings.retries
        tls = await self._tls()
        for attempt in range(retries.max + 1):
            if attempt:
                await self._sleep(retries.backoff_seconds * 2 ** (attempt - 1))
            last = attempt == retries.max
            try:
                async with self._wires.session.request(
                    self._settings.method,
                    url,
                    headers=headers | secrets,
                    json=body,
                    data=form,
                    ssl=tls,
                    # a redirect would carry the secret headers to a host that the owner never named
                    allow_redirects=False,
                ) as response:
                    if response.status in _BUSY and not last:
                        continue
                    _refuse_status(response, url)
                    text = await _text(response, url)
                    break
            except aiohttp.ClientError as error:
                if last or isinstance(error, aiohttp.ClientSSLError) or not isinstance(error, _PASSING):
                    raise ActionError(_sentence(error, url)) from error
        for secret in filter(None, secrets.values()):
            text = text.replace(secret, "***")  # a device that echoes its request must not tell the model
        return Answer(pick(self._settings.result, json_or_text(text), str(url.host)), response.status)

    async def _tls(self) -> ssl.SSLContext | bool:
        if self._settings.tls is not None and self._context is None:
            self._context = await asyncio.to_thread(self._settings.tls.context)  # it reads files
        return True if self._context is None else self._context


def _checked(text: str) -> URL:
    """The URL; dots that came from a value would otherwise walk to another path of the device."""
    try:
        if {".", ".."} & set(urlsplit(text).path.split("/")):
            raise ActionError("A path can't contain dots only.")
        url = URL(text)
    except ValueError as error:
        raise ActionError("The device's address is not a valid URL.") from error
    if not url.host:
        raise ActionError("The device's address is not a valid URL.")
    return url


def _header(name: str, value: str) -> str:
    if _CONTROL.search(value) or "\n" in value or "\r" in value:
        raise ActionError(f"The header {name} contains a line break or a control character.")
    return value


def _refuse_status(response: aiohttp.ClientResponse, url: URL) -> None:
    status = response.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status < HTTPStatus.BAD_REQUEST:
        raise ActionError(f"{url.host} has moved, it answered with a redirect.")
    # the words are the standard's and not the device's, which may say anything
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "unknown"
    raise ActionError(f"{url.host} answered with error {status}, {phrase}.")


async def _text(response: aiohttp.ClientResponse, url: URL) -> str:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > BODY_BYTES:
            response.close()
            raise ActionError(f"{url.host} answered with too much data.")
    try:
        text = body.decode(response.charset or "utf-8")
    except (UnicodeDecodeError, LookupError):  # the latter for a charset that doesn't exist
        text = "\0"
    if _CONTROL.search(text):
        raise ActionError(f"{url.host} answered with binary data.")
    return text


def _sentence(error: aiohttp.ClientError, url: URL) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"{url.host} can't be found on the network."
        case aiohttp.ClientSSLError():
            return f"{url.host} has a certificate that can't be trusted."
        case aiohttp.ClientConnectorError():
            return f"{url.host} can't be reached."
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | aiohttp.ClientOSError():
            return f"{url.host} broke off the connection."
        case aiohttp.InvalidURL():
            return "The device's address is not a valid URL."
    return f"{url.host} gave an answer that is not valid HTTP."
