"""An agent of the OpenAI Agents SDK, and a stateful MCP session, run their activities on our worker."""

from __future__ import annotations

import asyncio
import os
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sides import ECOSYSTEM, SIDES, activities_in, serving
from temporalio import workflow
from temporalio.client import WorkflowFailureError

from asyncworker.testing import DevServer

pytest.importorskip("temporalio.openai_agents", reason=ECOSYSTEM)
# Traces would be sent to OpenAI.
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"

from agents import Agent, Runner
from agents.mcp import MCPServer
from mcp.types import CallToolResult, TextContent, Tool
from temporalio import activity
from temporalio.openai_agents import ModelActivityParameters, OpenAIAgentsPlugin, StatefulMCPServerProvider
from temporalio.openai_agents.testing import ResponseBuilders, TestModel, TestModelProvider
from temporalio.openai_agents.workflow import activity_as_tool, stateful_mcp_server


@activity.defn
async def weather(city: str) -> str:
    """Look up the weather."""
    return f"rain in {city}, says attempt {activity.info().attempt}"


def plugin_of(**options: Any) -> OpenAIAgentsPlugin:
    model = TestModel.returning_responses(
        [
            ResponseBuilders.tool_call('{"city": "Oslo"}', "weather"),
            ResponseBuilders.output_message("take an umbrella"),
        ]
    )
    return OpenAIAgentsPlugin(
        model_params=ModelActivityParameters(start_to_close_timeout=timedelta(seconds=20)),
        model_provider=TestModelProvider(model),
        **options,
    )


@workflow.defn
class Ask:
    @workflow.run
    async def run(self, question: str) -> str:
        tool = activity_as_tool(weather, start_to_close_timeout=timedelta(seconds=20))
        result = await Runner.run(Agent(name="forecaster", tools=[tool]), question)
        return str(result.final_output)


async def test_an_agent_with_a_tool_answers_as_on_temporalios_worker(dev_server: DevServer, task_queue: str):
    """The model's activity comes from the plugin, the tool is an activity beside it."""
    found = {}
    for side in SIDES:
        queue = f"{task_queue}-{side}"
        async with serving(
            side, dev_server.target, queue, plugin_of(), workflows=[Ask], activities=[weather]
        ) as client:
            handle = await client.start_workflow(Ask.run, "What is it like?", id=uuid.uuid4().hex, task_queue=queue)
            found[side] = (await handle.result(), await activities_in(handle, side))

    assert found["ours"] == found["theirs"]
    assert found["ours"][0] == "take an umbrella"
    assert found["ours"][1].count("weather") == 1


# A session that lives as long as its activity, which runs a worker of its own with `activity.client()`.


class Counter(MCPServer):
    """A server with a state: each call counts."""

    closed = 0

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    @property
    def name(self) -> str:
        return "counter"

    async def connect(self) -> None: ...

    async def cleanup(self) -> None:
        Counter.closed += 1

    async def list_tools(self, *_: Any, **__: Any) -> list[Tool]:
        return [Tool(name="count", inputSchema={"type": "object"})]

    async def call_tool(self, *_: Any, **__: Any) -> CallToolResult:
        self.calls += 1
        return CallToolResult(content=[TextContent(type="text", text=str(self.calls))])

    async def list_prompts(self) -> Any:
        raise NotImplementedError

    async def get_prompt(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


@workflow.defn
class Session:
    def __init__(self) -> None:
        self.said: list[str] = []

    @workflow.run
    async def run(self, calls: int) -> list[str]:
        config: Any = {"start_to_close_timeout": timedelta(minutes=1), "heartbeat_timeout": timedelta(seconds=60)}
        async with stateful_mcp_server("counter", server_session_config=config) as server:
            for _ in range(calls):
                result: Any = await server.call_tool("count", {})
                content = result["content"] if isinstance(result, dict) else result.content
                first = content[0]
                self.said.append(first["text"] if isinstance(first, dict) else first.text)
        return self.said


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_stateful_session_lives_on_our_worker_until_it_is_cancelled(
    commanding_server: DevServer, task_queue: str
):
    """The workflow cancels the session's activity in the end, and it closes the server's connection.

    It heartbeats each 30 s, so the server tells its worker of the cancellation by a command.
    """
    found = {}
    for side in SIDES:
        queue, before = f"{task_queue}-{side}", Counter.closed
        plugin = plugin_of(mcp_server_providers=[StatefulMCPServerProvider("counter", lambda _: Counter())])
        async with serving(side, commanding_server.target, queue, plugin, workflows=[Session]) as client:
            handle = await client.start_workflow(Session.run, 3, id=uuid.uuid4().hex, task_queue=queue)
            try:
                async with asyncio.timeout(60):
                    said = await handle.result()
            except WorkflowFailureError as error:
                raise AssertionError(error.cause) from error
            async with asyncio.timeout(30):
                while Counter.closed == before:  # noqa: ASYNC110 - there is no event to wait for
                    await asyncio.sleep(0.05)
        found[side] = said

    assert found["ours"] == found["theirs"] == ["1", "2", "3"]
