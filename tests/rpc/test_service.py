from __future__ import annotations

import asyncio
import gzip
import logging
from asyncio import get_running_loop
from contextlib import suppress

import anyio
import pytest
from anyio import fail_after
from http2_peer import OK_HEAD, message
from nowait import Answer
from scripted_server import ScriptedServer

from asyncworker._proto.temporal.api.common.v1 import Payload, Payloads
from asyncworker._proto.temporal.api.errordetails.v1 import NamespaceNotFoundFailure, NotFoundFailure
from asyncworker._proto.temporal.api.taskqueue.v1 import TaskQueue
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    GetSystemInfoRequest,
    GetSystemInfoResponse,
    PollActivityTaskQueueRequest,
    PollActivityTaskQueueResponse,
    RespondActivityTaskCompletedRequest,
)
from asyncworker._rpc import _methods
from asyncworker._rpc._bound import BoundTransport
from asyncworker._rpc._long_poll import LongPoll
from asyncworker._rpc._methods import (
    DESCRIBE_NAMESPACE,
    GET_SYSTEM_INFO,
    POLL_ACTIVITY_TASK_QUEUE,
    RESPOND_ACTIVITY_TASK_COMPLETED,
    Method,
)
from asyncworker._rpc._retry import HEARTBEAT, NONE, POLL, Backoff, RetryRules
from asyncworker._rpc._service import WorkflowService
from asyncworker._rpc.http2 import _frames as frames
from asyncworker._rpc.http2._transport import Http2Transport
from asyncworker._wire import decode, encode
from asyncworker._wire_primitives import varint
from asyncworker.exceptions import ClientClosedError, RPCError, RPCStatusCode
from asyncworker.testing import FakeTemporal

QUICK = RetryRules(backoff=Backoff(0.001, 0.001), throttled=Backoff(0.001, 0.001))
INFO = GetSystemInfoRequest()


@pytest.fixture
async def temporal():
    async with FakeTemporal() as fake:
        yield fake


@pytest.fixture
async def pass_time():
    """Puts the loop's clock forward: how fast the machine is does not matter to tests that do."""
    loop = get_running_loop()
    real_time, passed = loop.time, []
    loop.time = lambda: real_time() + sum(passed)
    yield passed.append
    del loop.time


def poll(queue="q"):
    return PollActivityTaskQueueRequest(namespace="default", task_queue=TaskQueue(name=queue))


async def refused_poll(server, **options) -> RPCError:
    """Poll a server once, and return the error."""
    async with server.listening():
        transport = Http2Transport(server.target(**options))
        with pytest.raises(RPCError) as caught:
            await WorkflowService(transport, namespace="default").call(POLL_ACTIVITY_TASK_QUEUE, poll(), retry=NONE)
        await transport.close()
    return caught.value


class Wire:
    """A transport that answers with what it was given, and remembers what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []

    async def unary(self, path, request, *, timeout, metadata=()):
        self.calls.append((path, request, timeout, metadata))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self):
        pass


class Away(Wire):
    """A transport whose server is away at the first try, and silent from the second on, which takes no real time."""

    def __init__(self, pass_time):
        super().__init__(b"")
        self._pass_time = pass_time

    async def unary(self, path, request, *, timeout, metadata=()):
        self.calls.append((path, request, timeout, metadata))
        if len(self.calls) == 1:
            raise RPCError("the server is away", RPCStatusCode.UNAVAILABLE)
        self._pass_time(timeout)
        raise RPCError("deadline exceeded", RPCStatusCode.DEADLINE_EXCEEDED)


class TestCall:
    async def test_a_response_is_typed(self, temporal):
        """A call returns the typed response."""
        response = await temporal.service().call(GET_SYSTEM_INFO, INFO)

        assert response.server_version == "1.32.0"

    async def test_the_server_is_sent_the_deadline(self, temporal):
        """The server is sent the deadline: ten seconds, seventy for a long poll, or what is given."""
        service = temporal.service()
        await service.call(GET_SYSTEM_INFO, INFO)
        await service.call(GET_SYSTEM_INFO, INFO, timeout=3.0)
        await service.call(GET_SYSTEM_INFO, INFO, until=get_running_loop().time() + 2.0)
        temporal.add_task("Any", task_queue="q")
        await service.call(POLL_ACTIVITY_TASK_QUEUE, poll())

        # grpclib tells whole seconds.
        assert [call.remaining for call in temporal.calls] == pytest.approx([10, 3, 2, 70], abs=1.5)

    async def test_error_details_are_decoded(self, temporal):
        """An error has the server's status and words, and its details decoded."""
        with pytest.raises(RPCError) as caught:
            await temporal.service().call(DESCRIBE_NAMESPACE, DescribeNamespaceRequest(namespace="nope"))

        assert str(caught.value) == "NOT_FOUND: Namespace nope is not found."
        assert caught.value.details == (NamespaceNotFoundFailure(namespace="nope"),)

    async def test_a_garbled_response_is_internal(self):
        """A response that is none is the server's internal error, not ours."""
        with pytest.raises(RPCError, match="GetSystemInfoResponse") as caught:
            await WorkflowService(Wire(b"\xff"), namespace="default").call(GET_SYSTEM_INFO, INFO)

        assert caught.value.status is RPCStatusCode.INTERNAL

    @pytest.mark.parametrize("cause", ["too much", "garbled"])
    async def test_the_error_of_a_useless_poll_response_has_the_task_token(self, cause):
        """The error of a poll whose answer cannot be used has the token of the task in it."""
        useless = encode(Payloads(payloads=[Payload()] * 5000)) if cause == "too much" else b"\xff"
        # Field 8 is the input.
        answer = encode(PollActivityTaskQueueResponse(task_token=b"token")) + b"\x42" + varint(len(useless)) + useless
        service = WorkflowService(Wire(answer), namespace="default", max_decoded_bytes=1_000_000)

        with pytest.raises(RPCError) as caught:
            await service.call(POLL_ACTIVITY_TASK_QUEUE, poll(), retry=NONE)

        assert caught.value._task_token == b"token"
        assert caught.value.is_message_too_large == (cause == "too much")
        assert caught.value.retryable != (cause == "too much")

    async def test_only_a_poll_error_has_a_task_token(self):
        """What begins another method's answer is no task's token."""
        answer = encode(PollActivityTaskQueueResponse(task_token=b"token")) + b"\xff"

        with pytest.raises(RPCError) as caught:
            await WorkflowService(Wire(answer), namespace="default").call(GET_SYSTEM_INFO, INFO)

        assert caught.value._task_token == b""

    async def test_the_error_of_a_truncated_poll_response_has_the_task_token(self):
        """A connection that is lost in the middle of a poll's answer leaves the token of the task in it."""
        answer = encode(PollActivityTaskQueueResponse(task_token=b"token", activity_id="x" * 1000))

        def cut(connection, stream_id):
            connection.say(connection.head(stream_id), frames.frame(frames.DATA, 0, stream_id, message(answer)[:100]))
            connection.transport.close()

        error = await refused_poll(ScriptedServer(cut))

        assert error.status is RPCStatusCode.UNAVAILABLE
        assert error._task_token == b"token"

    @pytest.mark.parametrize("body", ["bomb", "damaged"])
    async def test_the_error_of_a_compressed_poll_response_has_the_task_token(self, body):
        """A gzipped answer that inflates to too much, or does not inflate, is read as far as its task's token."""
        answer = encode(PollActivityTaskQueueResponse(task_token=b"token", activity_id="x" * 1_000_000))
        packed = gzip.compress(answer)
        if body == "damaged":
            packed = packed[:-4] + b"ruin"

        def answer_compressed(connection, stream_id):
            head = connection.encoder.encode([*OK_HEAD, (b"grpc-encoding", b"gzip")])
            connection.say(
                frames.frame(frames.HEADERS, frames.END_HEADERS, stream_id, head),
                frames.frame(frames.DATA, 0, stream_id, message(packed, is_compressed=True)),
                connection.trailers(stream_id),
            )

        limit = 100_000 if body == "bomb" else 10_000_000
        error = await refused_poll(ScriptedServer(answer_compressed), max_receive_bytes=limit)

        assert error._task_token == b"token"
        assert error.is_message_too_large == (body == "bomb")

    async def test_a_long_poll_without_a_response_is_empty(self, temporal):
        """A long poll that is not answered in its time had nothing to say."""
        with temporal.hold("PollActivityTaskQueue"):
            response = await temporal.service().call(POLL_ACTIVITY_TASK_QUEUE, poll(), timeout=0.05, retry=POLL)

        assert response == PollActivityTaskQueueResponse()

    async def test_a_cancelled_call_ends_at_once(self, temporal):
        """A cancelled call ends at once, and its transport goes on."""
        service = temporal.service()
        with anyio.CancelScope() as scope, temporal.hold("GetSystemInfo"):
            async with anyio.create_task_group() as group:
                group.start_soon(service.call, GET_SYSTEM_INFO, INFO)
                await temporal.wait_for("GetSystemInfo")
                scope.cancel()
        with fail_after(5):
            response = await service.call(GET_SYSTEM_INFO, INFO)

        assert response.server_version == "1.32.0"


class TestBytes:
    """Calls whose messages are not encoded and decoded."""

    async def test_the_response_is_what_came(self, temporal):
        service, ended = temporal.service(), []
        with service.listening(ended.append):
            response = await service.call_bytes(GET_SYSTEM_INFO, b"", timeout=5)

        assert decode(GetSystemInfoResponse, response).server_version == "1.32.0"
        assert [(event.operation, event.status, event.attempts) for event in ended] == [
            ("GetSystemInfo", RPCStatusCode.OK, 1)
        ]

    async def test_a_long_poll_without_a_response_is_empty(self, temporal):
        with temporal.hold("PollActivityTaskQueue"):
            response = await temporal.service().call_bytes(POLL_ACTIVITY_TASK_QUEUE, encode(poll()), timeout=0.05)

        assert response == b""

    async def test_an_error_is_raised_after_one_try(self, temporal):
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE, "away", times=2)
        service, ended = temporal.service(), []
        with service.listening(ended.append), pytest.raises(RPCError, match="away"):
            await service.call_bytes(GET_SYSTEM_INFO, b"", timeout=5)

        assert len(temporal.requests("GetSystemInfo")) == 1
        assert [event.status for event in ended] == [RPCStatusCode.UNAVAILABLE]


@pytest.mark.parametrize(
    ("message", "is_throttled"),
    [("namespace rate limit exceeded", True), ("grpc: received message larger than max (5 vs. 4)", False)],
)
async def test_a_call_that_is_one_too_many_is_remembered_though_its_retry_succeeds(temporal, message, is_throttled):
    temporal.fail_next("GetSystemInfo", RPCStatusCode.RESOURCE_EXHAUSTED, message)
    service = temporal.service()
    before = service.caller.throttled_at
    with suppress(RPCError):
        await service.call(GET_SYSTEM_INFO, INFO, retry=QUICK)

    assert (service.caller.throttled_at > before) == is_throttled


class TestRetry:
    async def test_transient_errors_are_retried(self, temporal):
        """Transient errors are retried: the caller sees the answer only."""
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE, times=2)

        response = await temporal.service().call(GET_SYSTEM_INFO, INFO, retry=QUICK)

        assert response.server_version == "1.32.0"
        assert len(temporal.requests("GetSystemInfo")) == 3

    async def test_an_answer_is_not_retried(self, temporal):
        """A refusal that is an answer is passed on after one try."""
        temporal.fail_next("GetSystemInfo", RPCStatusCode.INVALID_ARGUMENT, "no", times=2)
        service = temporal.service()

        with pytest.raises(RPCError, match="no"):
            await service.call(GET_SYSTEM_INFO, INFO, retry=QUICK)

        assert len(temporal.requests("GetSystemInfo")) == 1

    async def test_a_call_ends_at_until_with_the_error_before(self, pass_time):
        """With *until* a call is over by then, and its error is why, not that the time is over."""
        wire = Away(pass_time)
        with pytest.raises(RPCError, match="away"):
            await WorkflowService(wire, namespace="default").call(
                GET_SYSTEM_INFO, INFO, retry=QUICK, until=get_running_loop().time() + 8
            )

        assert len(wire.calls) == 2

    async def test_a_call_without_time_left_is_not_made(self):
        """A call whose end has passed is not made at all."""
        wire = Wire(b"")
        with pytest.raises(RPCError) as caught:
            await WorkflowService(wire, namespace="default").call(
                GET_SYSTEM_INFO, INFO, until=get_running_loop().time() - 1
            )

        assert caught.value.status is RPCStatusCode.DEADLINE_EXCEEDED
        assert wire.calls == []

    async def test_a_refusal_before_the_first_success_is_final(self, temporal):
        """Polls of an unknown namespace, or with bad credentials, fail at once if none has ever succeeded."""
        request = PollActivityTaskQueueRequest(namespace="nope", task_queue=TaskQueue(name="q"))
        with fail_after(5), pytest.raises(RPCError, match="Namespace nope is not found"):
            await temporal.service().call(POLL_ACTIVITY_TASK_QUEUE, request, retry=POLL)

    async def test_a_refusal_after_a_success_is_retried(self, temporal):
        """Once polls have succeeded a refusal is retried for a while."""
        service = temporal.service()
        rules = RetryRules(backoff=Backoff(0.001, 0.001), refusals=POLL.refusals, grace=60.0)
        temporal.add_task("Any", task_queue="q")
        await service.call(POLL_ACTIVITY_TASK_QUEUE, poll(), retry=rules)
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.UNAUTHENTICATED, times=3)
        temporal.add_task("Any", task_queue="q")

        response = await service.call(POLL_ACTIVITY_TASK_QUEUE, poll(), retry=rules)

        assert response.activity_id == "activity-2"

    async def test_a_completion_whose_reply_was_lost_is_repeated(self, temporal):
        """A completion whose reply is lost is repeated, and the second one is NOT_FOUND: the work is not lost."""
        service = temporal.service()
        activity = temporal.add_task("Any", task_queue="q")
        task = await service.call(POLL_ACTIVITY_TASK_QUEUE, poll())
        temporal.fail_next("RespondActivityTaskCompleted", RPCStatusCode.UNAVAILABLE, applied=True)

        with pytest.raises(RPCError) as caught:
            await service.call(
                RESPOND_ACTIVITY_TASK_COMPLETED,
                RespondActivityTaskCompletedRequest(task_token=task.task_token),
                retry=QUICK,
            )

        assert caught.value.status is RPCStatusCode.NOT_FOUND
        assert caught.value.details == (NotFoundFailure(),)
        assert activity.state == "Completed"

    async def test_a_repeated_error_is_logged_once(self, temporal, caplog):
        """The same error is logged once a minute, not once a try."""
        caplog.set_level(logging.DEBUG, "asyncworker._rpc._caller")
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE, "gone", times=3)

        await temporal.service().call(GET_SYSTEM_INFO, INFO, retry=QUICK)

        assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG", "DEBUG"]
        assert "GetSystemInfo failed" in caplog.records[0].getMessage()


class TestCallNowait:
    """Calls whose outcome goes to callbacks."""

    async def test_a_response_is_typed(self, temporal):
        """The callback gets the typed response."""
        response = await call_nowait(temporal.service())

        assert response.server_version == "1.32.0"

    async def test_transient_errors_are_retried(self, temporal):
        """Transient errors are retried: the callbacks get the answer only."""
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE, times=2)

        response = await call_nowait(temporal.service())

        assert response.server_version == "1.32.0"
        assert len(temporal.requests("GetSystemInfo")) == 3

    async def test_an_answer_is_not_retried(self, temporal):
        """A refusal that is an answer is passed on after one try, its details decoded."""
        answer = Answer()
        temporal.service().call_nowait(
            DESCRIBE_NAMESPACE, DescribeNamespaceRequest(namespace="nope"), answer, retry=QUICK
        )

        with pytest.raises(RPCError, match="Namespace nope is not found") as caught:
            await answer.outcome
        assert caught.value.details == (NamespaceNotFoundFailure(namespace="nope"),)
        assert len(temporal.requests("DescribeNamespace")) == 1

    async def test_a_garbled_response_is_internal(self):
        """A response that is none is the server's internal error."""
        with pytest.raises(RPCError, match="GetSystemInfoResponse") as caught:
            await call_nowait(WorkflowService(Wire(b"\xff"), namespace="default"))

        assert caught.value.status is RPCStatusCode.INTERNAL

    async def test_a_call_ends_at_until_with_the_error_before(self, pass_time):
        """With *until* the call is over by then, and its error is why."""
        wire = Away(pass_time)
        with pytest.raises(RPCError, match="away"):
            await call_nowait(WorkflowService(wire, namespace="default"), until=get_running_loop().time() + 8)

        assert len(wire.calls) == 2

    async def test_close_awaits_calls_that_are_retried(self):
        """A call that waits for its next try makes it when the service is closed, and has failed by then."""
        answer = Answer()
        wire = Wire(RPCError("the server is away", RPCStatusCode.UNAVAILABLE))
        service = WorkflowService(BoundTransport(wire), namespace="default")
        rules = RetryRules(backoff=Backoff(60.0, 60.0), budget=None)
        service.call_nowait(GET_SYSTEM_INFO, INFO, answer, retry=rules)
        await anyio.wait_all_tasks_blocked()
        before = list(answer.outcomes)

        await service.close()

        assert before == []
        assert [type(outcome) for outcome in answer.outcomes] == [ClientClosedError]
        assert isinstance(answer.outcome.exception(), ClientClosedError)

    async def test_close_cancels_a_call_whose_key_function_hangs(self):
        """A call that cannot end by itself is cancelled when the service is closed, and its task has ended."""
        answer, before = Answer(), asyncio.all_tasks()
        service = WorkflowService(Wire(b""), namespace="default", api_key=asyncio.Event().wait)
        service.call_nowait(GET_SYSTEM_INFO, INFO, answer)
        await anyio.wait_all_tasks_blocked()

        await service.close()

        assert answer.outcome.exception().status is RPCStatusCode.CANCELLED
        assert asyncio.all_tasks() == before

    async def test_a_call_without_time_left_is_not_made(self):
        """A call whose end has passed is not made at all, and fails."""
        wire = Wire(b"")
        with pytest.raises(RPCError) as caught:
            await call_nowait(WorkflowService(wire, namespace="default"), until=get_running_loop().time() - 1)

        assert caught.value.status is RPCStatusCode.DEADLINE_EXCEEDED
        assert wire.calls == []

    async def test_a_key_function_is_called_before_each_try(self, temporal):
        """A function is asked for the key before each try, retries included."""
        keys = iter(["first", "second"])
        service = WorkflowService(temporal.transport(), namespace="default", api_key=lambda: next(keys))
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE)

        await call_nowait(service)

        assert [it.metadata["authorization"] for it in temporal.calls] == ["Bearer first", "Bearer second"]

    async def test_a_key_function_that_never_worked_fails_the_call(self, temporal):
        """The callbacks get the error of a function for the key that never worked."""

        def key():
            raise KeyError("TOKEN")

        with pytest.raises(RPCError, match="TOKEN") as caught:
            await call_nowait(WorkflowService(temporal.transport(), namespace="default", api_key=key))
        assert isinstance(caught.value.__cause__, KeyError)

    @pytest.mark.parametrize("begins", [True, False])
    async def test_cancelling_its_task_fails_a_nowait_call(self, begins):
        """A call whose task is cancelled, with all there are, fails and is not tried again."""
        before = asyncio.all_tasks()
        answer = Answer()
        WorkflowService(Silent(b""), namespace="default").call_nowait(GET_SYSTEM_INFO, INFO, answer, retry=HEARTBEAT)
        if begins:
            await anyio.wait_all_tasks_blocked()
        for task in asyncio.all_tasks() - before:
            task.cancel()

        with fail_after(5), pytest.raises(RPCError) as caught:
            await answer.outcome
        assert caught.value.status is RPCStatusCode.CANCELLED
        assert asyncio.all_tasks() == before


class Silent(Wire):
    """A transport over which nothing comes back."""

    async def unary(self, path, request, *, timeout, metadata=()):
        await asyncio.Event().wait()


async def call_nowait(service, **options):
    """Make a call with callbacks, and await its outcome."""
    answer = Answer()
    service.call_nowait(GET_SYSTEM_INFO, INFO, answer, retry=QUICK, **options)
    assert not answer.outcomes
    try:
        return await answer.outcome
    finally:
        assert len(answer.outcomes) == 1


class TestMetadata:
    async def test_client_name_and_namespace_are_sent(self, temporal):
        """The server is sent the client's name, whose version it does not check, and the namespace."""
        await temporal.service().call(GET_SYSTEM_INFO, INFO)

        metadata = temporal.calls[0].metadata
        assert (metadata["client-name"], metadata["temporal-namespace"]) == ("asyncworker", "default")
        assert "authorization" not in metadata

    async def test_calls_share_one_metadata_tuple(self):
        """Calls without metadata of their own share one tuple, so that a transport can keep its encoding."""
        wire = Wire(b"")
        service = WorkflowService(wire, namespace="default", api_key="k")
        await service.call(GET_SYSTEM_INFO, INFO)
        await service.call(GET_SYSTEM_INFO, INFO)

        assert wire.calls[0][3] is wire.calls[1][3]

    async def test_given_metadata_win_over_the_clients_own(self, temporal):
        """What the user gives for all calls wins over ours; what comes with one call is added to it."""
        service = WorkflowService(temporal.transport(), namespace="default", metadata={"client-name": "mine"})
        await service.call(GET_SYSTEM_INFO, INFO, metadata=(("x-trace-bin", b"\x00"),))

        assert temporal.calls[0].metadata["client-name"] == "mine"
        assert temporal.calls[0].metadata["x-trace-bin"] == b"\x00"

    async def test_key_and_metadata_can_be_replaced(self, temporal):
        """Key and metadata can be replaced while the service is in use."""
        service = WorkflowService(temporal.transport(), namespace="default", api_key="a", metadata={"x": "1"})
        await service.call(GET_SYSTEM_INFO, INFO)
        service.replace_api_key("b")
        service.replace_metadata({"y": "2"})
        await service.call(GET_SYSTEM_INFO, INFO)
        service.replace_api_key(None)
        await service.call(GET_SYSTEM_INFO, INFO)

        seen = [(it.metadata.get("authorization"), it.metadata.get("x"), it.metadata.get("y")) for it in temporal.calls]
        assert seen == [("Bearer a", "1", None), ("Bearer b", None, "2"), (None, None, "2")]

    @pytest.mark.parametrize("is_async", [False, True])
    async def test_a_key_function_is_called_before_each_try(self, temporal, is_async):
        """A function is asked for the key before each try, retries included."""
        keys = iter(["first", "second"])

        def key():
            return next(keys)

        async def async_key():
            return next(keys)

        service = WorkflowService(temporal.transport(), namespace="default", api_key=async_key if is_async else key)
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE)
        await service.call(GET_SYSTEM_INFO, INFO, retry=QUICK)

        assert [it.metadata["authorization"] for it in temporal.calls] == ["Bearer first", "Bearer second"]

    async def test_a_key_function_is_called_before_each_poll_of_a_worker(self, temporal):
        """A worker's polls have the key of now, too: they are most of what an idle worker sends."""
        keys = iter(["first", "second"])
        service = WorkflowService(temporal.transport(), namespace="default", api_key=lambda: next(keys))
        temporal.add_task("Any", task_queue="q")
        temporal.add_task("Other", task_queue="q")
        await service.poll(POLL_ACTIVITY_TASK_QUEUE, poll(), LongPoll(), timeout=5.0)
        await service.poll(POLL_ACTIVITY_TASK_QUEUE, poll(), LongPoll(), timeout=5.0)

        assert [it.metadata["authorization"] for it in temporal.calls] == ["Bearer first", "Bearer second"]

    async def test_a_key_function_that_returns_the_same_key_costs_no_new_metadata(self):
        """Metadata are built again when the key changes, and not for each call."""
        wire = Wire(b"")
        service = WorkflowService(wire, namespace="default", api_key=lambda: "same")
        await service.call(GET_SYSTEM_INFO, INFO)
        await service.call(GET_SYSTEM_INFO, INFO)

        assert wire.calls[0][3] is wire.calls[1][3]

    @pytest.mark.parametrize("error", [OSError("vault is away"), asyncio.CancelledError()], ids=repr)
    async def test_a_key_function_that_fails_once_is_called_again(self, temporal, error):
        """A key that could not be had, for whatever reason, is asked for again: the call goes on."""
        answers = ["first", error, "second"]

        async def key():
            answer = answers.pop(0)
            if isinstance(answer, str):
                return answer
            raise answer

        service = WorkflowService(temporal.transport(), namespace="default", api_key=key)
        await service.call(GET_SYSTEM_INFO, INFO, retry=QUICK)
        await service.call(GET_SYSTEM_INFO, INFO, retry=QUICK)

        assert [it.metadata["authorization"] for it in temporal.calls] == ["Bearer first", "Bearer second"]

    async def test_a_key_function_that_never_worked_fails_the_call(self, temporal):
        """A function that fails the first time it is asked is a mistake, and its error comes at once."""

        def key():
            raise KeyError("TOKEN")

        service = WorkflowService(temporal.transport(), namespace="default", api_key=key)

        with pytest.raises(KeyError, match="TOKEN"):
            await service.call(GET_SYSTEM_INFO, INFO, retry=QUICK)
        assert not temporal.calls

    async def test_a_call_can_be_cancelled_while_its_key_function_runs(self, temporal):
        """A call is cancelled while a function looks for the key as it is at any other time."""
        asked = asyncio.Event()

        async def key():
            asked.set()
            await asyncio.Event().wait()

        service = WorkflowService(temporal.transport(), namespace="default", api_key=key)
        call = asyncio.create_task(service.call(GET_SYSTEM_INFO, INFO, retry=QUICK))
        await asked.wait()
        call.cancel()
        await asyncio.wait([call])

        assert call.cancelled()

    @pytest.mark.parametrize(
        "metadata",
        [
            {"Upper": "x"},
            {"grpc-x": "x"},
            {"x": ""},
            {"x": "ü"},
            {"x": b"y"},
            {"x-bin": "y"},
            {"a b": "x"},
            {"user-agent": "x"},
            {"x": " y"},
        ],
        ids=str,
    )
    def test_invalid_metadata_are_refused_when_given(self, metadata):
        """Metadata that gRPC does not allow is refused when it is given, not when it is sent."""
        with pytest.raises(ValueError, match="metadata"):
            WorkflowService(Wire(b""), namespace="default", metadata=metadata)

    def test_an_invalid_api_key_is_not_shown(self):
        """An API key that is not allowed does not appear in the error."""
        with pytest.raises(ValueError, match="authorization") as caught:
            WorkflowService(Wire(b""), namespace="default", api_key="geheim\n")

        assert "geheim" not in str(caught.value)


ALL_METHODS = [it for it in vars(_methods).values() if isinstance(it, Method)]


@pytest.mark.parametrize("method", ALL_METHODS, ids=lambda method: method.name)
def test_a_methods_path_and_messages_are_named_after_it(method):
    """Each method's path and messages are named after it."""
    assert method.path == f"/temporal.api.workflowservice.v1.WorkflowService/{method.name}"
    assert (method.request.__name__, method.response.__name__) == (f"{method.name}Request", f"{method.name}Response")


def test_each_generated_call_has_a_method():
    """There is a constant for each call whose messages are generated."""
    names = {name.removesuffix("Request") for name in _all_messages() if name.endswith("Request")}

    assert names == {method.name for method in ALL_METHODS}


def _all_messages():
    from asyncworker._proto.temporal.api.workflowservice import v1
    from asyncworker._proto.temporal.api.workflowservice.v1 import failures, heartbeats, lazy

    return [*v1.__all__, *failures.__all__, *heartbeats.__all__, *lazy.__all__]
