"""Activities as temporalio's workflows and clients schedule them: by the functions that are declared here."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio import client as official
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker as WorkflowWorker

from asyncworker import Client, Worker

from .flows import (
    ACTIVITIES,
    PASSED,
    Greeting,
    SchedulesByFunction,
    SchedulesWhatIsLost,
    TellsWhoseModules,
    Warehouse,
    greet,
    pack,
    postpone,
)

pytestmark = pytest.mark.server

WORKFLOWS = "scheduling-workflows"


@pytest.fixture
async def temporalio_client(server) -> AsyncIterator[official.Client]:
    """A client of temporalio's, whose workflows are run in their sandbox, on its own worker."""
    connected = await official.Client.connect(server.target, data_converter=pydantic_data_converter)
    workflows = [SchedulesByFunction, SchedulesWhatIsLost, TellsWhoseModules]
    async with WorkflowWorker(connected, task_queue=WORKFLOWS, workflows=workflows, activities=[pack]):
        yield connected


@pytest.fixture
async def activities(client: Client) -> AsyncIterator[None]:
    """Our worker, which runs the activities."""
    shelf = Warehouse("a shelf")
    async with Worker(client, task_queue=ACTIVITIES, activities=[greet, postpone, shelf, pack], long_poll_timeout=3):
        yield


async def result(client: official.Client, workflow: Any, *args: Any) -> Any:
    return await client.execute_workflow(
        workflow.run, *args, id=str(uuid.uuid4()), task_queue=WORKFLOWS, execution_timeout=timedelta(seconds=30)
    )


async def test_a_workflow_schedules_activities_by_their_functions(activities, temporalio_client):
    """Functions, methods, contexts, and what both decorators declare: the results are of the types that they return."""
    assert await result(temporalio_client, SchedulesByFunction) == [
        "Greeting(text='hello you')",
        "datetime.date(2027, 1, 1)",
        "[Greeting(text='tea on a shelf')]",
        "Greeting(text='7 packed')",
        "Greeting(text='8 packed')",
    ]


async def test_a_result_of_no_known_type_fails_the_workflow_that_schedules_it(temporalio_client):
    """It would come back as something else: the message says what is missing."""
    with pytest.raises(official.WorkflowFailureError) as caught:
        await result(temporalio_client, SchedulesWhatIsLost)

    assert "the type of lost's result, 'Nowhere', cannot be found" in str(caught.value.cause)


async def test_temporalios_client_starts_activities_by_their_functions(activities, temporalio_client):
    """A standalone activity is started without its name, and its result is of the type that the function returns."""
    found = await temporalio_client.execute_activity(
        greet, "you", id=str(uuid.uuid4()), task_queue=ACTIVITIES, start_to_close_timeout=timedelta(seconds=20)
    )

    assert found == Greeting("hello you")


async def test_a_sandboxed_workflow_has_the_programs_modules(temporalio_client):
    """Importing the package in a workflow's file needs no passing through: it is not imported a second time."""
    assert await result(temporalio_client, TellsWhoseModules, [id(each) for each in PASSED]) == []
