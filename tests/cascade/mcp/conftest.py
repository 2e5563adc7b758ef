import asyncio
import threading

import pytest
import uvicorn
from mcp.server.fastmcp import FastMCP


class Library:
    """A real MCP server on loopback, by the official package."""

    def __init__(self):
        self.asked = []
        self.headers = []
        self.go_on = threading.Event()
        served = FastMCP("library", stateless_http=True, json_response=True)

        @served.tool()
        def find_book(title: str) -> str:
            """Finds a book."""
            self.asked.append(title)
            return f"{title} stands on shelf seven."

        @served.tool()
        def burn_book() -> str:
            """Refuses."""
            raise ValueError("no book is burnt here")

        @served.tool()
        async def read_book() -> str:
            """Takes its time."""
            while not self.go_on.is_set():
                await asyncio.sleep(0.01)
            return "Read."

        self._application = served.streamable_http_app()
        config = uvicorn.Config(
            self._serve, host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="on", interface="asgi3"
        )
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run)

    async def _serve(self, scope, receive, send):
        self.headers += scope.get("headers", ())
        await self._application(scope, receive, send)

    @property
    def origin(self):
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    @property
    def url(self):
        return f"{self.origin}/mcp"

    async def __aenter__(self):
        self._thread.start()
        while not self.server.started and self._thread.is_alive():
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_):
        self.go_on.set()
        self.server.should_exit = True
        await asyncio.to_thread(self._thread.join)


@pytest.fixture
async def library():
    async with Library() as running:
        yield running
