"""A file of temporalio's workflows beside activities that are declared here, as a program would have it.

temporalio's sandbox imports it once more for each workflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import temporalio.activity
from temporalio import workflow

import asyncworker.activity
from asyncworker import ApplicationError, Client, Worker, activity
from asyncworker.common import RetryPolicy

if TYPE_CHECKING:
    from nowhere import Nowhere

#: Where the activities' worker polls.
ACTIVITIES = "scheduled-activities"
PASSED = (asyncworker.activity, ApplicationError, Client, Worker, RetryPolicy)


@dataclass
class Greeting:
    text: str


@activity.defn(name="say-hello")
async def greet(name: str) -> Greeting:
    return Greeting(f"hello {name}")


@activity.defn
def postpone(context: activity.Context, day: date, *, days: int = 1) -> date:
    return day + timedelta(days=days)


class Warehouse:
    def __init__(self, shelf: str) -> None:
        self.shelf = shelf

    @activity.defn
    async def store(self, context: activity.Context, item: str) -> list[Greeting]:
        return [Greeting(f"{item} on {self.shelf}")]


@activity.defn
@temporalio.activity.defn(name="pack-order")
async def pack(order: str) -> Greeting:
    return Greeting(f"{order} packed")


@activity.defn
async def lost() -> Nowhere: ...


@workflow.defn
class SchedulesByFunction:
    """Schedule activities by their functions, and return what came back, with its type."""

    @workflow.run
    async def run(self) -> list[str]:
        options: Any = {"task_queue": ACTIVITIES, "start_to_close_timeout": timedelta(seconds=20)}
        results = [
            await workflow.execute_activity(greet, "you", **options),
            await workflow.start_activity(postpone, args=[date(2026, 12, 31)], **options),
            await workflow.execute_activity_method(Warehouse.store, args=["tea"], **options),
            await workflow.execute_activity(pack, "7", **options),
            await workflow.execute_local_activity(pack, "8", start_to_close_timeout=timedelta(seconds=20)),
        ]
        return [repr(result) for result in results]


@workflow.defn(failure_exception_types=[TypeError])
class SchedulesWhatIsLost:
    """Schedule an activity whose result's type is known to type checkers only."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(lost, task_queue=ACTIVITIES, start_to_close_timeout=timedelta(seconds=20))


@workflow.defn
class TellsWhoseModules:
    """Return which of the names that the file imports are not the program's own."""

    @workflow.run
    async def run(self, ids: list[int]) -> list[str]:
        return [repr(found) for found, expected in zip(PASSED, ids, strict=True) if id(found) != expected]
