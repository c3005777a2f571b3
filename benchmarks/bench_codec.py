"""How long the codecs take, against betterproto2's own and google's upb.

Run ``python benchmarks/bench_codec.py``. Each figure is the CPU time for one message in µs: the median of interleaved
rounds, with the fastest and the slowest round; without the cyclic garbage collector, which is off. Decoding reads the
fields that a worker reads; encoding builds the message first.
"""

from __future__ import annotations

import gc
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from temporalio.api.common.v1 import Payload as UpbPayload, Payloads as UpbPayloads
from temporalio.api.failure.v1 import Failure as UpbFailure
from temporalio.api.workflowservice.v1 import (
    PollActivityTaskQueueResponse as UpbPollResponse,
    RecordActivityTaskHeartbeatRequest as UpbHeartbeat,
    RespondActivityTaskCompletedRequest as UpbCompleted,
    RespondActivityTaskFailedRequest as UpbFailed,
)

from asyncworker._proto.temporal.api.common.v1 import (
    ActivityType,
    Header,
    Payload,
    Payloads,
    Priority,
    RetryPolicy,
    WorkflowExecution,
    WorkflowType,
)
from asyncworker._proto.temporal.api.failure.v1 import ApplicationFailureInfo, Failure
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    PollActivityTaskQueueResponse,
    RecordActivityTaskHeartbeatRequest,
    RespondActivityTaskCompletedRequest,
    RespondActivityTaskFailedRequest,
)
from asyncworker._proto.temporal.wkt import Duration, Timestamp
from asyncworker._wire import decode, encode

ROUNDS = 15
ROUND_SECONDS = 0.02

JSON = {"encoding": b"json/plain"}
TOKEN = bytes(range(256))[:180]


def poll_response(*, workflow: bool) -> PollActivityTaskQueueResponse:
    now = 1_700_000_000
    return PollActivityTaskQueueResponse(
        task_token=TOKEN,
        workflow_namespace="default",
        workflow_type=WorkflowType(name="OrderWorkflow") if workflow else None,
        workflow_execution=WorkflowExecution(workflow_id="order-7", run_id="0199b6c1-7a51-7d0c-8cd0-1f0c8f8c3a11"),
        activity_type=ActivityType(name="pack"),
        activity_id="5",
        header=Header(fields={"trace": Payload(metadata=JSON, data=b"x" * 80)}) if workflow else None,
        input=Payloads(
            payloads=[Payload(metadata=JSON, data=b'{"id": "7", "items": ["a", "b"]}')] * (2 if workflow else 1)
        ),
        scheduled_time=Timestamp(seconds=now, nanos=123_456_789),
        current_attempt_scheduled_time=Timestamp(seconds=now, nanos=123_456_789),
        started_time=Timestamp(seconds=now + 1, nanos=4_000_000),
        attempt=1,
        schedule_to_close_timeout=Duration(seconds=3600),
        start_to_close_timeout=Duration(seconds=30),
        heartbeat_timeout=Duration(seconds=5),
        retry_policy=RetryPolicy(
            initial_interval=Duration(seconds=1),
            backoff_coefficient=2.0,
            maximum_interval=Duration(seconds=100),
            maximum_attempts=5,
        ),
        priority=Priority(priority_key=3),
        activity_run_id="" if workflow else "0199b6c1-7a51-7d0c-8cd0-1f0c8f8c3a12",
    )


def read(task: Any) -> tuple[object, ...]:
    payload = task.input.payloads[0]
    return (
        task.task_token,
        task.activity_type.name,
        task.activity_id,
        task.workflow_execution.run_id,
        task.attempt,
        task.scheduled_time.seconds,
        task.start_to_close_timeout.seconds,
        task.retry_policy.maximum_attempts,
        payload.metadata["encoding"],
        payload.data,
    )


def completed() -> RespondActivityTaskCompletedRequest:
    result = Payloads(payloads=[Payload(metadata=JSON, data=b'"7: 2 packed"')])
    return RespondActivityTaskCompletedRequest(task_token=TOKEN, result=result, identity="1@host", namespace="default")


def upb_completed() -> UpbCompleted:
    result = UpbPayloads(payloads=[UpbPayload(metadata=JSON, data=b'"7: 2 packed"')])
    return UpbCompleted(task_token=TOKEN, result=result, identity="1@host", namespace="default")


def heartbeat() -> RecordActivityTaskHeartbeatRequest:
    details = Payloads(payloads=[Payload(metadata=JSON, data=b"17")])
    return RecordActivityTaskHeartbeatRequest(task_token=TOKEN, details=details, identity="1@host", namespace="default")


def upb_heartbeat() -> UpbHeartbeat:
    details = UpbPayloads(payloads=[UpbPayload(metadata=JSON, data=b"17")])
    return UpbHeartbeat(task_token=TOKEN, details=details, identity="1@host", namespace="default")


def failed() -> RespondActivityTaskFailedRequest:
    info = ApplicationFailureInfo(type="ValueError", non_retryable=True)
    failure = Failure(message="no box left", stack_trace="x" * 900, application_failure_info=info)
    return RespondActivityTaskFailedRequest(task_token=TOKEN, failure=failure, identity="1@host", namespace="default")


def upb_failed() -> UpbFailed:
    failure = UpbFailure(message="no box left", stack_trace="x" * 900)
    failure.application_failure_info.type = "ValueError"
    failure.application_failure_info.non_retryable = True
    return UpbFailed(task_token=TOKEN, failure=failure, identity="1@host", namespace="default")


Subject = Callable[[], object]


def subjects() -> dict[str, dict[str, Subject]]:
    """What is measured: message, then library, then one run."""
    of_activity, of_workflow = (encode(poll_response(workflow=workflow)) for workflow in (False, True))
    return {
        f"decode a standalone task, {len(of_activity)} B": reading(of_activity),
        f"decode a workflow's task, {len(of_workflow)} B": reading(of_workflow),
        "encode a completion": writing(completed, upb_completed),
        "encode a heartbeat": writing(heartbeat, upb_heartbeat),
        "encode a failure": writing(failed, upb_failed),
    }


def reading(data: bytes) -> dict[str, Subject]:
    return {
        "asyncworker": lambda: read(decode(PollActivityTaskQueueResponse, data)),
        "betterproto2": lambda: read(PollActivityTaskQueueResponse.parse(data)),
        "upb": lambda: read(UpbPollResponse.FromString(data)),
    }


def writing(ours: Callable[[], Any], upb: Callable[[], Any]) -> dict[str, Subject]:
    assert upb().FromString(encode(ours())) == upb()
    return {
        "asyncworker": lambda: encode(ours()),
        "betterproto2": lambda: bytes(ours()),
        "upb": lambda: upb().SerializeToString(),
    }


def measure(runs: dict[str, Subject]) -> dict[str, list[float]]:
    """Return the µs per run, in rounds that take turns."""
    repeats = {}
    for name, run in runs.items():
        started = time.perf_counter()
        for _ in range(20):
            run()
        repeats[name] = max(5, int(ROUND_SECONDS / (time.perf_counter() - started) * 20))
    figures: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            started = time.process_time()
            for _ in range(repeats[name]):
                run()
            figures[name].append((time.process_time() - started) / repeats[name] * 1e6)
    return figures


def main() -> None:
    print(f"Python {platform.python_version()}, {platform.machine()}, {sys.platform}", end="; ")
    print(", ".join(f"{name} {version(name)}" for name in ("betterproto2", "protobuf", "temporalio")))
    print(f"{'µs: median (min-max)':36}{'asyncworker':>22}{'betterproto2':>22}{'upb':>22}")
    gc.disable()
    for title, runs in subjects().items():
        figures = measure(runs)
        columns = (f"{statistics.median(of):.1f} ({min(of):.1f}-{max(of):.1f})" for of in figures.values())
        print(f"{title:36}{''.join(f'{column:>22}' for column in columns)}")


if __name__ == "__main__":
    main()
