"""Callers of a client that wait for the same thing share one long poll, and each keeps its own terms."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any

import anyio
import pytest
from far_end import FarEnd, refusal

from asyncworker import ActivityHandle, Client
from asyncworker._proto.temporal.api.activity.v1 import ActivityExecutionInfo, ActivityExecutionOutcome
from asyncworker._proto.temporal.api.common.v1 import Payload, Payloads
from asyncworker._proto.temporal.api.errordetails.v1 import NotFoundFailure
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    DescribeActivityExecutionResponse,
    PollActivityExecutionResponse,
)
from asyncworker.client import Interceptor, OutboundInterceptor
from asyncworker.exceptions import (
    ActivityFailureError,
    ActivityNotFoundError,
    ClientClosedError,
    ConverterError,
    RPCError,
    RPCStatusCode,
)
from asyncworker.testing import FakeTemporal

POLL = "PollActivityExecution"
DESCRIBE = "DescribeActivityExecution"


def completed(data: bytes) -> PollActivityExecutionResponse:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=data)
    return PollActivityExecutionResponse(outcome=ActivityExecutionOutcome(result=Payloads(payloads=[payload])))


class Gate:
    """Answers of the far end that come when the test says so."""

    def __init__(self, far_end: FarEnd, method: str = POLL) -> None:
        self.far_end = far_end
        self.method = method
        self.cancelled = 0
        self._answers: list[asyncio.Future[Any]] = []
        far_end.answer(method, lambda _: self._wait())

    async def _wait(self) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        try:
            return await answer
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    @property
    def calls(self) -> int:
        return len(self._answers)

    async def opened(self, calls: int = 1) -> None:
        """Wait for so many calls, and for callers that are about to join."""
        while self.calls < calls:  # noqa: ASYNC110 - it takes a few rounds of the loop
            await asyncio.sleep(0)
        await anyio.wait_all_tasks_blocked()

    def answer(self, answer: Any) -> None:
        self._answers[-1].set_result(answer)


@pytest.fixture
def gate(far_end):
    return Gate(far_end)


def waiting(client: Client, count: int, **options: Any) -> list[asyncio.Task[Any]]:
    """Await the result of one activity, by a handle for each."""
    return [asyncio.create_task(client.get_activity_handle("a1", **options).result()) for _ in range(count)]


async def polled(temporal: FakeTemporal) -> None:
    """Wait until the server has a poll."""
    while not temporal.requests(POLL):  # noqa: ASYNC110 - the fake has no event for it
        await asyncio.sleep(0.01)


async def test_two_thousand_callers_that_await_one_result_make_one_call(client, gate):
    """Each gets a result of its own."""
    tasks = waiting(client, 2000)
    await gate.opened()
    gate.answer(completed(b'{"boxes":2}'))
    results = await asyncio.gather(*tasks)

    assert gate.calls == 1
    assert results == [{"boxes": 2}] * 2000
    assert results[0] is not results[1]
    assert len(client._polls) == 0


async def test_each_caller_has_the_result_as_its_own_type(client, gate):
    """One that cannot be read as such fails for that caller alone."""
    (number,) = waiting(client, 1, result_type=int)
    (text,) = waiting(client, 1, result_type=str)
    await gate.opened()
    gate.answer(completed(b"7"))

    assert await number == 7
    with pytest.raises(ConverterError, match="str"):
        await text
    assert gate.calls == 1


async def test_an_empty_answer_is_asked_again_by_one_for_all(client, gate):
    """As long as nothing has happened there is one poll at a time."""
    tasks = waiting(client, 10)
    await gate.opened()
    gate.answer(PollActivityExecutionResponse())
    await gate.opened(2)
    # They ask again a moment later, each by a timer of its own.
    (poll,) = (poll for polls in client._polls._polls.values() for poll in polls.values())
    with anyio.fail_after(10):
        while len(poll._waiters) < 10:  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)
    gate.answer(completed(b"1"))

    assert await asyncio.gather(*tasks) == [1] * 10
    assert gate.calls == 2


async def test_other_activities_and_runs_and_metadata_have_polls_of_their_own(client, gate):
    """They would get another answer, or ask as another."""
    tasks = [
        asyncio.create_task(client.get_activity_handle("a1").result()),
        asyncio.create_task(client.get_activity_handle("a1", run_id="r1").result()),
        asyncio.create_task(client.get_activity_handle("a2").result()),
        asyncio.create_task(client.get_activity_handle("a1").result(rpc_metadata={"tenant": "7"})),
    ]
    await gate.opened(4)

    assert gate.calls == 4
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_an_error_reaches_all_as_an_exception_of_its_own(client, gate):
    """Its traceback is that of the caller."""
    tasks = waiting(client, 3)
    await gate.opened()
    gate.answer(refusal(RPCStatusCode.NOT_FOUND, "not found for ID: a1", NotFoundFailure()))
    errors = await asyncio.gather(*tasks, return_exceptions=True)

    assert gate.calls == 1
    assert [type(error) for error in errors] == [ActivityNotFoundError] * 3
    assert len({id(error) for error in errors}) == 3
    assert len({id(error.__cause__) for error in errors}) == 3
    assert [type(detail) for detail in errors[1].details] == [NotFoundFailure]


async def test_the_first_caller_may_go_without_ending_the_poll_of_the_others(client, gate):
    """The call is no caller's own."""
    first, second = waiting(client, 2)
    await gate.opened()
    first.cancel()
    await asyncio.wait([first])
    gate.answer(completed(b"1"))

    assert await second == 1
    assert (gate.calls, gate.cancelled) == (1, 0)


async def test_the_last_caller_to_go_leaves_nothing(client, gate):
    """The call is cancelled, and the next caller begins another."""
    tasks = waiting(client, 3)
    await gate.opened()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert len(client._polls) == 0
    (again,) = waiting(client, 1)
    await gate.opened(2)

    assert gate.cancelled == 1
    gate.answer(completed(b"1"))
    assert await again == 1
    assert len(client._polls._tasks._tasks) == 0


async def test_a_deadline_ends_the_wait_of_its_caller_alone(client, gate):
    """The others wait on, for the same poll."""
    (patient,) = waiting(client, 1)
    await gate.opened()
    with pytest.raises(RPCError, match="has not ended in time") as caught:
        await client.get_activity_handle("a1").result(rpc_timeout=0.01)
    gate.answer(completed(b"1"))

    assert caught.value.status is RPCStatusCode.DEADLINE_EXCEEDED
    assert await patient == 1
    assert (gate.calls, gate.cancelled) == (1, 0)


async def test_a_deadline_during_an_outage_has_the_error_of_the_last_try(far_end, client):
    """That says why there was no result."""
    far_end.answer(POLL, refusal(RPCStatusCode.UNAVAILABLE, "the cable is cut"))

    with pytest.raises(RPCError, match="the cable is cut"):
        await client.get_activity_handle("a1").result(rpc_timeout=0.05)
    assert len(client._polls) == 0


async def test_who_joins_a_call_that_fails_has_the_whole_time_for_tries(client, far_end):
    """Its tries begin anew when those of the others are used up."""
    failing = [refusal(RPCStatusCode.UNAVAILABLE, "the cable is cut")]
    gate = Gate(far_end)
    (first,) = waiting(client, 1)
    await gate.opened()
    far_end.answer(POLL, lambda _: failing[0])
    gate.answer(failing[0])
    (poll,) = (poll for polls in client._polls._polls.values() for poll in polls.values())
    while not poll.is_failing:  # noqa: ASYNC110 - the call has no event for it
        await asyncio.sleep(0)
    (second,) = waiting(client, 1)
    await anyio.wait_all_tasks_blocked()
    # As if the time of the call were over.
    poll._on_end()
    for waiter in list(poll._waiters):
        waiter.set_exception(refusal(RPCStatusCode.UNAVAILABLE, "the time for tries is over"))
    failing[0] = completed(b"1")

    with pytest.raises(RPCError, match="the time for tries is over"):
        await first
    assert await second == 1


async def test_a_client_that_is_closed_at_once_ends_the_wait_of_all():
    """With the error that says so; nothing is left behind."""
    async with FakeTemporal() as temporal, await Client.connect(temporal.target) as client:
        await client.start_activity("a", id="a1", task_queue="q", start_to_close_timeout=60)
        tasks = waiting(client, 3)
        await polled(temporal)
        # Without waiting for the calls under way.
        with anyio.move_on_after(0.1):
            await client.close()
        errors = await asyncio.gather(*tasks, return_exceptions=True)

        assert [type(error) for error in errors] == [ClientClosedError] * 3
        assert len(client._polls) == 0


async def test_interceptors_see_the_wait_of_each_caller(far_end):
    """They are about what is called, not about what is sent."""
    seen = []

    class Outbound(OutboundInterceptor):
        async def get_activity_result(self, input):
            seen.append(input.activity_id)
            return await super().get_activity_result(input)

    class Counting(Interceptor):
        def intercept_client(self, next):
            return Outbound(next)

    client, gate = far_end.client(interceptors=[Counting()]), Gate(far_end)
    tasks = waiting(client, 3)
    await gate.opened()
    gate.answer(completed(b"1"))
    await asyncio.gather(*tasks)

    assert (seen, gate.calls) == (["a1"] * 3, 1)


def described(status: int, *, token: bytes, detail: bytes) -> DescribeActivityExecutionResponse:
    details = Payloads(payloads=[Payload(metadata={"encoding": b"json/plain"}, data=detail)])
    info = ActivityExecutionInfo(
        activity_id="a1", run_id="r1", status=status, total_heartbeat_count=status, heartbeat_details=details
    )
    return DescribeActivityExecutionResponse(run_id="r1", long_poll_token=token, info=info)


async def test_those_who_follow_the_progress_of_a_run_share_its_polls(far_end, client):
    """Once they know the same state they wait for the same change."""
    gate = Gate(far_end, DESCRIBE)
    running, over = described(1, token=b"t1", detail=b"1"), described(2, token=b"t2", detail=b"2")
    far_end.answer(DESCRIBE, lambda request: gate._wait() if request.long_poll_token else running)

    async def follow() -> list[Any]:
        return [detail async for detail in client.get_activity_handle("a1").progress(int)]

    tasks = [asyncio.create_task(follow()) for _ in range(50)]
    await gate.opened()
    gate.answer(over)

    assert await asyncio.gather(*tasks) == [[1, 2]] * 50
    assert len(far_end.asked(DESCRIBE)) == 51


async def test_who_asks_for_more_than_others_has_a_poll_of_its_own(far_end, client):
    """The description of the others would lack it."""
    gate = Gate(far_end, DESCRIBE)
    running, over = described(1, token=b"t1", detail=b"1"), described(2, token=b"t2", detail=b"2")
    far_end.answer(DESCRIBE, lambda request: gate._wait() if request.long_poll_token else running)
    handle = client.get_activity_handle("a1")
    state = await handle.describe()
    tasks = [
        asyncio.create_task(handle.describe(changed_since=state, include_outcome=include)) for include in (True, False)
    ]
    await gate.opened(2)
    for answer in gate._answers:
        answer.set_result(over)
    await asyncio.gather(*tasks)

    assert [request.include_outcome for request in far_end.asked(DESCRIBE)[1:]] == [True, False]


async def test_another_event_loop_is_refused_as_ever():
    """It does not wait for a call of this one."""
    async with FakeTemporal() as temporal, await Client.connect(temporal.target) as client:
        await client.start_activity("a", id="a1", task_queue="q", start_to_close_timeout=60)
        (here,) = waiting(client, 1)
        await polled(temporal)
        errors: list[BaseException] = []

        def elsewhere() -> None:
            try:
                asyncio.run(client.get_activity_handle("a1").result())
            except RuntimeError as error:
                errors.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        await asyncio.to_thread(thread.join)
        here.cancel()

        assert "another event loop" in str(errors[0])
        assert len(temporal.requests(POLL)) == 1


async def test_a_terminated_activity_fails_for_all_with_one_call():
    """Each has a failure of its own."""
    async with FakeTemporal() as temporal, await Client.connect(temporal.target) as client:
        handle = await client.start_activity("a", id="a1", task_queue="q", start_to_close_timeout=60)
        tasks = waiting(client, 200)
        await polled(temporal)
        await handle.terminate()
        errors = await asyncio.gather(*tasks, return_exceptions=True)

        assert [type(error) for error in errors] == [ActivityFailureError] * 200
        assert len({id(error) for error in errors}) == 200
        assert len(temporal.requests(POLL)) == 1


@pytest.mark.server
async def test_callers_share_the_polls_of_the_real_server(dev_server, task_queue):
    """One for the result, and one for the progress of the run."""
    calls: Counter[tuple[str, bool]] = Counter()

    async def follow(handle: ActivityHandle[Any]) -> list[Any]:
        return [detail async for detail in handle.progress()]

    async with await Client.connect(dev_server.target) as client:
        handle = await client.start_activity("a", id=task_queue, task_queue=task_queue, start_to_close_timeout=60)
        with client.service.listening(lambda request: calls.update([(request.operation, request.is_long_poll)])):
            results = [asyncio.create_task(client.get_activity_handle(task_queue).result()) for _ in range(500)]
            steps = [asyncio.create_task(follow(client.get_activity_handle(task_queue))) for _ in range(20)]
            while calls[DESCRIBE, False] < 20 or len(client._polls) < 2:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)
            await handle.terminate()
            errors = await asyncio.gather(*results, return_exceptions=True)

            assert [type(error) for error in errors] == [ActivityFailureError] * 500
            assert await asyncio.gather(*steps) == [[]] * 20
    assert (calls[POLL, True], calls[DESCRIBE, True]) == (1, 1)
