"""Workflow Streams' publisher runs inside of an activity on our worker."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sides import SIDES, activities_in, serving
from temporalio import activity, workflow

from asyncworker.testing import DevServer

pytest.importorskip("temporalio.contrib.workflow_streams", reason="this version of temporalio has no Workflow Streams")

from temporalio.contrib.workflow_streams import WorkflowStream, WorkflowStreamClient

TOKENS = [f"token {number}" for number in range(50)]


@activity.defn
async def speak() -> int:
    async with WorkflowStreamClient.from_within_activity(batch_interval=timedelta(milliseconds=50)) as client:
        topic = client.topic("tokens", type=str)
        for token in TOKENS:
            topic.publish(token)
            await asyncio.sleep(0.002)
    return len(TOKENS)


@workflow.defn
class Speech:
    @workflow.init
    def __init__(self) -> None:
        self.stream = WorkflowStream()
        self.heard = False

    @workflow.run
    async def run(self) -> int:
        count: int = await workflow.execute_activity(speak, start_to_close_timeout=timedelta(seconds=20))
        await workflow.wait_condition(lambda: self.heard)
        return count

    @workflow.signal
    def enough(self) -> None:
        self.heard = True


async def test_all_tokens_arrive_in_order_as_from_temporalios_worker(dev_server: DevServer, task_queue: str):
    """The publisher finds the workflow, and the client, by the activity's context."""
    found: dict[str, Any] = {}
    for side in SIDES:
        queue = f"{task_queue}-{side}"
        async with serving(side, dev_server.target, queue, workflows=[Speech], activities=[speak]) as client:
            handle = await client.start_workflow(Speech.run, id=uuid.uuid4().hex, task_queue=queue)
            heard: list[str] = []
            async with asyncio.timeout(30):
                stream = WorkflowStreamClient.create(client, handle.id)
                async for item in stream.subscribe(["tokens"], result_type=str):
                    heard.append(item.data)
                    if len(heard) == len(TOKENS):
                        break
            await handle.signal("enough")
            found[side] = (heard, await handle.result(), await activities_in(handle, side))

    assert found["ours"] == found["theirs"] == (TOKENS, 50, ["speak"])
