from __future__ import annotations

import anyio
import pytest
import temporalio.activity
import temporalio.client
import temporalio.service
import temporalio.worker
from anyio import fail_after, wait_all_tasks_blocked

from asyncworker import activity
from asyncworker._proto.temporal.api.common.v1 import ActivityType, Payload
from asyncworker._proto.temporal.api.enums.v1 import TaskQueueKind, TaskQueueType
from asyncworker._proto.temporal.api.errordetails.v1 import NamespaceNotFoundFailure
from asyncworker._proto.temporal.api.failure.v1 import ApplicationFailureInfo, Failure
from asyncworker._proto.temporal.api.nexusservices.workerservice.v1 import ExecuteCommandsRequest
from asyncworker._proto.temporal.api.taskqueue.v1 import TaskQueue
from asyncworker._proto.temporal.api.worker.v1 import WorkerHeartbeat
from asyncworker._proto.temporal.api.workflowservice import v1 as messages
from asyncworker._proto.temporal.api.workflowservice.v1 import lazy
from asyncworker._proto.temporal.wkt import Duration
from asyncworker._rpc import _methods as methods
from asyncworker._rpc._retry import NONE
from asyncworker._wire import decode
from asyncworker.client import Client
from asyncworker.common import Priority, RetryPolicy
from asyncworker.exceptions import RetryState, RPCError, RPCStatusCode, TimeoutType
from asyncworker.testing import FakeTemporal
from asyncworker.testing._fake._payloads import to_payload, to_payloads

TRIES = RetryPolicy(maximum_attempts=3)


@pytest.fixture
async def temporal():
    async with FakeTemporal() as fake:
        yield fake


class Hand:
    """A worker worked by hand."""

    def __init__(self, temporal):
        self.service = temporal.service()

    async def poll(self, queue="q", *, timeout=70.0, **fields):
        request = messages.PollActivityTaskQueueRequest(namespace="default", task_queue=TaskQueue(name=queue), **fields)
        return await self.service.call(methods.POLL_ACTIVITY_TASK_QUEUE, request, timeout=timeout, retry=NONE)

    async def heartbeat(self, task, *values):
        request = messages.RecordActivityTaskHeartbeatRequest(task_token=task.task_token, details=to_payloads(values))
        return await self.service.call(methods.RECORD_ACTIVITY_TASK_HEARTBEAT, request, retry=NONE)

    async def complete(self, task, *values):
        request = messages.RespondActivityTaskCompletedRequest(task_token=task.task_token, result=to_payloads(values))
        return await self.service.call(methods.RESPOND_ACTIVITY_TASK_COMPLETED, request, retry=NONE)

    async def fail(self, task, **fields):
        failure = Failure(message="no", application_failure_info=ApplicationFailureInfo(type="E"))
        request = messages.RespondActivityTaskFailedRequest(task_token=task.task_token, failure=failure, **fields)
        return await self.service.call(methods.RESPOND_ACTIVITY_TASK_FAILED, request, retry=NONE)


@pytest.fixture
def hand(temporal):
    return Hand(temporal)


class TestTasks:
    async def test_of_a_workflow(self, temporal, hand):
        """A task of a workflow names the workflow, and carries arguments, header and priority."""
        temporal.add_task(
            "Pack",
            7,
            None,
            b"raw",
            task_queue="q",
            workflow_id="w",
            header={"k": "v"},
            priority=Priority(priority_key=2),
        )
        task = await hand.poll()

        assert (task.workflow_execution.workflow_id, task.workflow_type.name) == ("w", "Workflow")
        assert (task.activity_type.name, task.activity_run_id, task.attempt) == ("Pack", "", 1)
        assert [payload.data for payload in task.input.payloads] == [b"7", b"", b"raw"]
        assert task.header.fields["k"] == to_payload("v")
        assert task.priority.priority_key == 2

    async def test_a_standalone_task_has_an_activity_run_and_no_workflow(self, temporal, hand):
        """A standalone activity's task has an activity run, and an empty workflow execution."""
        activity = temporal.start_activity("Pack", task_queue="q", activity_id="mine")
        task = await hand.poll()

        assert task.workflow_execution.workflow_id == ""
        assert (task.activity_id, task.activity_run_id) == ("mine", activity.run_id)

    async def test_an_activity_can_be_given_by_its_function(self, temporal, hand):
        """An activity can be given by its declared function."""

        @activity.defn(name="Named")
        async def function() -> None: ...

        temporal.add_task(function, task_queue="q")
        task = await hand.poll()

        assert task.activity_type.name == "Named"
        with pytest.raises(TypeError, match=r"@activity\.defn"):
            temporal.add_task(print, task_queue="q")

    async def test_a_result_can_be_read_as_a_value_or_as_it_came(self, temporal, hand):
        """What the worker answers can be read as values, or as it came."""
        packing = temporal.add_task("Pack", task_queue="q")
        await hand.complete(await hand.poll(), {"packed": True})
        await packing.wait_closed()

        assert packing.is_closed
        assert packing.result == {"packed": True}
        assert packing.result_payloads == [to_payload({"packed": True})]
        assert repr(packing) == "<FakeActivity 'activity-1' [Completed, attempt 1]>"

    @pytest.mark.parametrize("value", [None, b"raw", Payload(metadata={"encoding": b"binary/encrypted"}, data=b"?")])
    async def test_a_result_that_is_no_json_is_read_as_what_it_is(self, temporal, hand, value):
        """``None``, bytes, and what has an encoding that the fake does not know, which stays a payload."""
        packing = temporal.add_task("Pack", task_queue="q")
        await hand.complete(await hand.poll(), value)
        await packing.wait_closed()

        assert packing.result == value

    async def test_a_failed_activity_keeps_its_failure(self, temporal, hand):
        """A failed activity keeps its failure, and why there was no other attempt."""
        packing = temporal.add_task("Pack", task_queue="q")
        await hand.fail(await hand.poll())

        assert packing.failure.message == "no"
        assert packing.retry_state is RetryState.MAXIMUM_ATTEMPTS_REACHED

    async def test_a_poll_that_waits_gets_a_new_task_at_once(self, temporal, hand):
        """A poll that waits gets the task as soon as it is there."""
        async with anyio.create_task_group() as group:

            async def take():
                await hand.complete(await hand.poll(), 1)

            group.start_soon(take)
            await temporal.wait_for("PollActivityTaskQueue")
            packing = temporal.add_task("Pack", task_queue="q")
            await packing.wait_closed()

        assert packing.result == 1

    async def test_a_backlog_suggests_another_poller(self, temporal, hand):
        """While tasks are left over, the server suggests another poller."""
        for _ in range(2):
            temporal.add_task("Pack", task_queue="q")
        first, second = await hand.poll(), await hand.poll()

        assert first.poller_scaling_decision.poll_request_delta_suggestion == 1
        assert second.poller_scaling_decision is None

    async def test_a_poll_that_waited_long_suggests_one_poller_less(self):
        """A poll that had to wait long suggests one poller less."""
        async with FakeTemporal(scaling_wait=0.0) as temporal, anyio.create_task_group() as group:
            tasks = []

            async def take():
                tasks.append(await Hand(temporal).poll())

            group.start_soon(take)
            await temporal.wait_for("PollActivityTaskQueue")
            temporal.add_task("Pack", task_queue="q")

        assert tasks[0].poller_scaling_decision.poll_request_delta_suggestion == -1

    async def test_tasks_of_one_queue_come_in_their_order(self, temporal, hand):
        """Tasks of one queue are handed out in their order, and those of others not at all."""
        temporal.add_task("Pack", task_queue="other")
        for number in range(3):
            temporal.add_task("Pack", task_queue="q", activity_id=str(number))

        assert [(await hand.poll()).activity_id for _ in range(3)] == ["0", "1", "2"]

    async def test_a_poll_without_a_task_gets_an_empty_message(self):
        """A poll with nothing to bring is answered with an empty message."""
        async with FakeTemporal(longest_poll=0.01) as temporal:
            assert await Hand(temporal).poll() == messages.PollActivityTaskQueueResponse()


class TestRetries:
    async def test_a_failed_attempt_is_followed_by_another_at_once(self, temporal, hand):
        """A failed attempt is followed by another at once, which begins with what was last recorded."""
        packing = temporal.add_task("Pack", task_queue="q", retry_policy=RetryPolicy(maximum_attempts=3))
        first = await hand.poll()
        await hand.heartbeat(first, 1)
        await hand.fail(first, last_heartbeat_details=to_payloads([2]))
        second = await hand.poll()

        assert second.attempt == 2
        assert second.heartbeat_details == to_payloads([2])
        assert first.task_token != second.task_token
        assert packing.heartbeats == [[1], [2]]
        assert packing.retry_wait == 1.0

    async def test_in_real_time(self):
        """On request the interval passes."""
        async with FakeTemporal(skip_backoff=False, longest_poll=0.01) as temporal:
            hand = Hand(temporal)
            policy = RetryPolicy(initial_interval=30, maximum_interval=30)
            packing = temporal.add_task("Pack", task_queue="q", retry_policy=policy)
            await hand.fail(await hand.poll())

            assert (await hand.poll()).task_token == b""
            assert (packing.state, packing.retry_wait) == ("Scheduled", 30.0)

    async def test_a_timeout_passes_when_the_test_says_so(self, temporal, hand):
        """A timeout passes when the test says so; the attempt's answer then comes too late."""
        packing = temporal.add_task("Pack", task_queue="q", retry_policy=TRIES, heartbeat_timeout=5)
        first = await hand.poll()
        await hand.heartbeat(first, "half")
        packing.time_out(TimeoutType.HEARTBEAT)

        with pytest.raises(RPCError) as caught:
            await hand.complete(first)
        assert caught.value.status is RPCStatusCode.NOT_FOUND
        assert packing.last_failure.message == "activity Heartbeat timeout"
        assert packing.heartbeat_details == ["half"]
        assert (await hand.poll()).attempt == 2


class TestRequests:
    async def test_a_cancellation_comes_with_the_next_heartbeats_reply(self, temporal, hand):
        """A request to cancel is told by the next heartbeat's reply."""
        packing = temporal.add_task("Pack", task_queue="q")
        task = await hand.poll()
        packing.request_cancel()

        assert (await hand.heartbeat(task)).cancel_requested

    async def test_pause_and_reset(self, temporal, hand):
        """So are a pause and a reset; unpausing takes the first back."""
        packing = temporal.start_activity("Pack", task_queue="q")
        task = await hand.poll()
        packing.pause()
        paused = await hand.heartbeat(task)
        packing.unpause()
        unpaused = await hand.heartbeat(task)
        packing.reset()
        reset = await hand.heartbeat(task)

        assert paused == messages.RecordActivityTaskHeartbeatResponse(activity_paused=True)
        assert unpaused == messages.RecordActivityTaskHeartbeatResponse()
        assert reset == messages.RecordActivityTaskHeartbeatResponse(activity_reset=True)

    async def test_a_terminated_activity_is_not_found(self, temporal, hand):
        """A terminated activity is not found any more."""
        packing = temporal.start_activity("Pack", task_queue="q")
        task = await hand.poll()
        packing.terminate("enough")

        with pytest.raises(RPCError, match="activity not found"):
            await hand.heartbeat(task)
        assert packing.failure.message == "enough"

    async def test_that_do_not_fit(self, temporal):
        """A verb that does not fit the activity's state says so in the server's words."""
        packing = temporal.start_activity("Pack", task_queue="q")
        packing.terminate()

        with pytest.raises(RPCError, match="terminal state Terminated"):
            packing.request_cancel()


class TestWorkers:
    @pytest.mark.parametrize("is_told", [True, False])
    async def test_a_shutdown_ends_the_polls_of_its_worker(self, is_told):
        """Where the namespace says so, a shutdown ends this worker's polls, and any later one at once."""
        capabilities = {"worker_poll_complete_on_shutdown": is_told}
        async with FakeTemporal(capabilities=capabilities, longest_poll=0.3) as temporal:
            hand = Hand(temporal)
            ended = []

            async def poll(key):
                await hand.poll(worker_instance_key=key)
                ended.append(key)

            async with anyio.create_task_group() as group:
                group.start_soon(poll, "mine")
                group.start_soon(poll, "other")
                await temporal.wait_for("PollActivityTaskQueue", count=2)
                request = messages.ShutdownWorkerRequest(
                    namespace="default", worker_instance_key="mine", task_queue_types=[TaskQueueType.ACTIVITY]
                )
                await hand.service.call(methods.SHUTDOWN_WORKER, request)
                await wait_all_tasks_blocked()
                if is_told:
                    with fail_after(0.25):
                        await hand.poll(worker_instance_key="mine")
                ended_early = list(ended)

        assert ended_early == (["mine"] if is_told else [])

    async def test_the_last_worker_heartbeat_of_each_is_kept(self, temporal, hand):
        """What a worker says of itself is kept, the last word of each."""
        for queue in ("a", "b"):
            heartbeat = WorkerHeartbeat(worker_instance_key="mine", task_queue=queue)
            request = messages.RecordWorkerHeartbeatRequest(namespace="default", worker_heartbeat=[heartbeat])
            await hand.service.call(methods.RECORD_WORKER_HEARTBEAT, request)

        assert temporal.worker_heartbeats["mine"].task_queue == "b"

    @pytest.mark.parametrize("verb", ["request_cancel", "terminate"])
    async def test_a_cancellation_reaches_the_worker_by_a_command(self, verb):
        """Where the namespace has worker commands, a cancellation reaches the worker without a heartbeat."""
        queue = "temporal-sys/worker-commands/default/group"
        async with FakeTemporal(capabilities={"worker_commands": True}) as temporal:
            hand = Hand(temporal)
            packing = temporal.add_task("Pack", task_queue="q")
            task = await hand.poll(worker_control_task_queue=queue)
            getattr(packing, verb)()
            request = lazy.PollNexusTaskQueueRequest(
                namespace="default", task_queue=TaskQueue(name=queue, kind=TaskQueueKind.WORKER_COMMANDS)
            )
            command = await hand.service.call(methods.POLL_NEXUS_TASK_QUEUE, request)
            answer = lazy.RespondNexusTaskCompletedRequest(namespace="default", task_token=command.task_token)
            await hand.service.call(methods.RESPOND_NEXUS_TASK_COMPLETED, answer)

        operation = command.request.start_operation
        told = decode(ExecuteCommandsRequest, operation.payload.data)
        assert operation.operation == "ExecuteCommands"
        assert [it.cancel_activity.task_token for it in told.commands] == [task.task_token]

    async def test_namespaces_are_what_the_test_makes_them(self, temporal, hand):
        """Namespaces, capabilities and limits are what the test makes them."""
        temporal.namespaces.add("mine")
        temporal.capabilities.worker_commands = True
        temporal.limits.blob_size_limit_error = 10
        response = await hand.service.call(
            methods.DESCRIBE_NAMESPACE, messages.DescribeNamespaceRequest(namespace="mine")
        )

        assert response.namespace_info.capabilities.worker_commands
        assert response.namespace_info.limits.blob_size_limit_error == 10

    async def test_a_heartbeat_above_the_limit_fails_the_activity(self, temporal, hand):
        """A heartbeat above the limit fails the activity, and its reply tells the worker to give up."""
        packing = temporal.add_task("Pack", task_queue="q")
        task = await hand.poll()
        temporal.limits.blob_size_limit_error = 10

        assert (await hand.heartbeat(task, "x" * 20)).cancel_requested
        assert packing.failure.message == "Heartbeat details exceed size limit."


class TestFaults:
    async def test_the_next_calls_are_refused_as_the_test_says(self, temporal, hand):
        """The next calls of a method are refused as the test says, details included, and those after them not."""
        detail = NamespaceNotFoundFailure(namespace="x")
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.NOT_FOUND, "no", details=[detail])
        temporal.add_task("Pack", task_queue="q")

        with pytest.raises(RPCError) as caught:
            await hand.poll()
        assert (caught.value.message, caught.value.details) == ("no", (detail,))
        assert (await hand.poll()).task_token

    async def test_a_refusal_after_the_work_is_a_lost_reply(self, temporal, hand):
        """A refusal that comes after the work is a reply that was lost."""
        packing = temporal.add_task("Pack", task_queue="q")
        task = await hand.poll()
        temporal.fail_next("RespondActivityTaskCompleted", RPCStatusCode.UNAVAILABLE, applied=True)

        with pytest.raises(RPCError):
            await hand.complete(task)
        assert packing.state == "Completed"

    async def test_a_held_method_answers_when_it_is_released(self, temporal, hand):
        """A method that is held answers when it is let go."""
        packing = temporal.add_task("Pack", task_queue="q")
        task = await hand.poll()
        async with anyio.create_task_group() as group:
            with temporal.hold("RespondActivityTaskCompleted"):
                group.start_soon(hand.complete, task)
                await temporal.wait_for("RespondActivityTaskCompleted")
                await wait_all_tasks_blocked()
                held = packing.state
            await packing.wait_closed()

        assert (held, packing.state) == ("Started", "Completed")

    async def test_a_delayed_method_answers_late(self, temporal, hand):
        """A method that is delayed answers late, here too late."""
        temporal.delay("PollActivityTaskQueue", 30)
        temporal.add_task("Pack", task_queue="q")

        assert (await hand.poll(timeout=0.05)).task_token == b""

    async def test_leaving_in_the_middle(self):
        """The server's end does not wait for calls that were to be delayed."""
        errors = []
        with fail_after(5):
            async with anyio.create_task_group() as group, FakeTemporal() as temporal:

                async def poll():
                    try:
                        await Hand(temporal).poll()
                    except RPCError as error:
                        errors.append(error.status)

                temporal.delay("PollActivityTaskQueue", 30)
                group.start_soon(poll)
                await temporal.wait_for("PollActivityTaskQueue")

        assert errors == [RPCStatusCode.UNAVAILABLE]

    async def test_an_outage_ends_calls_and_keeps_what_was_known(self, temporal, hand):
        """An outage ends calls under way and refuses new ones; what was known is known after it."""
        async with anyio.create_task_group() as group:
            errors = []

            async def poll():
                try:
                    await hand.poll()
                except RPCError as error:
                    errors.append(error.status)

            group.start_soon(poll)
            await temporal.wait_for("PollActivityTaskQueue")
            with temporal.outage():
                await poll()
                await wait_all_tasks_blocked()
        temporal.add_task("Pack", task_queue="q")

        assert errors == [RPCStatusCode.UNAVAILABLE] * 2
        assert (await hand.poll()).task_token

    async def test_connections_can_be_cut_and_made_again(self, temporal):
        """Connections can be cut, in memory and on the port; new ones are made at once."""
        async with await Client.connect(temporal.target) as client:
            hands = [Hand(temporal), Hand(temporal)]
            hands[1].service = client.service
            errors = []

            async def poll(hand):
                try:
                    await hand.poll()
                except RPCError as error:
                    errors.append(error.status)

            async with anyio.create_task_group() as group:
                for hand in hands:
                    group.start_soon(poll, hand)
                await temporal.wait_for("PollActivityTaskQueue", count=2)
                temporal.cut_connections()
            for hand in hands:
                temporal.add_task("Pack", task_queue="q")
                assert (await hand.poll()).task_token

        assert errors == [RPCStatusCode.UNAVAILABLE] * 2

    @pytest.mark.parametrize("verb", ["requests", "hold"])
    async def test_a_misspelt_method_is_named_with_those_that_exist(self, temporal, verb):
        """A method that does not exist is told with those that do."""
        with pytest.raises(ValueError, match=r"'Poll'; there are .*PollActivityTaskQueue"):
            getattr(temporal, verb)("Poll")


class TestRecord:
    async def test_calls_are_kept_in_their_order(self, temporal, hand):
        """Calls are kept in their order with what came with them."""
        temporal.add_task("Pack", task_queue="q")
        task = await hand.poll(identity="me")
        await hand.complete(task)

        assert [call.method for call in temporal.calls] == ["PollActivityTaskQueue", "RespondActivityTaskCompleted"]
        assert temporal.requests("PollActivityTaskQueue")[0].identity == "me"
        assert temporal.calls[0].metadata["client-name"] == "asyncworker"
        assert repr(temporal) == "<FakeTemporal [1 activities, 2 calls]>"

    async def test_waiting_in_vain(self, temporal, hand):
        """Waiting is given up in words that say what there was instead."""
        temporal.add_task("Pack", task_queue="q")
        await hand.poll()

        with pytest.raises(TimeoutError, match=r"2 calls of PollActivityTaskQueue, and saw 1; .*PollActivity"):
            await temporal.wait_for("PollActivityTaskQueue", count=2, timeout=0.01)
        with pytest.raises(TimeoutError, match=r"its end of <FakeActivity 'activity-1' \[Started"):
            await temporal.activities[0].wait_closed(timeout=0.01)

    async def test_waits_without_a_timeout_of_their_own_take_as_long_as_the_fake_was_told(self):
        """Tests that start processes give them more time than the default, in one place."""
        async with FakeTemporal(wait_timeout=0.01) as temporal:
            with pytest.raises(TimeoutError, match=r"waited 0.01 s for its end"):
                await temporal.add_task("Pack", task_queue="q").wait_closed()


class TestClients:
    async def test_over_its_port(self, temporal):
        """Any client can come in over the port: here ours, over its own transport, starts and hears the outcome."""
        hand = Hand(temporal)
        async with await Client.connect(temporal.target) as client, anyio.create_task_group() as group:

            async def work():
                await hand.complete(await hand.poll(), "packed")

            group.start_soon(work)
            result = await client.execute_activity(
                "Pack", id="7", task_queue="q", start_to_close_timeout=5, result_type=str
            )

        assert result == "packed"

    async def test_an_unknown_method_is_unimplemented(self, temporal):
        """A call that is not there is UNIMPLEMENTED, as with an older server."""
        async with await Client.connect(temporal.target) as client:
            with pytest.raises(RPCError, match="unknown method Dance for service") as caught:
                await client.service.transport.unary("/temporal.Floor/Dance", b"", timeout=5)

        assert caught.value.status is RPCStatusCode.UNIMPLEMENTED

    async def test_a_client_in_memory_needs_no_port(self, temporal):
        """A client in memory needs no port."""
        client = temporal.client(identity="me")
        handle = await client.start_activity("Pack", id="7", task_queue="q", start_to_close_timeout=5)
        await handle.cancel()

        assert temporal.requests("StartActivityExecution")[0].identity == "me"
        assert temporal.activities[0].state == "Canceled"

    async def test_list_and_count(self, temporal, hand):
        """Lists are filtered by equalities, the newest first, page by page; counts can be grouped."""
        for number in range(3):
            temporal.start_activity("Pack", task_queue="q", activity_id=str(number))
        await hand.complete(await hand.poll())

        async def listed(query, **fields):
            request = lazy.ListActivityExecutionsRequest(namespace="default", query=query, **fields)
            response = await hand.service.call(methods.LIST_ACTIVITY_EXECUTIONS, request)
            return [it.activity_id for it in response.executions], response.next_page_token

        page, token = await listed("TaskQueue='q' AND ExecutionStatus != 'Completed'", page_size=1)
        rest, end = await listed("TaskQueue='q' AND ExecutionStatus != 'Completed'", page_size=1, next_page_token=token)
        request = lazy.CountActivityExecutionsRequest(namespace="default", query="GROUP BY ExecutionStatus")
        count = await hand.service.call(methods.COUNT_ACTIVITY_EXECUTIONS, request)

        assert (page, rest, end) == (["2"], ["1"], b"")
        assert [(it.group_values[0].data, it.count) for it in count.groups] == [(b'"Completed"', 1), (b'"Running"', 2)]

    async def test_describe_waits_for_a_change(self, temporal, hand):
        """A description asked for with the last one's token comes when something has changed."""
        packing = temporal.start_activity("Pack", task_queue="q")

        async def describe(token=b""):
            request = lazy.DescribeActivityExecutionRequest(
                namespace="default", activity_id=packing.activity_id, run_id=packing.run_id, long_poll_token=token
            )
            return await hand.service.call(methods.DESCRIBE_ACTIVITY_EXECUTION, request, timeout=30)

        first = await describe()
        async with anyio.create_task_group() as group:
            seen = []

            async def watch():
                seen.append(await describe(first.long_poll_token))

            group.start_soon(watch)
            await temporal.wait_for("DescribeActivityExecution", count=2)
            packing.pause()

        assert seen[0].info.status == lazy_status("PAUSED")

    async def test_message_of_the_wire(self, temporal, hand):
        """A start over the wire is the server's, with its defaults: as many attempts as it takes."""
        request = lazy.StartActivityExecutionRequest(
            namespace="default",
            activity_id="7",
            activity_type=ActivityType(name="Pack"),
            task_queue=TaskQueue(name="q"),
            schedule_to_close_timeout=Duration(seconds=5),
        )
        await hand.service.call(methods.START_ACTIVITY_EXECUTION, request)
        task = await hand.poll()

        assert task.retry_policy.maximum_attempts == 0
        assert task.start_to_close_timeout == Duration(seconds=5)


class TestOfficialSDK:
    async def test_the_official_worker_takes_it_for_a_server(self):
        """The official SDK's worker takes it for a server: polls, heartbeats, commands and shutdown included."""
        capabilities = {"worker_poll_complete_on_shutdown": True, "worker_commands": True}
        async with FakeTemporal(capabilities=capabilities) as temporal:
            client = await temporalio.client.Client.connect(
                temporal.target, grpc_compression=temporalio.service.GrpcCompression.NONE
            )
            activities = [official_pack, official_wait]
            async with temporalio.worker.Worker(client, task_queue="q", activities=activities):
                packing = temporal.add_task("official_pack", 7, task_queue="q")
                waiting = temporal.add_task("official_wait", task_queue="q")
                await packing.wait_closed()
                heartbeats = await waiting.wait_for_heartbeat()
                waiting.request_cancel()
                await waiting.wait_closed()

        assert packing.result == "packed 7"
        assert (heartbeats, waiting.state) == ([["waiting"]], "Canceled")


@temporalio.activity.defn
async def official_pack(number: int) -> str:
    return f"packed {number}"


@temporalio.activity.defn
async def official_wait() -> None:
    temporalio.activity.heartbeat("waiting")
    await anyio.sleep_forever()


def lazy_status(name):
    from asyncworker._proto.temporal.api.enums.v1.lazy import ActivityExecutionStatus

    return ActivityExecutionStatus[name]


def test_payload_as_it_is():
    """A payload among the values is passed on as it is."""
    payload = Payload(metadata={"encoding": b"binary/encrypted"}, data=b"?")

    assert to_payload(payload) is payload
