"""The official SDK's client, the cascade, and a real MCP server, each over a socket."""

import asyncio

import pytest
from azure.ai.voicelive.aio import connect
from azure.ai.voicelive.models import (
    InputTextContentPart,
    ItemType,
    MCPApprovalResponseRequestItem,
    MCPServer,
    RequestSession,
    ServerEventType,
    UserMessageItem,
)
from azure.core.credentials import AzureKeyCredential

from voiced.cascade.service import serve
from voiced.cascade.settings import CascadeSettings
from voiced.cascade.speech import SpeechError


@pytest.fixture
async def connection(library):
    settings = CascadeSettings(mcp_origins=(library.origin,))
    try:
        async with (
            serve(settings, {}, ("127.0.0.1", 0), None) as endpoint,
            connect(endpoint=endpoint, credential=AzureKeyCredential("any"), model="gpt-4.1") as opened,
        ):
            yield opened
    except SpeechError as error:
        pytest.skip(str(error))


async def until(connection, type_):
    found = []
    while not found or found[-1].type != type_:
        found.append(await asyncio.wait_for(connection.recv(), 20))
    return found


async def test_a_servers_tool_is_listed_approved_called_and_its_result_spoken(connection, library):
    servers = [
        MCPServer(server_label="library", server_url=library.url),
        MCPServer(server_label="abroad", server_url="https://mcp.example.com/mcp"),
    ]
    await connection.session.update(session=RequestSession(tools=servers))
    found = [await until(connection, ServerEventType.CONVERSATION_ITEM_CREATED) for _ in servers]
    listed = {each[-1].item.server_label: each[-1].item for each in found}
    assert [tool.name for tool in listed["library"].tools] == ["find_book", "burn_book", "read_book"]
    assert "mcp_origins" in listed["abroad"]["error"]["message"]
    text = InputTextContentPart(text='use find_book {"title": "Emma"}')
    await connection.conversation.item.create(item=UserMessageItem(content=[text]))
    await connection.response.create()
    *_, done, _ = await until(connection, ServerEventType.RESPONSE_DONE)
    assert done.item.type == ItemType.MCP_APPROVAL_REQUEST
    assert library.asked == []
    answer = MCPApprovalResponseRequestItem(approval_request_id=done.item.id, approve=True)
    await connection.conversation.item.create(item=answer)
    await until(connection, ServerEventType.RESPONSE_MCP_CALL_COMPLETED)
    assert library.asked == ["Emma"]
    assert (await connection.recv()).item.output == "Emma stands on shelf seven."
    await connection.response.create()
    response = (await until(connection, ServerEventType.RESPONSE_DONE))[-1].response
    assert response.output[0].content[0].transcript == "Emma stands on shelf seven."
