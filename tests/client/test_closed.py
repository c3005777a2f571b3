from __future__ import annotations

import asyncio

import pytest
from far_end import FarEnd, refusal

from asyncworker import Worker, activity
from asyncworker.client import Client
from asyncworker.exceptions import ClientClosedError, RPCError, RPCStatusCode, WorkerError
from asyncworker.testing import FakeTemporal

TRANSPORTS = ["default", "grpclib", "own"]


@activity.defn
async def work() -> str:
    return "done"


@pytest.fixture
async def temporal():
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as fake:
        yield fake


@pytest.fixture(params=TRANSPORTS)
async def connect(request, temporal):
    """Ways to a client that is connected."""

    async def connect(**options):
        if request.param == "own":
            return await Client.connect(transport=FarEnd(), **options)
        return await Client.connect(temporal.target, transport=request.param, **options)

    return connect


@pytest.mark.parametrize("lazy", [False, True])
async def test_a_call_on_a_closed_client_is_a_runtime_error(connect, lazy):
    """Nothing is tried again, whatever carries the calls, and the error says what is wrong."""
    client = await connect(lazy=lazy)
    await client.close()

    for _ in range(2):
        with pytest.raises(RuntimeError, match="this client is closed") as caught:
            await client.count_activities()
        assert isinstance(caught.value, RPCError)
        assert not caught.value.retryable
    await client.close()


async def test_a_call_that_waits_for_its_next_try_ends_with_the_client():
    """What was to be tried again is not, and does not wait for its time either."""
    far_end = FarEnd()
    # At least a second passes before the next try.
    far_end.answer("CountActivityExecutions", refusal(RPCStatusCode.RESOURCE_EXHAUSTED))
    client = await Client.connect(transport=far_end)
    waiting = asyncio.create_task(client.count_activities())
    while not far_end.asked("CountActivityExecutions"):  # noqa: ASYNC110 - the far end has no event to wait for
        await asyncio.sleep(0)

    await client.close()

    with pytest.raises(ClientClosedError):
        await waiting
    assert len(far_end.asked("CountActivityExecutions")) == 1


@pytest.mark.parametrize("transport", ["default", "grpclib"])
async def test_a_call_under_way_ends_before_the_client_does(temporal, transport):
    """Closing waits for the answer of a call under way, while new calls are refused."""
    client = await Client.connect(temporal.target, transport=transport)
    with temporal.hold("CountActivityExecutions"):
        counting = asyncio.create_task(client.count_activities())
        while all(call.method != "CountActivityExecutions" for call in temporal.calls):  # noqa: ASYNC110
            await asyncio.sleep(0)
        closing = asyncio.create_task(client.close())
        await asyncio.sleep(0)
        with pytest.raises(ClientClosedError):
            await client.count_activities()
        assert not closing.done()

    assert (await counting).count == 0
    await closing


async def test_a_worker_of_a_closed_client_does_not_begin(connect):
    """A worker that was given a closed client says so at once."""
    client = await connect()
    await client.close()

    with pytest.raises(RuntimeError, match="this client is closed"):
        await Worker(client, task_queue="q", activities=[work]).run(handle_signals=False)


async def test_a_worker_whose_client_is_closed_ends(temporal):
    """A worker that runs ends when its client is closed, as there is nothing more to be had."""
    client = await Client.connect(temporal.target)
    worker = Worker(
        client, task_queue="q", activities=[work], max_concurrent_activity_task_polls=1, graceful_shutdown_timeout=0
    )
    running = asyncio.create_task(worker.run(handle_signals=False))
    await temporal.add_task(work, task_queue="q").wait_closed()

    closing = asyncio.create_task(client.close())
    # Ends an open poll, after which there is no other.
    await temporal.add_task(work, task_queue="q").wait_for_attempt()

    with pytest.raises(WorkerError, match="this client is closed"):
        await running
    await closing
