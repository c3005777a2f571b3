"""Policies that the real server lets pass and we would not: their tasks are run like any other."""

from __future__ import annotations

import uuid

import pytest
from worker_helpers import Worker

from asyncworker import Client, activity
from asyncworker._proto.temporal.api.common.v1 import ActivityType, Priority, RetryPolicy
from asyncworker._proto.temporal.api.taskqueue.v1 import TaskQueue
from asyncworker._proto.temporal.api.workflowservice.v1 import StartActivityExecutionRequest
from asyncworker._proto.temporal.wkt import Duration
from asyncworker._rpc._methods import START_ACTIVITY_EXECUTION

pytestmark = pytest.mark.server

# The server looks at nothing else where there is one attempt, and clamps a weight only when it uses it.
ODD = {
    "an interval above the largest": {
        "retry_policy": RetryPolicy(
            maximum_attempts=1, initial_interval=Duration(seconds=10), maximum_interval=Duration(seconds=5)
        )
    },
    "a coefficient below one": {"retry_policy": RetryPolicy(maximum_attempts=1, backoff_coefficient=0.5)},
    "a negative interval": {"retry_policy": RetryPolicy(maximum_attempts=1, initial_interval=Duration(seconds=-4))},
    "too large a weight": {"priority": Priority(fairness_key="blue", fairness_weight=5000)},
    "three thousand years": {"start_to_close_timeout": Duration(seconds=100_000_000_000)},
}


@activity.defn
async def policies() -> list[object]:
    info = activity.info()
    assert info.retry_policy is not None
    assert info.deadline is not None
    return [info.retry_policy.backoff_coefficient, info.priority.fairness_weight]


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
async def test_a_task_is_run_whatever_its_policies_say(dev_server, task_queue, odd):
    """A workflow in another language may say what our own types refuse; that costs neither its task nor a slot."""
    async with (
        await Client.connect(dev_server.target) as client,
        Worker(client, task_queue=task_queue, activities=[policies], max_concurrent_activities=1) as worker,
    ):
        started = StartActivityExecutionRequest(
            namespace=client.namespace,
            request_id=uuid.uuid4().hex,
            activity_id=uuid.uuid4().hex,
            activity_type=ActivityType(name="policies"),
            task_queue=TaskQueue(name=task_queue),
            **{"start_to_close_timeout": Duration(seconds=10), **odd},
        )
        await client._service.call(START_ACTIVITY_EXECUTION, started)
        coefficient, weight = await client.get_activity_handle(started.activity_id).result()
        # The same slot serves the next one.
        await client.execute_activity(policies, id=uuid.uuid4().hex, task_queue=task_queue, start_to_close_timeout=10)

    assert coefficient == (started.retry_policy.backoff_coefficient or 2.0 if started.retry_policy else 2.0)
    assert weight == (started.priority.fairness_weight if started.priority else None)
    assert worker.slots_used == 0
