"""HTTP to addresses that were looked at before."""

import ssl

import httpx
import pytest
import trustme
from aiohttp import web

from voiced.pinning import PinnedTransport


async def test_certificate_is_asked_for_by_name_and_none_other_will_do():
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("nas.test").configure_cert(context)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    async def handler(_):
        return web.Response(text="hello")

    application = web.Application()
    application.router.add_get("/", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]

    async def get(name, pinned):
        transport = PinnedTransport(pinned, ["127.0.0.1"], verify=trust)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            return (await client.get(f"https://{name}:{port}/")).text

    assert await get("nas.test", "nas.test") == "hello"
    with pytest.raises(httpx.ConnectError, match=r"doesn't match|not valid|mismatch"):
        await get("other.test", "other.test")
    with pytest.raises(httpx.ConnectError, match=r"other\.test is not nas\.test"):
        await get("other.test", "nas.test")
    await runner.cleanup()
