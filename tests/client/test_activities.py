from __future__ import annotations

import uuid
from typing import Any

import anyio
import pytest
from far_end import FarEnd, refusal
from pydantic import BaseModel

from asyncworker import activity
from asyncworker._proto.temporal.api.activity.v1 import ActivityExecutionListInfo, ActivityExecutionOutcome
from asyncworker._proto.temporal.api.common.v1 import Payload, Payloads
from asyncworker._proto.temporal.api.enums.v1 import TaskQueueKind
from asyncworker._proto.temporal.api.errordetails.v1 import (
    ActivityExecutionAlreadyStartedFailure,
    NamespaceNotFoundFailure,
    NotFoundFailure,
)
from asyncworker._proto.temporal.api.failure.v1 import ApplicationFailureInfo, Failure
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    ListActivityExecutionsResponse,
    PollActivityExecutionResponse,
    StartActivityExecutionResponse,
)
from asyncworker._proto.temporal.wkt import Duration
from asyncworker.client import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from asyncworker.common import ActivityIDConflictPolicy, ActivityIDReusePolicy, Priority, RetryPolicy
from asyncworker.exceptions import (
    ActivityAlreadyStartedError,
    ActivityFailureError,
    ActivityNotFoundError,
    ApplicationError,
    ConverterError,
    RPCError,
    RPCStatusCode,
)

ENOUGH: Any = {"task_queue": "depot", "start_to_close_timeout": 5}


class Order(BaseModel):
    id: str
    boxes: int


@activity.defn(task_queue="depot", start_to_close_timeout=5)
async def pack(order: Order) -> Order:
    raise NotImplementedError


class Depot:
    @activity.defn(task_queue="depot", start_to_close_timeout=5)
    async def store(self, order: Order) -> Order:
        raise NotImplementedError


def completed(*values: bytes) -> PollActivityExecutionResponse:
    payloads = [Payload(metadata={"encoding": b"json/plain"}, data=value) for value in values]
    return PollActivityExecutionResponse(outcome=ActivityExecutionOutcome(result=Payloads(payloads=payloads)))


def failed(message: str) -> PollActivityExecutionResponse:
    failure = Failure(message=message, application_failure_info=ApplicationFailureInfo(type="Bad"))
    return PollActivityExecutionResponse(outcome=ActivityExecutionOutcome(failure=failure))


# Starting


async def test_a_start_says_everything_it_was_told(far_end, client):
    """Every option of a start is in the request, in the server's terms."""
    far_end.answer("StartActivityExecution", StartActivityExecutionResponse(run_id="r1"))

    handle = await client.start_activity(
        "pack",
        "order",
        7,
        id="a1",
        task_queue="depot",
        schedule_to_close_timeout=60,
        schedule_to_start_timeout=10,
        start_to_close_timeout=5,
        heartbeat_timeout=0.5,
        start_delay=1,
        id_reuse_policy=ActivityIDReusePolicy.REJECT_DUPLICATE,
        id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING,
        retry_policy=RetryPolicy(maximum_attempts=3, non_retryable_error_types=["Bad"]),
        priority=Priority(priority_key=2, fairness_key="t1"),
        search_attributes=TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_int("Boxes"), 2)]),
        summary="Packing",
        details="All of it",
        headers={"trace": Payload(data=b"1")},
    )

    (request,) = far_end.asked("StartActivityExecution")
    assert (handle.id, handle.run_id) == ("a1", "r1")
    assert (request.namespace, request.identity, request.activity_id) == ("space", "me", "a1")
    assert request.activity_type.name == "pack"
    assert (request.task_queue.name, request.task_queue.kind) == ("depot", TaskQueueKind.NORMAL)
    assert [payload.data for payload in request.input.payloads] == [b'"order"', b"7"]
    assert request.schedule_to_close_timeout == Duration(seconds=60)
    assert request.schedule_to_start_timeout == Duration(seconds=10)
    assert request.start_to_close_timeout == Duration(seconds=5)
    assert request.heartbeat_timeout == Duration(nanos=500_000_000)
    assert request.start_delay == Duration(seconds=1)
    assert (request.id_reuse_policy, request.id_conflict_policy) == (3, 2)
    assert request.retry_policy.maximum_attempts == 3
    assert request.retry_policy.non_retryable_error_types == ["Bad"]
    assert (request.priority.priority_key, request.priority.fairness_key) == (2, "t1")
    assert request.search_attributes.indexed_fields["Boxes"].data == b"2"
    assert request.user_metadata.summary.data == b'"Packing"'
    assert request.user_metadata.details.data == b'"All of it"'
    assert request.header.fields["trace"].data == b"1"
    assert uuid.UUID(request.request_id)


async def test_what_is_not_said_is_not_sent(far_end, client):
    """Options that were not given leave their fields empty, for the server's defaults."""
    await client.start_activity("pack", **ENOUGH)

    (request,) = far_end.asked("StartActivityExecution")
    assert request.input is None
    assert request.schedule_to_close_timeout is None
    assert request.retry_policy is None
    assert request.search_attributes is None
    assert request.user_metadata is None
    assert request.header is None


async def test_a_repeated_start_is_known_by_its_request_id(far_end, client):
    """A start whose reply was lost is sent again with the same request id, so that it starts nothing twice."""
    far_end.answer(
        "StartActivityExecution", refusal(RPCStatusCode.UNAVAILABLE), StartActivityExecutionResponse(run_id="r1")
    )

    await client.start_activity("pack", **ENOUGH)

    first, second = far_end.asked("StartActivityExecution")
    assert first.request_id == second.request_id != ""


async def test_an_argument_that_cannot_be_written_is_not_sent(far_end, client):
    """An unserializable argument fails the call, and nothing has been started."""
    with pytest.raises(ConverterError, match="object"):
        await client.start_activity("pack", object(), **ENOUGH)

    assert far_end.requests == []


async def test_a_taken_id_has_its_own_error(far_end, client):
    """Who starts an activity whose id is taken is told which run has it."""
    detail = ActivityExecutionAlreadyStartedFailure(start_request_id="x", run_id="r0")
    far_end.answer("StartActivityExecution", refusal(RPCStatusCode.ALREADY_EXISTS, "already started", detail))

    with pytest.raises(ActivityAlreadyStartedError) as caught:
        await client.start_activity("pack", id="a1", **ENOUGH)

    assert (caught.value.activity_id, caught.value.activity_type, caught.value.run_id) == ("a1", "pack", "r0")
    assert caught.value.status is RPCStatusCode.ALREADY_EXISTS


async def test_another_refusal_stays_what_it_is(far_end, client):
    """An error of the server's without a type of its own keeps its status and message."""
    far_end.answer("StartActivityExecution", refusal(RPCStatusCode.INVALID_ARGUMENT, "input exceeds length limit"))

    with pytest.raises(RPCError, match="input exceeds length limit") as caught:
        await client.start_activity("pack", **ENOUGH)

    assert type(caught.value) is RPCError


async def test_metadata_and_deadline_go_with_the_call(far_end, client):
    """A call's own metadata are sent with it, and its deadline is that of the call as a whole."""
    await client.start_activity("pack", rpc_metadata={"tenant": "7"}, rpc_timeout=3, **ENOUGH)

    assert ("tenant", "7") in far_end.metadata[0]
    assert far_end.timeouts[0] == pytest.approx(3, abs=0.1)


# Results


async def test_a_result_is_what_the_function_says(far_end, client):
    """The result is decoded as the return annotation of the activity's function."""
    far_end.answer("PollActivityExecution", completed(b'{"id":"7","boxes":2}'))

    result = await client.execute_activity(pack, Order(id="7", boxes=1))

    assert result == Order(id="7", boxes=2)


async def test_a_method_can_be_called_without_its_object(far_end, client):
    """A method named through its class takes what comes after ``self``; the object is the worker's."""
    far_end.answer("PollActivityExecution", completed(b'{"id":"7","boxes":2}'))

    result = await client.execute_activity_method(Depot.store, Order(id="7", boxes=1))
    handle = await client.start_activity_method(Depot.store, Order(id="8", boxes=1), id="a8")

    assert result == Order(id="7", boxes=2)
    assert handle.id == "a8"
    first, second = far_end.asked("StartActivityExecution")
    assert [each.data for each in first.input.payloads] == [b'{"id":"7","boxes":1}']
    assert (first.activity_type.name, second.activity_type.name) == ("store", "store")


async def test_an_empty_poll_is_asked_again(far_end, client):
    """As long as the server says that nothing has happened, the wait goes on."""
    far_end.answer(
        "PollActivityExecution", PollActivityExecutionResponse(), PollActivityExecutionResponse(), completed(b"1")
    )

    assert await client.get_activity_handle("a1", run_id="r1").result() == 1

    polls = far_end.asked("PollActivityExecution")
    assert [(poll.namespace, poll.activity_id, poll.run_id) for poll in polls] == [("space", "a1", "r1")] * 3


async def test_a_poll_that_runs_into_its_deadline_is_asked_again(far_end, client):
    """A long poll's deadline says only that nothing has happened yet."""
    far_end.answer("PollActivityExecution", refusal(RPCStatusCode.DEADLINE_EXCEEDED), completed(b"1"))

    assert await client.get_activity_handle("a1").result() == 1


async def test_a_known_result_is_not_asked_for_again(far_end, client):
    """A handle keeps what it has learned."""
    far_end.answer("PollActivityExecution", completed(b"1"))
    handle = client.get_activity_handle("a1")

    assert [await handle.result(), await handle.result()] == [1, 1]
    assert len(far_end.asked("PollActivityExecution")) == 1


async def test_a_failure_is_the_cause(far_end, client):
    """An activity that failed raises one error, whose cause is the failure; each time a new one."""
    far_end.answer("PollActivityExecution", failed("broken"))
    handle = client.get_activity_handle("a1")

    errors = []
    for _ in range(2):
        with pytest.raises(ActivityFailureError, match="'a1' failed") as caught:
            await handle.result()
        errors.append(caught.value)

    assert isinstance(errors[0].cause, ApplicationError)
    assert (errors[0].cause.message, errors[0].cause.type) == ("broken", "Bad")
    assert errors[1].cause is errors[0].cause
    assert errors[1] is not errors[0]
    assert len(far_end.asked("PollActivityExecution")) == 1


@pytest.mark.parametrize("outcome", [ActivityExecutionOutcome(result=Payloads()), ActivityExecutionOutcome()])
async def test_no_payload_is_no_result(far_end, client, outcome):
    """A worker may report a function that returns nothing without any payload."""
    far_end.answer("PollActivityExecution", PollActivityExecutionResponse(outcome=outcome))

    assert await client.get_activity_handle("a1").result() is None


async def test_a_result_of_another_type_is_an_error(far_end, client):
    """A result that is not of the expected type is not passed off as one."""
    far_end.answer("PollActivityExecution", completed(b'"seven"'))

    with pytest.raises(ConverterError, match="int"):
        await client.get_activity_handle("a1", result_type=int).result()


async def test_a_wait_can_have_an_end(far_end, client):
    """With a deadline the wait for a result ends, though the server has nothing to say."""
    with pytest.raises(RPCError, match="has not ended in time") as caught:
        await client.get_activity_handle("a1").result(rpc_timeout=0.01)

    assert caught.value.status is RPCStatusCode.DEADLINE_EXCEEDED


async def test_a_wait_can_be_cancelled(far_end, client):
    """Cancelling a wait ends it, and leaves the activity alone."""
    far_end.answer("PollActivityExecution", lambda _: anyio.sleep_forever())

    async with anyio.create_task_group() as group:
        group.start_soon(client.get_activity_handle("a1").result)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

    assert [name for name, _ in far_end.requests] == ["PollActivityExecution"]


async def test_an_unknown_activity_has_its_own_error(far_end, client):
    """Who asks about an activity that does not exist is told so by type."""
    far_end.answer("PollActivityExecution", refusal(RPCStatusCode.NOT_FOUND, "not found for ID: a1", NotFoundFailure()))

    with pytest.raises(ActivityNotFoundError, match="not found for ID: a1"):
        await client.get_activity_handle("a1").result()


async def test_an_unknown_namespace_is_not_an_unknown_activity(far_end, client):
    """NOT_FOUND about the namespace stays an error about the namespace."""
    error = refusal(
        RPCStatusCode.NOT_FOUND, "Namespace space is not found.", NamespaceNotFoundFailure(namespace="space")
    )
    far_end.answer("PollActivityExecution", error)

    with pytest.raises(RPCError, match="Namespace space is not found") as caught:
        await client.get_activity_handle("a1").result()

    assert type(caught.value) is RPCError


# Handles


def test_a_handle_needs_an_id(client):
    """An empty id is a mistake, not the latest of all activities."""
    with pytest.raises(ValueError, match="id and run_id must not be empty"):
        client.get_activity_handle("")
    with pytest.raises(ValueError, match="id and run_id must not be empty"):
        client.get_activity_handle("a1", run_id="")


def test_a_handle_has_one_source_of_its_type(client):
    """The activity says what its result is, or the caller does, not both."""
    with pytest.raises(TypeError, match="not both"):
        client.get_activity_handle("a1", activity=pack, result_type=int)


def test_a_handle_shows_what_it_stands_for(client):
    """A handle's repr has type, id and run."""
    assert repr(client.get_activity_handle("a1", run_id="r1", activity=pack)) == "<ActivityHandle pack 'a1', run r1>"
    assert repr(client.get_activity_handle("a1")) == "<ActivityHandle 'a1'>"


# Many


def page(*ids: str, token: bytes = b"") -> ListActivityExecutionsResponse:
    executions = [ActivityExecutionListInfo(activity_id=each) for each in ids]
    return ListActivityExecutionsResponse(executions=executions, next_page_token=token)


async def test_a_list_goes_on_to_the_last_page(far_end, client):
    """Pages are fetched as they are needed, each with the token of the one before."""
    far_end.answer("ListActivityExecutions", page("a", "b", token=b"1"), page(token=b"2"), page("c"))

    found = [each.activity_id async for each in client.list_activities("TaskQueue = 'depot'", page_size=2)]

    asked = far_end.asked("ListActivityExecutions")
    assert found == ["a", "b", "c"]
    assert [each.next_page_token for each in asked] == [b"", b"1", b"2"]
    assert {(each.namespace, each.query, each.page_size) for each in asked} == {("space", "TaskQueue = 'depot'", 2)}


async def test_a_list_ends_at_its_limit(far_end, client):
    """No more is returned than was asked for, nor fetched."""
    far_end.answer("ListActivityExecutions", page("a", "b", token=b"1"), page("c", "d", token=b"2"))

    found = [each.activity_id async for each in client.list_activities(limit=3, page_size=2)]

    assert found == ["a", "b", "c"]
    assert [each.page_size for each in far_end.asked("ListActivityExecutions")] == [2, 1]


async def test_a_list_of_nothing_asks_nothing(far_end, client):
    """A limit of zero is no call at all."""
    assert [each async for each in client.list_activities(limit=0)] == []
    assert far_end.requests == []


@pytest.mark.parametrize("options", [{"page_size": 0}, {"limit": -1}])
def test_a_list_of_a_senseless_size_is_refused(client: Any, options):
    """Sizes below what makes sense are refused at the call, not at the first step."""
    with pytest.raises(ValueError, match="page_size must be above zero and limit not below"):
        client.list_activities(**options)


def test_the_far_end_is_not_called_for_handles(far_end: FarEnd, client):
    """Taking hold of an activity, or making a list, sends nothing."""
    client.get_activity_handle("a1")
    client.list_activities()

    assert far_end.requests == []
