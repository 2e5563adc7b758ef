"""The `http` action: one request to a device, and its answer as JSON or text."""

import json
import re
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
from pydantic import JsonValue
from yarl import URL

from voiced.settings import SecretReference
from voiced.tools.actions.action import ActionError, Answer
from voiced.tools.actions.http_settings import HttpAction
from voiced.tools.templates import Body, Text, Url, Values
from voiced.tools.wires import Wires

BODY_BYTES = 262_144
"""A longer answer is not read to its end: the model would see 4 kB of it at most."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


class HttpRequest:
    """An `Action` over a shared session."""

    def __init__(self, settings: HttpAction, wires: Wires) -> None:
        self._settings = settings
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
        headers = {name: _header(name, text.render(values)) for name, text in self._headers.items()}
        secrets = {name: _header(name, self._secret(place)) for name, place in self._references.items()}
        try:
            async with self._wires.session.request(
                self._settings.method,
                url,
                headers=headers | secrets,
                json=None if self._body is None else self._body.render(values),
                data={name: text.render(values) for name, text in self._form.items()} or None,
                # a redirect would carry the secret headers to a host that the owner never named
                allow_redirects=False,
            ) as response:
                _refuse_status(response, url)
                text = await _text(response, url)
        except aiohttp.ClientError as error:
            raise ActionError(_sentence(error, url)) from error
        for secret in filter(None, secrets.values()):
            text = text.replace(secret, "***")  # a device that echoes its request must not tell the model
        return Answer(_parsed(text), response.status)

    def _secret(self, reference: SecretReference) -> str:
        try:
            return self._wires.resolve(reference)
        except Exception as error:
            # where secrets are kept is not this module's business, nor are the errors of those places
            place = reference.credential or reference.file or reference.env
            raise ActionError(f"The secret {place} can't be read.", str(error)) from error


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


def _parsed(text: str) -> JsonValue:
    """JSON where it is JSON, whatever the content type says: small devices get that wrong."""
    try:
        parsed: JsonValue = json.loads(text, parse_constant=_no_constant) if text.strip() else None
    except (ValueError, RecursionError):
        return text
    return parsed


def _no_constant(name: str) -> float:
    raise ValueError(name)


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
