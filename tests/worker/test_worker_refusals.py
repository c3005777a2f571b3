"""Tasks that arrive and cannot be taken: polling goes on, and where their token is known the server hears of it."""

from __future__ import annotations

import asyncio
import logging

import anyio
import pytest
from worker_helpers import QUEUE, Worker, until, worker_of

from asyncworker import Client, RetryPolicy, activity
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    PollActivityTaskQueueResponse,
)
from asyncworker._rpc._service import WorkflowService
from asyncworker._wire import decode
from asyncworker.exceptions import RPCError, RPCStatusCode
from asyncworker.worker import SlotPermit
from asyncworker.worker._stages import Stage
from asyncworker.worker.polling._backoff import PollBackoff
from asyncworker.worker.polling._poller import Poller, PollerConfig
from asyncworker.worker.polling._refusals import Refusals
from asyncworker.worker.polling._request import PollRequest

POLL = "PollActivityTaskQueue"
FAILED = "RespondActivityTaskFailed"
TOO_LARGE = "grpc: received message larger than max (20000000 vs. 16777216)"


@activity.defn
async def pack() -> str:
    return "packed"


class Choosy:
    """A transport that refuses the first tasks that come, with errors that know their tokens."""

    def __init__(self, inner, *errors) -> None:
        self._inner = inner
        self.errors = list(errors)

    async def unary(self, path, request, *, timeout, metadata=()):
        answer = await self._inner.unary(path, request, timeout=timeout, metadata=metadata)
        if path.endswith(POLL) and self.errors:
            token = decode(PollActivityTaskQueueResponse, answer).task_token
            if token:
                error = self.errors.pop(0)
                error._task_token = token
                raise error
        return answer

    async def close(self) -> None:
        await self._inner.close()


def choosy_worker(temporal, *errors, **options) -> Worker:
    client = Client(WorkflowService(Choosy(temporal.transport(), *errors), namespace="default"))
    return Worker(client, task_queue=QUEUE, activities=[pack], max_concurrent_activity_task_polls=1, **options)


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    "words",
    [
        "grpc: received message larger than max (4194400 vs. 4194304)",
        "grpc: received message after decompression larger than max 4194304",
        "grpc: trying to send message larger than max (4194400 vs. 4194304)",
    ],
)
async def test_an_answer_that_a_proxy_refuses_ends_no_worker(temporal, caplog, is_first, words):
    """One task that is too large is lost until its timeout, which is said with what to do; the next one runs."""
    if is_first:
        temporal.fail_next(POLL, RPCStatusCode.RESOURCE_EXHAUSTED, words)
    async with worker_of(temporal, pack, max_concurrent_activity_task_polls=1):
        if not is_first:
            await temporal.add_task(pack, task_queue=QUEUE).wait_closed()
            temporal.fail_next(POLL, RPCStatusCode.RESOURCE_EXHAUSTED, words)
            await temporal.add_task(pack, task_queue=QUEUE).wait_closed()
        task = temporal.add_task(pack, task_queue=QUEUE)
        await task.wait_closed()

    assert task.result == "packed"
    assert temporal.requests(FAILED) == []
    [told] = [record for record in caplog.records if "could not be taken, and polling goes on" in record.getMessage()]
    assert told.levelno == logging.ERROR
    assert words in told.getMessage()
    assert "runs into its timeout. Store large arguments and heartbeat details elsewhere" in told.getMessage()


async def test_a_task_that_is_too_large_fails_for_good(temporal, caplog):
    """The next attempt would meet the same limit: the activity fails, with what to do, and polling goes on."""
    async with choosy_worker(temporal, RPCError(TOO_LARGE, RPCStatusCode.RESOURCE_EXHAUSTED)):
        refused = temporal.add_task(pack, task_queue=QUEUE, retry_policy=RetryPolicy())
        await refused.wait_closed()
        task = temporal.add_task(pack, task_queue=QUEUE)
        await task.wait_closed()

    assert (task.result, refused.state, refused.attempt) == ("packed", "Failed", 1)
    [request] = temporal.requests(FAILED)
    info = request.failure.application_failure_info
    assert (info.type, info.non_retryable) == ("TaskTooLarge", True)
    assert request.failure.message.startswith(f"The task could not be taken: {TOO_LARGE}. Store large arguments")
    assert "Its attempt is reported as failed" in caplog.text


@pytest.mark.parametrize("limit", ["max_receive_bytes", "max_decoded_bytes"])
@pytest.mark.parametrize("transport", ["default", "grpclib"])
async def test_a_task_above_the_clients_limits_fails_for_good(temporal, transport, limit):
    """What a client is set not to take is reported, by the token in what has come of it."""

    @activity.defn
    async def weigh(load: str) -> int:
        return len(load)

    options = {"transport": transport, limit: 20_000}
    async with (
        await Client.connect(temporal.target, **options) as client,
        Worker(client, task_queue=QUEUE, activities=[weigh], max_concurrent_activity_task_polls=1),
    ):
        heavy = temporal.add_task(weigh, "x" * 50_000, task_queue=QUEUE, retry_policy=RetryPolicy())
        await heavy.wait_closed()
        light = temporal.add_task(weigh, "x", task_queue=QUEUE)
        await light.wait_closed()

    assert (heavy.state, heavy.attempt, light.result) == ("Failed", 1, 1)
    [request] = temporal.requests(FAILED)
    assert request.failure.application_failure_info.type == "TaskTooLarge"
    assert limit in request.failure.message


async def test_a_task_that_cannot_be_read_is_retried(temporal):
    """What was garbled on its way may arrive whole the next time."""
    async with choosy_worker(temporal, RPCError("no PollActivityTaskQueueResponse", RPCStatusCode.INTERNAL)):
        task = temporal.add_task(pack, task_queue=QUEUE, retry_policy=RetryPolicy())
        await task.wait_closed()

    assert (task.result, task.attempt) == ("packed", 2)
    [request] = temporal.requests(FAILED)
    info = request.failure.application_failure_info
    assert (info.type, info.non_retryable) == ("TaskUnreadable", False)


async def test_a_worker_that_stops_reports_what_it_has_refused(temporal):
    """A report under way is waited for."""
    worker = choosy_worker(temporal, RPCError(TOO_LARGE, RPCStatusCode.RESOURCE_EXHAUSTED))
    async with worker:
        with temporal.hold(FAILED):
            task = temporal.add_task(pack, task_queue=QUEUE)
            await temporal.wait_for(FAILED)
            stopping = asyncio.create_task(worker.shutdown())
            await until(lambda: not worker.is_polling)
            await anyio.wait_all_tasks_blocked()
            assert not stopping.done()
        await stopping

    assert task.state == "Failed"


async def test_a_report_that_does_not_get_through_is_said(temporal, caplog):
    """An attempt that the server does not let us fail runs into its timeout, and the worker goes on."""
    temporal.fail_next(FAILED, RPCStatusCode.INVALID_ARGUMENT, "no")
    async with choosy_worker(temporal, RPCError(TOO_LARGE, RPCStatusCode.RESOURCE_EXHAUSTED)):
        refused = temporal.add_task(pack, task_queue=QUEUE)
        await until(lambda: "was not reported: it runs into its timeout" in caplog.text)
        task = temporal.add_task(pack, task_queue=QUEUE)
        await task.wait_closed()

    assert (task.result, refused.state) == ("packed", "Started")


async def test_a_task_that_cannot_be_begun_is_failed(temporal, caplog):
    """Whatever goes wrong in handing a task over, the server hears of it, and the attempt is retried."""

    class Failing:
        def __init__(self) -> None:
            self.released = 0

        async def reserve(self):
            return SlotPermit()

        def release(self, permit):
            self.released += 1

        def take(self, task, permit):
            raise RuntimeError("not this one")

    taker = Failing()
    abandon = Stage()
    async with worker_of(temporal, pack) as worker:
        environment = worker._worker_run.attempts._environment
        refusals = Refusals(environment)
        poller = Poller(
            PollerConfig(
                environment=environment,
                request=PollRequest(namespace="default", task_queue="other", identity="me"),
                taker=taker,
                choose_timeout=lambda: 5.0,
                backoff=PollBackoff(),
                refusals=refusals,
                rate_limiter=None,
                on_fatal=lambda error: None,
                on_answer=lambda poller, answer: None,
            )
        )
        task = temporal.add_task(pack, task_queue="other", retry_policy=RetryPolicy(maximum_attempts=1))
        async with refusals.reporting(abandon), anyio.create_task_group() as group:
            group.start_soon(poller.run)
            await task.wait_closed()
            poller.stop()

    assert "a poller of task queue 'orders' failed, and goes on" in caplog.text
    assert (task.state, taker.released) == ("Failed", 0)
    assert temporal.requests(FAILED)[0].failure.application_failure_info.type == "TaskNotTaken"
