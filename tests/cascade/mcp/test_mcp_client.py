"""The MCP client against a real server on loopback."""

import asyncio
import socket

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from voiced.cascade.mcp.client import RemoteToolError, RemoteToolsClient
from voiced.cascade.mcp.origins import origin_of
from voiced.cascade.mcp.servers import RemoteServer


@pytest.fixture
def client(library):
    return RemoteToolsClient([library.origin])


@pytest.fixture
def books(library):
    return RemoteServer("books", library.url, {"Authorization": "Bearer abc"})


async def test_a_server_lists_its_tools_and_is_called(client, books, library):
    tools = await client.list_tools(books)
    assert [tool["name"] for tool in tools] == ["find_book", "burn_book", "read_book"]
    assert tools[0]["description"] == "Finds a book."
    assert tools[0]["input_schema"]["required"] == ["title"]
    assert await client.call(books, "find_book", {"title": "Emma"}) == "Emma stands on shelf seven."
    assert library.asked == ["Emma"]
    assert (b"authorization", b"Bearer abc") in library.headers


async def test_a_tool_that_fails_says_why(client, books):
    with pytest.raises(RemoteToolError, match="no book is burnt here"):
        await client.call(books, "burn_book", {})
    with pytest.raises(RemoteToolError, match="title"):
        await client.call(books, "find_book", {})


async def test_a_slow_tool_can_be_given_up(client, books):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await client.call(books, "read_book", {})


async def test_a_server_that_is_not_there_is_told_of():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/mcp"
    with pytest.raises(RemoteToolError, match="books: "):
        await RemoteToolsClient([url]).list_tools(RemoteServer("books", url))


async def test_a_path_without_a_server_is_told_of(client, library):
    with pytest.raises(RemoteToolError, match="books: "):
        await client.list_tools(RemoteServer("books", f"{library.origin}/elsewhere"))


async def test_a_server_that_the_owner_did_not_name_is_not_asked(library):
    elsewhere = RemoteToolsClient(["http://127.0.0.1:1"])
    with pytest.raises(RemoteToolError, match="mcp_origins"):
        await elsewhere.list_tools(RemoteServer("books", library.url))
    assert library.headers == []


async def test_a_server_that_sends_the_client_elsewhere_is_not_followed(library):
    async def elsewhere(_):
        return web.Response(status=307, headers={"Location": library.url})

    application = web.Application()
    application.router.add_route("*", "/mcp", elsewhere)
    async with TestServer(application) as server:
        url = str(server.make_url("/mcp"))
        with pytest.raises(RemoteToolError):
            await RemoteToolsClient([url]).list_tools(RemoteServer("books", url, {"Authorization": "Bearer abc"}))
    assert library.headers == []


async def test_only_so_many_servers_are_asked_at_once():
    asked, most, full = 0, 0, asyncio.Event()

    async def slow(_):
        nonlocal asked, most
        asked += 1
        most = max(most, asked)
        if asked == 16:
            full.set()
        await full.wait()
        await asyncio.sleep(0.01)
        asked -= 1
        return web.Response(status=404)

    application = web.Application()
    application.router.add_route("*", "/mcp", slow)
    async with TestServer(application) as server:
        url = str(server.make_url("/mcp"))
        client = RemoteToolsClient([url])
        listings = [client.list_tools(RemoteServer(f"books{number}", url)) for number in range(40)]
        found = await asyncio.gather(*listings, return_exceptions=True)
    assert {type(each) for each in found} == {RemoteToolError}
    assert most == 16


async def test_a_name_is_connected_to_where_it_was_when_it_was_looked_at(library):
    """No resolver knows the name: whoever looked it up a second time would fail, or be sent elsewhere."""
    looks = []

    async def addresses(url):
        looks.append(url)
        return ["127.0.0.1"]

    url = library.url.replace("127.0.0.1", "books.invalid")
    client = RemoteToolsClient([url], addresses)
    with pytest.raises(RemoteToolError, match="books: "):  # which wants to be called by a name of its own
        await client.list_tools(RemoteServer("books", url))
    assert (b"host", url.split("/")[2].encode()) in library.headers
    assert looks == [url]


async def test_a_name_that_nobody_knows_is_told_of():
    url = "http://books.invalid/mcp"
    with pytest.raises(RemoteToolError, match="books: "):
        await RemoteToolsClient([url]).list_tools(RemoteServer("books", url))


async def test_a_server_out_of_the_house_is_not_asked():
    with pytest.raises(RemoteToolError, match="not in the house"):
        await RemoteToolsClient(["http://8.8.8.8"]).list_tools(RemoteServer("books", "http://8.8.8.8/mcp"))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1/mcp", "http://127.0.0.1:80"), ("https://Books.Home/a?b", "https://books.home:443"),
        ("http://[::1]:8000", "http://[::1]:8000"), ("http://user@books:8000/", "http://books:8000"),
    ],
)  # fmt: skip
def test_the_origin_of_an_address(url, origin):
    assert origin_of(url) == origin


@pytest.mark.parametrize("url", ["books", "ftp://books", "http://", "http://books:99999"])
def test_what_has_no_origin(url):
    with pytest.raises(ValueError, match=r"address|Port"):
        origin_of(url)
