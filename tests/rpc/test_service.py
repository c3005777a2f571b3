from __future__ import annotations

import asyncio
import gzip
import logging
from asyncio import get_running_loop

import anyio
import pytest
from anyio import fail_after
from http2_peer import OK_HEAD, message
from posted import Answer
from scripted_server import ScriptedServer

from asyncworker._proto.temporal.api.common.v1 import Payload, Payloads
from asyncworker._proto.temporal.api.errordetails.v1 import NamespaceNotFoundFailure, NotFoundFailure
from asyncworker._proto.temporal.api.taskqueue.v1 import TaskQueue
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    GetSystemInfoRequest,
    PollActivityTaskQueueRequest,
    PollActivityTaskQueueResponse,
    RespondActivityTaskCompletedRequest,
)
from asyncworker._rpc import _methods
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
from asyncworker._wire import encode
from asyncworker._wire_primitives import varint
from asyncworker.exceptions import RPCError, RPCStatusCode
from asyncworker.testing import FakeTemporal

QUICK = RetryRules(backoff=Backoff(0.001, 0.001), throttled=Backoff(0.001, 0.001))
INFO = GetSystemInfoRequest()


@pytest.fixture
async def temporal():
    async with FakeTemporal() as fake:
        yield fake


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


class TestCall:
    async def test_response(self, temporal):
        """A call returns the typed response."""
        response = await temporal.service().call(GET_SYSTEM_INFO, INFO)

        assert response.server_version == "1.32.0"

    async def test_deadline_is_told(self, temporal):
        """The server knows how much time a call has: ten seconds, seventy for a long poll, or what is said."""
        service = temporal.service()
        await service.call(GET_SYSTEM_INFO, INFO)
        await service.call(GET_SYSTEM_INFO, INFO, timeout=3.0)
        await service.call(GET_SYSTEM_INFO, INFO, until=get_running_loop().time() + 2.0)
        temporal.add_task("Any", task_queue="q")
        await service.call(POLL_ACTIVITY_TASK_QUEUE, poll())

        # grpclib tells whole seconds.
        assert [call.remaining for call in temporal.calls] == pytest.approx([10, 3, 2, 70], abs=1.5)

    async def test_error_details(self, temporal):
        """An error has the server's status and words, and its details decoded."""
        with pytest.raises(RPCError) as caught:
            await temporal.service().call(DESCRIBE_NAMESPACE, DescribeNamespaceRequest(namespace="nope"))

        assert str(caught.value) == "NOT_FOUND: Namespace nope is not found."
        assert caught.value.details == (NamespaceNotFoundFailure(namespace="nope"),)

    async def test_garbled_response(self):
        """A response that is none is the server's internal error, not ours."""
        with pytest.raises(RPCError, match="GetSystemInfoResponse") as caught:
            await WorkflowService(Wire(b"\xff"), namespace="default").call(GET_SYSTEM_INFO, INFO)

        assert caught.value.status is RPCStatusCode.INTERNAL

    @pytest.mark.parametrize("cause", ["too much", "garbled"])
    async def test_a_task_in_a_useless_answer_is_named(self, cause):
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

    async def test_only_a_poll_names_a_task(self):
        """What begins another method's answer is no task's token."""
        answer = encode(PollActivityTaskQueueResponse(task_token=b"token")) + b"\xff"

        with pytest.raises(RPCError) as caught:
            await WorkflowService(Wire(answer), namespace="default").call(GET_SYSTEM_INFO, INFO)

        assert caught.value._task_token == b""

    async def test_a_task_in_an_answer_that_is_cut_is_named(self):
        """A connection that is lost in the middle of a poll's answer leaves the token of the task in it."""
        answer = encode(PollActivityTaskQueueResponse(task_token=b"token", activity_id="x" * 1000))

        def cut(connection, stream_id):
            connection.say(connection.head(stream_id), frames.frame(frames.DATA, 0, stream_id, message(answer)[:100]))
            connection.transport.close()

        error = await refused_poll(ScriptedServer(cut))

        assert error.status is RPCStatusCode.UNAVAILABLE
        assert error._task_token == b"token"

    @pytest.mark.parametrize("body", ["bomb", "damaged"])
    async def test_a_task_in_a_compressed_answer_is_named(self, body):
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

    async def test_silent_long_poll(self, temporal):
        """A long poll that is not answered in its time had nothing to say."""
        with temporal.hold("PollActivityTaskQueue"):
            response = await temporal.service().call(POLL_ACTIVITY_TASK_QUEUE, poll(), timeout=0.05, retry=POLL)

        assert response == PollActivityTaskQueueResponse()

    async def test_cancelling(self, temporal):
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


class TestRetry:
    async def test_trouble_passes(self, temporal):
        """Trouble is met with patience: the caller sees the answer only."""
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE, times=2)

        response = await temporal.service().call(GET_SYSTEM_INFO, INFO, retry=QUICK)

        assert response.server_version == "1.32.0"
        assert len(temporal.requests("GetSystemInfo")) == 3

    async def test_answers_are_final(self, temporal):
        """A refusal that is an answer is passed on after one try."""
        temporal.fail_next("GetSystemInfo", RPCStatusCode.INVALID_ARGUMENT, "no", times=2)
        service = temporal.service()

        with pytest.raises(RPCError, match="no"):
            await service.call(GET_SYSTEM_INFO, INFO, retry=QUICK)

        assert len(temporal.requests("GetSystemInfo")) == 1

    async def test_until(self, temporal):
        """With *until* a call is over by then, and its error says what was wrong, not that the time is over."""
        service = temporal.service()
        with temporal.outage(), fail_after(5), pytest.raises(RPCError, match="away"):
            await service.call(GET_SYSTEM_INFO, INFO, retry=QUICK, until=get_running_loop().time() + 0.1)

        assert len(temporal.requests("GetSystemInfo")) > 1

    async def test_no_time_left(self):
        """A call whose end has passed is not made at all."""
        wire = Wire(b"")
        with pytest.raises(RPCError) as caught:
            await WorkflowService(wire, namespace="default").call(
                GET_SYSTEM_INFO, INFO, until=get_running_loop().time() - 1
            )

        assert caught.value.status is RPCStatusCode.DEADLINE_EXCEEDED
        assert wire.calls == []

    async def test_refusals_before_the_first_success(self, temporal):
        """Polls of an unknown namespace, or with bad credentials, fail at once if none has ever succeeded."""
        request = PollActivityTaskQueueRequest(namespace="nope", task_queue=TaskQueue(name="q"))
        with fail_after(5), pytest.raises(RPCError, match="Namespace nope is not found"):
            await temporal.service().call(POLL_ACTIVITY_TASK_QUEUE, request, retry=POLL)

    async def test_refusals_after_a_success(self, temporal):
        """Once polls have succeeded a refusal is borne for a while."""
        service = temporal.service()
        rules = RetryRules(backoff=Backoff(0.001, 0.001), refusals=POLL.refusals, grace=60.0)
        temporal.add_task("Any", task_queue="q")
        await service.call(POLL_ACTIVITY_TASK_QUEUE, poll(), retry=rules)
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.UNAUTHENTICATED, times=3)
        temporal.add_task("Any", task_queue="q")

        response = await service.call(POLL_ACTIVITY_TASK_QUEUE, poll(), retry=rules)

        assert response.activity_id == "activity-2"

    async def test_reply_lost_on_its_way(self, temporal):
        """A completion whose reply is lost is repeated, and told that the attempt is over: the work is not lost."""
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

    async def test_told_once(self, temporal, caplog):
        """The operator hears of the same trouble once a minute, not once a try."""
        caplog.set_level(logging.DEBUG, "asyncworker._rpc._caller")
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE, "gone", times=3)

        await temporal.service().call(GET_SYSTEM_INFO, INFO, retry=QUICK)

        assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG", "DEBUG"]
        assert "GetSystemInfo failed" in caplog.records[0].getMessage()


class TestPost:
    """Calls that nobody awaits."""

    async def test_response(self, temporal):
        """Whoever is told is told the typed response."""
        response = await posted(temporal.service())

        assert response.server_version == "1.32.0"

    async def test_trouble_passes(self, temporal):
        """Trouble is met with patience: the receiver hears of the answer only."""
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE, times=2)

        response = await posted(temporal.service())

        assert response.server_version == "1.32.0"
        assert len(temporal.requests("GetSystemInfo")) == 3

    async def test_answers_are_final(self, temporal):
        """A refusal that is an answer is passed on after one try, its details decoded."""
        answer = Answer()
        temporal.service().call_nowait(
            DESCRIBE_NAMESPACE, DescribeNamespaceRequest(namespace="nope"), answer, retry=QUICK
        )

        with pytest.raises(RPCError, match="Namespace nope is not found") as caught:
            await answer.outcome
        assert caught.value.details == (NamespaceNotFoundFailure(namespace="nope"),)
        assert len(temporal.requests("DescribeNamespace")) == 1

    async def test_garbled_response(self):
        """A response that is none is the server's internal error."""
        with pytest.raises(RPCError, match="GetSystemInfoResponse") as caught:
            await posted(WorkflowService(Wire(b"\xff"), namespace="default"))

        assert caught.value.status is RPCStatusCode.INTERNAL

    async def test_until(self, temporal):
        """With *until* the call is over by then, and its error says what was wrong."""
        with temporal.outage(), fail_after(5), pytest.raises(RPCError, match="away"):
            await posted(temporal.service(), until=get_running_loop().time() + 0.1)

        assert len(temporal.requests("GetSystemInfo")) > 1

    async def test_no_time_left(self):
        """A call whose end has passed is not made at all, and the receiver is told so."""
        wire = Wire(b"")
        with pytest.raises(RPCError) as caught:
            await posted(WorkflowService(wire, namespace="default"), until=get_running_loop().time() - 1)

        assert caught.value.status is RPCStatusCode.DEADLINE_EXCEEDED
        assert wire.calls == []

    async def test_key_from_a_function(self, temporal):
        """A function is asked for the key before each try, retries included."""
        keys = iter(["first", "second"])
        service = WorkflowService(temporal.transport(), namespace="default", api_key=lambda: next(keys))
        temporal.fail_next("GetSystemInfo", RPCStatusCode.UNAVAILABLE)

        await posted(service)

        assert [it.metadata["authorization"] for it in temporal.calls] == ["Bearer first", "Bearer second"]

    async def test_key_from_a_function_that_never_worked(self, temporal):
        """The receiver is told of a mistake in a function for the key."""

        def key():
            raise KeyError("TOKEN")

        with pytest.raises(RPCError, match="TOKEN") as caught:
            await posted(WorkflowService(temporal.transport(), namespace="default", api_key=key))
        assert isinstance(caught.value.__cause__, KeyError)

    @pytest.mark.parametrize("begins", [True, False])
    async def test_cancelled_by_a_stranger(self, begins):
        """The receiver is told also when somebody cancels whatever tasks there are, and nothing is begun anew."""
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


async def posted(service, **options):
    """Have a call made that nobody awaits, and wait for what its receiver is told."""
    answer = Answer()
    service.call_nowait(GET_SYSTEM_INFO, INFO, answer, retry=QUICK, **options)
    assert not answer.told
    try:
        return await answer.outcome
    finally:
        assert len(answer.told) == 1


class TestMetadata:
    async def test_who_calls(self, temporal):
        """The server is told who calls, by a name whose version it does not check, and for which namespace."""
        await temporal.service().call(GET_SYSTEM_INFO, INFO)

        metadata = temporal.calls[0].metadata
        assert (metadata["client-name"], metadata["temporal-namespace"]) == ("asyncworker", "default")
        assert "authorization" not in metadata

    async def test_the_same_object(self):
        """Calls without metadata of their own share one tuple, so that a transport can keep its encoding."""
        wire = Wire(b"")
        service = WorkflowService(wire, namespace="default", api_key="k")
        await service.call(GET_SYSTEM_INFO, INFO)
        await service.call(GET_SYSTEM_INFO, INFO)

        assert wire.calls[0][3] is wire.calls[1][3]

    async def test_own_and_extra(self, temporal):
        """What the user gives for all calls wins over ours; what comes with one call is added to it."""
        service = WorkflowService(temporal.transport(), namespace="default", metadata={"client-name": "mine"})
        await service.call(GET_SYSTEM_INFO, INFO, metadata=(("x-trace-bin", b"\x00"),))

        assert temporal.calls[0].metadata["client-name"] == "mine"
        assert temporal.calls[0].metadata["x-trace-bin"] == b"\x00"

    async def test_replaced(self, temporal):
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
    async def test_key_from_a_function(self, temporal, is_async):
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

    @pytest.mark.parametrize("error", [OSError("vault is away"), asyncio.CancelledError()], ids=repr)
    async def test_key_from_a_function_that_fails_once(self, temporal, error):
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

    async def test_key_from_a_function_that_never_worked(self, temporal):
        """A function that fails the first time it is asked is a mistake, and its error comes at once."""

        def key():
            raise KeyError("TOKEN")

        service = WorkflowService(temporal.transport(), namespace="default", api_key=key)

        with pytest.raises(KeyError, match="TOKEN"):
            await service.call(GET_SYSTEM_INFO, INFO, retry=QUICK)
        assert not temporal.calls

    async def test_cancelling_a_call_that_asks_for_its_key(self, temporal):
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
        [{"Upper": "x"}, {"grpc-x": "x"}, {"x": ""}, {"x": "ü"}, {"x": b"y"}, {"x-bin": "y"}, {"a b": "x"}],
        ids=str,
    )
    def test_refused(self, metadata):
        """Metadata that gRPC does not allow is refused when it is given, not when it is sent."""
        with pytest.raises(ValueError, match="metadata"):
            WorkflowService(Wire(b""), namespace="default", metadata=metadata)

    def test_secret(self):
        """An API key that is not allowed does not appear in the error."""
        with pytest.raises(ValueError, match="authorization") as caught:
            WorkflowService(Wire(b""), namespace="default", api_key="geheim\n")

        assert "geheim" not in str(caught.value)


ALL_METHODS = [it for it in vars(_methods).values() if isinstance(it, Method)]


@pytest.mark.parametrize("method", ALL_METHODS, ids=lambda method: method.name)
def test_method(method):
    """Each method's path and messages are named after it."""
    assert method.path == f"/temporal.api.workflowservice.v1.WorkflowService/{method.name}"
    assert (method.request.__name__, method.response.__name__) == (f"{method.name}Request", f"{method.name}Response")


def test_every_call_of_the_script():
    """There is a constant for each call whose messages are generated."""
    names = {name.removesuffix("Request") for name in _all_messages() if name.endswith("Request")}

    assert names == {method.name for method in ALL_METHODS}


def _all_messages():
    from asyncworker._proto.temporal.api.workflowservice import v1
    from asyncworker._proto.temporal.api.workflowservice.v1 import lazy

    return [*v1.__all__, *lazy.__all__]
