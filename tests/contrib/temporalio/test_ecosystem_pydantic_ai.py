"""An agent of pydantic-ai, with a tool, runs its activities on our worker."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sides import ECOSYSTEM, SIDES, activities_in, serving
from temporalio import workflow

from asyncworker.testing import DevServer

pytest.importorskip("pydantic_ai.durable_exec.temporal", reason=ECOSYSTEM)

from pydantic_ai import Agent
from pydantic_ai.durable_exec.temporal import PydanticAIPlugin, PydanticAIWorkflow, TemporalDurability
from pydantic_ai.models.test import TestModel


def weather(city: str) -> str:
    return f"rain in {city}"


agent: Any = Agent(
    TestModel(call_tools=["weather"]), name="forecaster", tools=[weather], capabilities=[TemporalDurability()]
)


@workflow.defn
class Forecast(PydanticAIWorkflow):
    __pydantic_ai_agents__ = (agent,)

    @workflow.run
    async def run(self, question: str) -> str:
        return str((await agent.run(question)).output)


async def test_an_agent_with_a_tool_answers_as_on_temporalios_worker(dev_server: DevServer, task_queue: str):
    """Model and tool are activities, whose values its own payload converter reads and writes."""
    found = {}
    for side in SIDES:
        queue = f"{task_queue}-{side}"
        async with serving(side, dev_server.target, queue, PydanticAIPlugin(), workflows=[Forecast]) as client:
            handle = await client.start_workflow(
                Forecast.run, "What is it like?", id=uuid.uuid4().hex, task_queue=queue
            )
            found[side] = (await handle.result(), await activities_in(handle, side))

    assert found["ours"] == found["theirs"]
    answer, types = found["ours"]
    assert "rain in" in answer
    assert len(types) >= 3
