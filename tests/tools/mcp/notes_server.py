"""A real MCP server, written with the official package; run by the tests as a program of its own."""

import os
import sys

from mcp.server.fastmcp import Context, FastMCP
from mcp.types import CallToolResult, TextContent

server = FastMCP("notes", port=int(sys.argv[2]) if len(sys.argv) > 2 else 0, log_level="ERROR")
notes: list[str] = []


@server.tool()
def add_note(text: str, times: int = 1) -> str:
    """Write a note down."""
    notes.extend([text] * times)
    return f"{len(notes)} notes, the last one is {text}"


@server.tool(name="volume")
def loudness() -> dict[str, int]:
    """How loud it is."""
    return {"percent": 40}


@server.tool()
def fail() -> str:
    """Break."""
    raise ValueError("the pencil is broken")


@server.tool()
def leave() -> str:
    """End the program."""
    os._exit(3)


@server.tool()
def environment(name: str) -> str:
    """Show a variable."""
    return os.environ.get(name, "")


@server.tool()
def flood() -> str:
    """Say much."""
    return "x" * 500_000


@server.tool()
async def learn(ctx: Context) -> CallToolResult:  # type: ignore[type-arg]
    """Be able to do more."""
    server.add_tool(lambda: "new", name="new_trick", description="A trick.")
    await ctx.session.send_tool_list_changed()
    return CallToolResult(content=[TextContent(type="text", text="learned")])


if __name__ == "__main__":
    server.run(transport="stdio" if sys.argv[1] == "stdio" else "streamable-http")
