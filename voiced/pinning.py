"""HTTP to addresses that were looked at, whatever their name stands for by then."""

import ssl
from collections.abc import Sequence

import httpx


class PinnedTransport(httpx.AsyncHTTPTransport):
    """Connects to one of a name's addresses, the first that can be, and to nothing else; the name is not looked up.

    The server still hears the name, and with https has to have a certificate for it.
    """

    def __init__(self, name: str, addresses: Sequence[str], *, verify: ssl.SSLContext | bool = True) -> None:
        super().__init__(verify=verify, trust_env=False)
        self._name = name
        self._addresses = list(dict.fromkeys(addresses))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The server's answer; raises `httpx.TransportError`, and of it `ConnectError` where none can be reached."""
        if request.url.host != self._name:
            raise httpx.ConnectError(f"{request.url.host} is not {self._name}", request=request)
        extensions = {**request.extensions, "sni_hostname": self._name}
        for address in tuple(self._addresses):
            there = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
            try:
                response = await super().handle_async_request(there)
            except (httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent yet
                if address == self._addresses[-1]:
                    raise
            else:
                self._addresses = [address]
                return response
        raise httpx.ConnectError("the name stands for no address", request=request)
