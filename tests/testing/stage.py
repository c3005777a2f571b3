"""A stage for scenes that are played with a real server and with FakeTemporal, and a transcript of what was said."""

from __future__ import annotations

import re
import uuid
from typing import Any, Self

import anyio
import betterproto2
from schedule import Schedule
from temporalio.client import Client
from temporalio.worker import Worker

from asyncworker._proto.temporal.api.common.v1 import (
    ActivityType,
    Payload,
    Payloads,
    RetryPolicy,
    WorkflowExecution,
)
from asyncworker._proto.temporal.api.enums.v1 import TaskQueueKind
from asyncworker._proto.temporal.api.failure.v1 import ApplicationFailureInfo, Failure
from asyncworker._proto.temporal.api.taskqueue.v1 import TaskQueue
from asyncworker._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from asyncworker._proto.temporal.wkt import Duration, Timestamp
from asyncworker._rpc import _methods
from asyncworker._rpc._grpclib import GrpclibTransport
from asyncworker._rpc._retry import NONE
from asyncworker._rpc._service import WorkflowService
from asyncworker._rpc._target import Target, parse_address
from asyncworker.common import RetryPolicy as OurRetryPolicy
from asyncworker.exceptions import RPCError, TimeoutType
from asyncworker.testing import FakeActivity, FakeTemporal

METHODS = {it.name: it for it in vars(_methods).values() if isinstance(it, _methods.Method)}
NAMESPACED = {name for name, method in METHODS.items() if "namespace" in method.request.__dataclass_fields__}

# What differs from one run to the next, or is a measure of the server's own inner life.
UNTOLD = {
    "current_retry_interval",
    "execution_duration",
    "last_worker_identity",
    "poller_scaling_decision",
    "sdk_name",
    "sdk_version",
    "search_attributes",
    "state_size_bytes",
    "state_transition_count",
    "workflow_run_id",
}
# Of a workflow's activity, in seconds.
TIMEOUTS = {
    "start_to_close_timeout": 60.0,
    "schedule_to_close_timeout": 100.0,
    "schedule_to_start_timeout": 100.0,
    "heartbeat_timeout": 30.0,
}
ONLY_THAT_IT_IS_THERE = {"task_token", "long_poll_token", "run_id", "activity_run_id", "start_request_id"}


def json(text: str) -> Payloads:
    return Payloads(payloads=[Payload(metadata={"encoding": b"json/plain"}, data=text.encode())])


def failure(**options: Any) -> Failure:
    return Failure(message="did not work", application_failure_info=ApplicationFailureInfo(type="Trouble", **options))


class Stage:
    """Calls to one server, and a transcript of them."""

    def __init__(self, service: WorkflowService) -> None:
        self.service = service
        self.unique = uuid.uuid4().hex[:12]
        self.task_queue = f"queue-{self.unique}"
        self.activity_id = f"activity-{self.unique}"
        self.run_id = ""
        self.workflow_id = ""
        self.transcript: list[Any] = []

    async def say(self, name: str, *, timeout: float = 10.0, **fields: Any) -> Any:
        """Make a call, and write down what came of it."""
        method = METHODS[name]
        if name in NAMESPACED:
            fields.setdefault("namespace", "default")
        try:
            response = await self._call(method, method.request(**fields), timeout)
        except RPCError as error:
            details = [(type(it).__name__, self.plain(it)) for it in error.details]
            self.transcript.append((name, error.status.name, self.hide(error.message), details))
            return None
        self.transcript.append((name, self.plain(response)))
        return response

    async def _call(self, method: _methods.Method[Any, Any], request: Any, timeout: float) -> Any:
        while True:
            try:
                return await self.service.call(method, request, timeout=timeout, retry=NONE)
            except RPCError as error:
                # A server that is short of time for a call refuses it so; it is to be made again.
                if error.message != "Workflow is busy.":
                    raise

    async def start(self, **fields: Any) -> Any:
        """Start a standalone activity."""
        defaults = {
            "activity_id": self.activity_id,
            "activity_type": ActivityType(name="Some"),
            "task_queue": self.queue,
            "start_to_close_timeout": Duration(seconds=60),
            "heartbeat_timeout": Duration(seconds=30),
            "request_id": uuid.uuid4().hex,
            "identity": "starter",
            # As short as can be: the real server sleeps about a second all the same.
            "retry_policy": RetryPolicy(initial_interval=Duration(nanos=1_000_000), maximum_attempts=3),
        }
        started = await self.say("StartActivityExecution", **{**defaults, **fields})
        self.run_id = "" if started is None else started.run_id
        return started

    async def poll(self, **fields: Any) -> PollActivityTaskQueueResponse:
        """Take a task; it has time to come, on a busy machine too."""
        fields.setdefault("timeout", 40.0)
        return await self.say("PollActivityTaskQueue", task_queue=self.queue, identity="worker", **fields)

    async def wait_for_run_state(self, name: str) -> None:
        """Wait until the activity is in a state; nothing is written down."""
        method = METHODS["DescribeActivityExecution"]
        request = method.request(namespace="default", activity_id=self.activity_id)
        with anyio.fail_after(30):
            while True:
                response = await self.service.call(method, request, timeout=10.0, retry=NONE)
                if response.info.run_state.name == name:
                    return
                await anyio.sleep(0.2)

    async def wait_for_outcome(self) -> None:
        """Wait until the activity has closed, and write down how."""
        await self.say("PollActivityExecution", activity_id=self.activity_id, timeout=30.0)

    async def describe(self) -> None:
        """Write down how the activity stands."""
        await self.say(
            "DescribeActivityExecution",
            activity_id=self.activity_id,
            include_input=True,
            include_outcome=True,
            include_heartbeat_details=True,
            include_last_failure=True,
        )

    async def wait_for_change(self, token: bytes, *, timeout: float = 10.0) -> bytes:
        """Describe the activity, with a token after a change; write down what a watch reads, and return the token."""
        method = METHODS["DescribeActivityExecution"]
        request = method.request(
            namespace="default", activity_id=self.activity_id, run_id=self.run_id, long_poll_token=token
        )
        response = await self.service.call(method, request, timeout=timeout, retry=NONE)
        if response.info is None:
            self.transcript.append("no change")
            return token
        info = response.info
        said = (
            info.status.name,
            info.run_state.name,
            info.attempt,
            info.total_heartbeat_count,
            info.state_transition_count,
        )
        self.transcript.append((*said, bool(response.long_poll_token)))
        new: bytes = response.long_poll_token
        return new

    async def wait_for_event(
        self, events: int, *, token: bytes = b"", page_size: int = 0, timeout: float = 10.0, until: str = ""
    ) -> bytes:
        """Wait for events of the run, or for one of a type; write down what a watch reads, and return the token.

        A workflow's own tasks are not in it: what they lead to is.
        """
        method = METHODS["GetWorkflowExecutionHistory"]
        seen: list[str] = []
        while True:
            request = method.request(
                namespace="default",
                execution=WorkflowExecution(workflow_id=self.workflow_id),
                maximum_page_size=page_size,
                next_page_token=token,
                wait_new_event=True,
                history_event_filter_type=events,
            )
            response = await self.service.call(method, request, timeout=timeout, retry=NONE)
            found = [] if response.history is None else response.history.events
            seen += [event.event_type.name for event in found]
            token = response.next_page_token
            if not until or until in seen:
                break
        told = [name for name in seen if name.startswith(("ACTIVITY_TASK_CANCEL", "WORKFLOW_EXECUTION_TERMINATED"))]
        self.transcript.append((told, bool(token)))
        return token

    async def describe_run(self) -> None:
        """Write down how the activities of the run stand."""
        method = METHODS["DescribeWorkflowExecution"]
        request = method.request(namespace="default", execution=WorkflowExecution(workflow_id=self.workflow_id))
        response = await self.service.call(method, request, timeout=10.0, retry=NONE)
        assert response.workflow_execution_info is not None
        # What an ended run still lists is of no use.
        listed = response.pending_activities if response.workflow_execution_info.status.name == "RUNNING" else []
        pending = [(self.hide(it.activity_id), it.state.name, it.attempt) for it in listed]
        self.transcript.append((response.workflow_execution_info.status.name, pending))

    async def about(self, verb: str, **fields: Any) -> None:
        """Make a call about the activity by its id."""
        if self.workflow_id:
            fields["workflow_id"] = self.workflow_id
        await self.say(verb, activity_id=self.activity_id, **fields)

    @property
    def queue(self) -> TaskQueue:
        return TaskQueue(name=self.task_queue, kind=TaskQueueKind.NORMAL)

    def hide(self, text: str) -> str:
        # A message's size depends on the length of its token.
        return re.sub(r"larger than max \(\d+", "larger than max (N", text.replace(self.unique, "UNIQUE"))

    def plain(self, value: Any, name: str = "") -> Any:
        """What a message says, without what differs from one run to the next."""
        if name in ONLY_THAT_IT_IS_THERE:
            return bool(value)
        if isinstance(value, Timestamp):
            return "some time"
        if isinstance(value, Duration):
            return value.seconds + value.nanos / 1e9
        if isinstance(value, betterproto2.Message):
            said = {field: getattr(value, field) for field in value._betterproto.sorted_field_names}
            return {
                field: self.plain(content, field)
                for field, content in said.items()
                if content and field not in UNTOLD and not (isinstance(content, Duration) and content == Duration())
            }
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if isinstance(value, str):
            return self.hide(value)
        return value

    # An activity of a workflow

    async def schedule(self, **options: Any) -> None:
        """Let a workflow schedule an activity."""
        raise NotImplementedError

    async def request_cancel(self) -> None:
        """Let the workflow ask for its activity's cancellation."""
        raise NotImplementedError

    async def terminate_workflow(self) -> None:
        """End the workflow."""
        raise NotImplementedError

    async def time_out(self, timeout_type: TimeoutType, seconds: float) -> None:
        """Let a timeout of so many seconds pass."""
        # The server's timers are exact to about half a second.
        await self.wait(seconds + 1.2)

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await anyio.sleep(seconds)


class FakeStage(Stage):
    """A stage before FakeTemporal."""

    def __init__(self, temporal: FakeTemporal) -> None:
        super().__init__(temporal.service())
        self.temporal = temporal
        self.scheduled: FakeActivity | None = None

    async def schedule(self, *, maximum_attempts: int = 3, **timeouts: float) -> None:  # type: ignore[override]
        self.workflow_id = f"workflow-{self.unique}"
        self.scheduled = self.temporal.add_task(
            "Some",
            "in",
            task_queue=self.task_queue,
            workflow_id=self.workflow_id,
            workflow_type="Schedule",
            activity_id=self.activity_id,
            **{**TIMEOUTS, **timeouts},
            retry_policy=OurRetryPolicy(initial_interval=0.001, maximum_attempts=maximum_attempts),
        )

    async def request_cancel(self) -> None:
        assert self.scheduled is not None
        self.scheduled.request_cancel()

    async def terminate_workflow(self) -> None:
        assert self.scheduled is not None
        self.scheduled.terminate()


class VirtualStage(FakeStage):
    """A stage before a FakeTemporal in virtual time."""

    async def say(self, name: str, *, timeout: float = 10.0, **fields: Any) -> Any:
        response = await super().say(name, timeout=timeout, **fields)
        # Else all calls come at the same time, which those to a real server do not.
        await anyio.sleep(0.005)
        return response


class ManualStage(FakeStage):
    """A stage before a FakeTemporal whose timeouts pass by hand."""

    async def time_out(self, timeout_type: TimeoutType, seconds: float) -> None:
        activity = next(it for it in self.temporal.activities if it.activity_id == self.activity_id)
        activity.time_out(timeout_type)


class ServerStage(Stage):
    """A stage before a real server."""

    def __init__(self, transport: GrpclibTransport, client: Client) -> None:
        super().__init__(WorkflowService(transport, namespace="default"))
        self.client = client

    async def schedule(self, *, maximum_attempts: int = 3, **timeouts: float) -> None:  # type: ignore[override]
        self.workflow_id = f"workflow-{self.unique}"
        await self.client.start_workflow(
            Schedule.run,
            args=[self.task_queue, self.activity_id, {**TIMEOUTS, **timeouts}, maximum_attempts],
            id=self.workflow_id,
            task_queue=WORKFLOWS,
        )

    async def request_cancel(self) -> None:
        await self.client.get_workflow_handle(self.workflow_id).signal(Schedule.cancel)
        # The workflow's answer to the signal is what asks for the cancellation.
        with anyio.fail_after(10):
            while not await self._is_cancel_requested():  # noqa: ASYNC110 - the server has no event for it
                await anyio.sleep(0.02)

    async def _is_cancel_requested(self) -> bool:
        description = await self.client.get_workflow_handle(self.workflow_id).describe()
        return description.raw_description.pending_activities[0].state == CANCEL_REQUESTED

    async def terminate_workflow(self) -> None:
        await self.client.get_workflow_handle(self.workflow_id).terminate()


WORKFLOWS = f"workflows-{uuid.uuid4().hex[:8]}"
CANCEL_REQUESTED = 3


class Theatre:
    """Holds what stages before one real server share: a transport, and a worker for the workflow."""

    def __init__(self, target: str) -> None:
        self.target = target

    async def __aenter__(self) -> Self:
        self.transport = GrpclibTransport.to(Target(*parse_address(self.target)))
        self.client = await Client.connect(self.target)
        self.worker = Worker(self.client, task_queue=WORKFLOWS, workflows=[Schedule])
        await self.worker.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.worker.__aexit__(*exc_info)
        await self.transport.close()

    def stage(self) -> ServerStage:
        """A stage of its own."""
        return ServerStage(self.transport, self.client)
