"""Calls of an MCP server's tools run as activities on our worker."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sides import ECOSYSTEM, SIDES, activities_in, serving
from temporalio import workflow

from asyncworker.testing import DevServer

pytest.importorskip("temporalio.mcp", reason=ECOSYSTEM)

from mcp import Client as MCPClient
from mcp.server.mcpserver import MCPServer
from temporalio.mcp import MCPPlugin, TemporalMCPClient

server = MCPServer("orders")


@server.tool()
def pack(order: str) -> str:
    """Pack an order."""
    return f"{order} packed"


@workflow.defn
class Tools:
    @workflow.run
    async def run(self, order: str) -> list[str]:
        tools = TemporalMCPClient("orders")
        names = [each.name for each in (await tools.list_tools()).tools]
        result: Any = await tools.call_tool("pack", {"order": order})
        return [*names, result.content[0].text]


async def test_tools_are_listed_and_called_as_on_temporalios_worker(dev_server: DevServer, task_queue: str):
    """The connection to the server is the worker's, and is kept between activities."""
    found = {}
    for side in SIDES:
        queue = f"{task_queue}-{side}"
        plugin = MCPPlugin({"orders": lambda: MCPClient(server)})
        async with serving(side, dev_server.target, queue, plugin, workflows=[Tools]) as client:
            handle = await client.start_workflow(Tools.run, "box", id=uuid.uuid4().hex, task_queue=queue)
            found[side] = (await handle.result(), await activities_in(handle, side))

    assert found["ours"] == found["theirs"]
    assert found["ours"][0] == ["pack", "box packed"]
