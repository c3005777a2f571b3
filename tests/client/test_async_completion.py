from __future__ import annotations

import pytest
from far_end import refusal

from asyncworker._proto.temporal.api.errordetails.v1 import NotFoundFailure
from asyncworker._proto.temporal.api.failure.v1 import Failure
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    RecordActivityTaskHeartbeatByIdResponse,
    RecordActivityTaskHeartbeatResponse,
    RespondActivityTaskCompletedResponse,
    RespondActivityTaskFailedResponse,
)
from asyncworker.client import AsyncActivityIDReference
from asyncworker.common import ActivityCancellationDetails
from asyncworker.exceptions import (
    ActivityNotFoundError,
    ApplicationError,
    AsyncActivityCancelledError,
    CancelledError,
    ConverterError,
    RPCError,
    RPCStatusCode,
)

#: Each way to name an activity: what is asked for, how the methods' names end, and what their requests have.
WAYS = {
    "token": ({"task_token": b"token"}, "", {"task_token": b"token"}),
    "workflow": (
        {"workflow_id": "w", "run_id": "r", "activity_id": "1"},
        "ById",
        {"workflow_id": "w", "run_id": "r", "activity_id": "1"},
    ),
    "latest run": (
        {"workflow_id": "w", "activity_id": "1"},
        "ById",
        {"workflow_id": "w", "run_id": "", "activity_id": "1"},
    ),
    "standalone": (
        {"activity_id": "1", "run_id": "r"},
        "ById",
        {"workflow_id": "", "run_id": "r", "activity_id": "1"},
    ),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request):
    return request.param


@pytest.fixture
def handle(client):
    return client.get_async_activity_handle(task_token=b"token")


def data(payloads):
    return [payload.data for payload in payloads.payloads]


async def test_every_way_leads_to_the_activity(far_end, client, way):
    """All four calls go to the method of the way, with the ids or the token, the namespace and who calls."""
    asked_for, suffix, fields = way
    handle = client.get_async_activity_handle(**asked_for)

    await handle.heartbeat(1)
    await handle.complete("x")
    await handle.fail(ApplicationError("broken"))
    await handle.report_cancellation("y")

    names = [
        "RecordActivityTaskHeartbeat",
        *(f"RespondActivityTask{end}" for end in ("Completed", "Failed", "Canceled")),
    ]
    assert [name for name, _ in far_end.requests] == [name + suffix for name in names]
    for _, request in far_end.requests:
        assert {name: getattr(request, name) for name in fields} == fields
        assert (request.namespace, request.identity) == ("space", "me")


async def test_a_result_may_be_none_or_not_there(far_end, handle):
    """Completing with None sends a payload, completing with nothing sends none."""
    await handle.complete()
    await handle.complete(None)
    await handle.complete({"a": 1})

    nothing, none, some = far_end.asked("RespondActivityTaskCompleted")
    assert nothing.result is None
    assert none.result.payloads[0].metadata["encoding"] == b"binary/null"
    assert data(some.result) == [b'{"a":1}']


async def test_a_failure_takes_its_details_along(far_end, handle):
    """A failure says what the error says, and what the next attempt finds as its heartbeat details."""
    await handle.fail(ApplicationError("broken", 7, type="Bad", non_retryable=True), [1, 2])

    (request,) = far_end.asked("RespondActivityTaskFailed")
    info = request.failure.application_failure_info
    assert (request.failure.message, info.type, info.non_retryable) == ("broken", "Bad", True)
    assert data(info.details) == [b"7"]
    assert data(request.last_heartbeat_details) == [b"1", b"2"]


async def test_a_failure_that_the_server_replaces_is_told(far_end, handle, caplog):
    """When the server stores another failure, for the one sent was too large, a warning says so."""
    stored = Failure(message="Failure exceeds size limit.")
    far_end.answer("RespondActivityTaskFailed", RespondActivityTaskFailedResponse(failures=[stored]))

    await handle.fail(ApplicationError("x" * 100))

    assert [(each.levelname, "exceeds size limit" in each.message) for each in caplog.records] == [("WARNING", True)]


@pytest.mark.parametrize("error", [ValueError("bad"), CancelledError("stop"), KeyboardInterrupt()], ids=repr)
async def test_any_error_becomes_a_failure_that_the_server_takes(far_end, handle, error):
    """The server takes application failures only: what is none is wrapped in one."""
    await handle.fail(error)

    (request,) = far_end.asked("RespondActivityTaskFailed")
    assert request.failure.application_failure_info is not None


async def test_only_errors_can_be_failed_with(far_end, handle):
    """A text is no error."""
    with pytest.raises(TypeError, match="fails with an exception, got 'broken'"):
        await handle.fail("broken")

    assert far_end.requests == []


@pytest.mark.parametrize("answer", [RecordActivityTaskHeartbeatResponse, RecordActivityTaskHeartbeatByIdResponse])
@pytest.mark.parametrize(
    ("flags", "details"),
    [
        ({"cancel_requested": True}, ActivityCancellationDetails(cancel_requested=True)),
        ({"activity_paused": True}, ActivityCancellationDetails(paused=True)),
        ({"activity_reset": True}, ActivityCancellationDetails(reset=True)),
        (
            {"cancel_requested": True, "activity_paused": True},
            ActivityCancellationDetails(cancel_requested=True, paused=True),
        ),
    ],
)
async def test_a_heartbeat_hears_that_it_should_stop(far_end, client, answer, flags, details):
    """Cancelled, paused or reset: the heartbeat raises, and says which, by token and by id alike."""
    by_id = answer is RecordActivityTaskHeartbeatByIdResponse
    handle = client.get_async_activity_handle(**({"activity_id": "1"} if by_id else {"task_token": b"token"}))
    far_end.answer("RecordActivityTaskHeartbeat" + "ById" * by_id, answer(**flags))

    with pytest.raises(AsyncActivityCancelledError) as caught:
        await handle.heartbeat()

    assert caught.value.details == details


async def test_an_activity_that_has_closed_is_not_found(far_end, handle):
    """Who completes too late is told so by type."""
    error = refusal(RPCStatusCode.NOT_FOUND, "invalid activityID or activity already timed out", NotFoundFailure())
    far_end.answer("RespondActivityTaskCompleted", error)

    with pytest.raises(ActivityNotFoundError, match="already timed out"):
        await handle.complete(1)


async def test_a_refused_completion_is_not_tried_again(far_end, handle):
    """What the server refuses is refused at once, though completing has worked before."""
    await handle.complete(1)
    far_end.answer("RespondActivityTaskCompleted", refusal(RPCStatusCode.PERMISSION_DENIED, "not yours"))

    with pytest.raises(RPCError, match="not yours"):
        await handle.complete(2)

    assert len(far_end.asked("RespondActivityTaskCompleted")) == 2


async def test_a_completion_is_tried_again(far_end, handle):
    """The work is done: a completion outlives a server that is away, also one that does not answer in time."""
    far_end.answer(
        "RespondActivityTaskCompleted",
        refusal(RPCStatusCode.UNAVAILABLE),
        refusal(RPCStatusCode.DEADLINE_EXCEEDED),
        RespondActivityTaskCompletedResponse(),
    )

    await handle.complete(1)

    assert len(far_end.asked("RespondActivityTaskCompleted")) == 3


async def test_a_result_that_cannot_be_written_is_not_sent(far_end, handle):
    """An unserializable result fails the call; the activity can still be completed."""
    with pytest.raises(ConverterError, match="object"):
        await handle.complete(object())

    assert far_end.requests == []


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, TypeError, "give a task_token, or an activity_id"),
        ({"workflow_id": "w"}, TypeError, "give a task_token, or an activity_id"),
        ({"task_token": b"t", "activity_id": "1"}, TypeError, "leave out activity_id"),
        ({"task_token": b"t", "workflow_id": "w", "run_id": "r"}, TypeError, "leave out workflow_id, run_id"),
        ({"task_token": "t"}, TypeError, "task_token must be bytes, got str"),
        ({"task_token": b""}, ValueError, "task_token must not be empty"),
        ({"activity_id": ""}, ValueError, "activity_id must not be empty"),
        ({"workflow_id": "", "activity_id": "1"}, ValueError, "workflow_id must not be empty"),
    ],
)
def test_misuse_is_refused_at_once(client, arguments, error, message):
    """What names no activity is refused when the handle is made."""
    with pytest.raises(error, match=message):
        client.get_async_activity_handle(**arguments)


def test_a_handle_shows_ids_and_no_token(client):
    """A handle's repr has the ids; a token is not for people."""
    reference = AsyncActivityIDReference(workflow_id="w", run_id=None, activity_id="1")

    by_id = client.get_async_activity_handle(workflow_id="w", activity_id="1")
    by_token = client.get_async_activity_handle(task_token=b"secret")

    assert repr(by_id) == f"<AsyncActivityHandle {reference}>"
    assert repr(by_token) == "<AsyncActivityHandle by task token>"
