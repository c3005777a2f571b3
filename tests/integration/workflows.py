"""What schedules activities in these tests: one workflow of the official SDK, and a worker that runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio import client, common, workflow
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.worker import Worker

#: Where the workflow's own worker polls.
WORKFLOWS = "workflows"
#: The one activity of each workflow.
ACTIVITY_ID = "the-activity"


@dataclass
class Plan:
    """How the workflow calls its activity; seconds."""

    task_queue: str
    start_to_close_timeout: float | None = 20.0
    schedule_to_close_timeout: float | None = None
    heartbeat_timeout: float | None = None
    maximum_attempts: int = 0
    initial_interval: float = 0.01
    non_retryable_error_types: list[str] = field(default_factory=list)

    @property
    def retry_policy(self) -> common.RetryPolicy:
        return common.RetryPolicy(
            initial_interval=timedelta(seconds=self.initial_interval),
            maximum_attempts=self.maximum_attempts,
            non_retryable_error_types=self.non_retryable_error_types,
        )


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


@workflow.defn(dynamic=True)
class CallActivity:
    """Call the activity that the workflow is named after: as the plan says, with all further arguments as they came."""

    def __init__(self) -> None:
        self._call: workflow.ActivityHandle[Any] | None = None
        self._is_cancelled = False

    @workflow.run
    async def run(self, arguments: Sequence[common.RawValue]) -> common.RawValue:
        plan: Plan = workflow.payload_converter().from_payload(arguments[0].payload, Plan)
        self._call = workflow.start_activity(
            workflow.info().workflow_type,
            args=arguments[1:],
            result_type=common.RawValue,
            activity_id=ACTIVITY_ID,
            task_queue=plan.task_queue,
            start_to_close_timeout=_span(plan.start_to_close_timeout),
            schedule_to_close_timeout=_span(plan.schedule_to_close_timeout),
            heartbeat_timeout=_span(plan.heartbeat_timeout),
            retry_policy=plan.retry_policy,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        result: common.RawValue = await self._call
        return result

    @workflow.signal
    def cancel_activity(self) -> None:
        # Not the workflow: its failure shall have what the activity said.
        assert self._call is not None
        self._call.cancel()


@asynccontextmanager
async def running_workflows(
    target: str, data_converter: DataConverter = pydantic_data_converter, task_queue: str = WORKFLOWS
) -> AsyncIterator[None]:
    """Run the official worker that runs the workflow."""
    connected = await client.Client.connect(target, data_converter=data_converter)
    async with Worker(connected, task_queue=task_queue, workflows=[CallActivity]):
        yield
