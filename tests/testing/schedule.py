"""The workflow that schedules an activity on a real server, in a file that a sandbox can import again and again."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityCancellationType

__all__ = ["Schedule"]


@workflow.defn
class Schedule:
    """Schedules one activity, and asks for its cancellation when told to."""

    @workflow.run
    async def run(self, task_queue: str, activity_id: str, timeouts: dict[str, float], maximum_attempts: int) -> None:
        self.handle = workflow.start_activity(
            "Some",
            "in",
            task_queue=task_queue,
            activity_id=activity_id,
            start_to_close_timeout=timedelta(seconds=timeouts["start_to_close_timeout"]),
            schedule_to_close_timeout=timedelta(seconds=timeouts["schedule_to_close_timeout"]),
            schedule_to_start_timeout=timedelta(seconds=timeouts["schedule_to_start_timeout"]),
            heartbeat_timeout=timedelta(seconds=timeouts["heartbeat_timeout"]),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=1), maximum_attempts=maximum_attempts),
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        with suppress(ActivityError):
            await self.handle
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def cancel(self) -> None:
        self.handle.cancel()
