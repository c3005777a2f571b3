"""The two ways in which an activity comes about, behind one face: a workflow schedules it, or a client starts it."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import pytest
from temporalio import client as official
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice import v1 as requests
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter as OfficialDataConverter
from temporalio.service import WorkflowService

from asyncworker import ActivityHandle, Client, RetryPolicy, Worker
from asyncworker.activity import Definition
from asyncworker.exceptions import ActivityFailureError, FailureError

from .workflows import ACTIVITY_ID, WORKFLOWS, Plan

T = TypeVar("T")


async def eventually(ask: Callable[[], Awaitable[T]], holds: Callable[[T], Any] = bool, *, within: float = 15) -> T:
    """Ask again and again until the answer *holds*, and return it."""
    with anyio.fail_after(within):
        while True:
            if holds(answer := await ask()):
                return answer
            await anyio.sleep(0.02)


async def until(holds: Callable[[], Any], *, within: float = 15) -> None:
    """Wait until what can only be looked at is so."""

    async def look() -> Any:
        return holds()

    await eventually(look, within=within)


def stack_of(error: Any) -> str:
    """Return the remote stack trace of an error, of our tree or the official SDK's."""
    stack: str = error.stack_trace if isinstance(error, FailureError) else error.failure.stack_trace  # type: ignore[assignment]
    return stack


@dataclass(frozen=True, slots=True)
class Standing:
    """How the server says an activity stands that has not closed."""

    attempt: int
    #: ``SCHEDULED``, ``STARTED``, ``CANCEL_REQUESTED``, ``PAUSED``, ``PAUSE_REQUESTED``, …
    state: str
    last_failure: str | None
    worker: str | None
    heartbeat_details: Any = None


class Call(ABC):
    """One activity that was called."""

    @abstractmethod
    async def result(self) -> Any:
        """Wait for the result."""

    @abstractmethod
    async def failure(self) -> BaseException:
        """Wait for the failure: the activity's own, without what its caller wraps it in."""

    @abstractmethod
    async def cancel(self) -> None:
        """Ask for the activity's cancellation."""

    @abstractmethod
    async def pause(self) -> None:
        """Let no further attempt begin."""

    @abstractmethod
    async def unpause(self) -> None:
        """Let attempts begin again."""

    @abstractmethod
    async def reset(self) -> None:
        """Start over from the first attempt."""

    @abstractmethod
    async def terminate(self) -> None:
        """End the activity, or the workflow that it is a part of."""

    @abstractmethod
    async def standing(self) -> Standing:
        """Ask the server how the activity stands."""

    async def heartbeats(self, details: Any) -> None:
        """Wait until the server knows these details of a heartbeat."""
        await eventually(self.standing, lambda now: now.heartbeat_details == details)

    async def reaches(self, attempt: int, state: str = "") -> Standing:
        """Wait until the server says that the activity is in this attempt, and in this state if that matters."""
        return await eventually(self.standing, lambda now: now.attempt >= attempt and now.state in (state or now.state))


class Caller(ABC):
    """Calls activities of one task queue."""

    kind: str

    def __init__(self, target: str, client: Client, task_queue: str) -> None:
        self.target = target
        self.client = client
        self.task_queue = task_queue

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.task_queue!r}>"

    def worker(self, *activities: Any, **options: Any) -> Worker:
        """Make the worker that runs the activities; it lets twenty heartbeats a second through."""
        settings = {"max_heartbeat_throttle_interval": 0.05, **options}
        return Worker(self.client, task_queue=self.task_queue, activities=activities, **settings)

    @abstractmethod
    async def start(
        self, activity: str | Callable[..., Any], *arguments: Any, result_type: Any = None, **plan: Any
    ) -> Call:
        """Have an activity called; *plan* is that of :class:`Plan`."""

    async def result(self, activity: str | Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Have an activity called, and wait for its result."""
        with anyio.fail_after(30):
            return await (await self.start(activity, *arguments, **options)).result()

    async def failure(self, activity: str | Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Have an activity called, and wait for its failure."""
        with anyio.fail_after(30):
            return await (await self.start(activity, *arguments, **options)).failure()


def _name(activity: str | Callable[..., Any]) -> str:
    return activity if isinstance(activity, str) else Definition.of(activity).name or ""


# Called by a workflow


class WorkflowCaller(Caller):
    """Has a workflow of the official SDK schedule the activity."""

    kind = "workflow"
    data_converter: OfficialDataConverter = pydantic_data_converter
    workflows = WORKFLOWS
    _connected: official.Client | None = None

    async def start(
        self, activity: str | Callable[..., Any], *arguments: Any, result_type: Any = None, **plan: Any
    ) -> Call:
        if self._connected is None:
            self._connected = await official.Client.connect(self.target, data_converter=self.data_converter)
        handle: official.WorkflowHandle[Any, Any] = await self._connected.start_workflow(
            _name(activity),
            args=[Plan(self.task_queue, **plan), *arguments],
            id=str(uuid.uuid4()),
            task_queue=self.workflows,
            result_type=result_type,
        )
        return WorkflowCall(handle)


class WorkflowCall(Call):
    """The activity of one workflow."""

    def __init__(self, handle: official.WorkflowHandle[Any, Any]) -> None:
        self.handle = handle

    async def result(self) -> Any:
        return await self.handle.result()

    async def failure(self) -> BaseException:
        with pytest.raises(official.WorkflowFailureError) as caught:
            await self.result()
        # The workflow's is the activity's, whose cause is that of the activity's code.
        failure = caught.value.cause.__cause__
        assert failure is not None, repr(caught.value.cause)
        return failure

    async def cancel(self) -> None:
        await self.handle.signal("cancel_activity")

    async def pause(self) -> None:
        await self._service.pause_activity(requests.PauseActivityRequest(**self._ids, id=ACTIVITY_ID))

    async def unpause(self) -> None:
        await self._service.unpause_activity(requests.UnpauseActivityRequest(**self._ids, id=ACTIVITY_ID))

    async def reset(self) -> None:
        await self._service.reset_activity(requests.ResetActivityRequest(**self._ids, id=ACTIVITY_ID))

    async def terminate(self) -> None:
        await self.handle.terminate()

    async def _first(self, payloads: Any) -> Any:
        if not payloads:
            return None
        return (await self.handle._client.data_converter.decode(payloads))[0]

    @property
    def _service(self) -> WorkflowService:
        return self.handle._client.workflow_service

    @property
    def _ids(self) -> dict[str, Any]:
        return {"namespace": "default", "execution": WorkflowExecution(workflow_id=self.handle.id)}

    async def standing(self) -> Standing:
        described = await self.handle.describe()
        for pending in described.raw_description.pending_activities:
            state = type(pending).DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number[pending.state].name
            failure = pending.last_failure.message if pending.HasField("last_failure") else None
            return Standing(
                pending.attempt,
                state.removeprefix("PENDING_ACTIVITY_STATE_"),
                failure,
                pending.last_worker_identity or None,
                await self._first(pending.heartbeat_details.payloads),
            )
        return Standing(0, "", None, None)


# Started by a client


class StandaloneCaller(Caller):
    """Starts the activity by itself."""

    kind = "standalone"

    async def start(
        self, activity: str | Callable[..., Any], *arguments: Any, result_type: Any = None, **plan: Any
    ) -> Call:
        planned = Plan(self.task_queue, **plan)
        return StandaloneCall(
            await self.client.start_activity(
                _name(activity),
                args=arguments,
                id=str(uuid.uuid4()),
                result_type=Any if result_type is None else result_type,
                task_queue=planned.task_queue,
                start_to_close_timeout=planned.start_to_close_timeout,
                schedule_to_close_timeout=planned.schedule_to_close_timeout,
                heartbeat_timeout=planned.heartbeat_timeout,
                retry_policy=RetryPolicy(
                    initial_interval=planned.initial_interval,
                    maximum_attempts=planned.maximum_attempts,
                    non_retryable_error_types=planned.non_retryable_error_types,
                ),
            )
        )


class StandaloneCall(Call):
    """A standalone activity."""

    def __init__(self, handle: ActivityHandle[Any]) -> None:
        self.handle = handle

    async def result(self) -> Any:
        return await self.handle.result()

    async def failure(self) -> BaseException:
        with pytest.raises(ActivityFailureError) as caught:
            await self.result()
        assert caught.value.cause is not None
        return caught.value.cause

    async def cancel(self) -> None:
        await self.handle.cancel()

    async def pause(self) -> None:
        await self.handle.pause()

    async def unpause(self) -> None:
        await self.handle.unpause()

    async def reset(self) -> None:
        await self.handle.reset()

    async def terminate(self) -> None:
        await self.handle.terminate()

    async def standing(self) -> Standing:
        described = await self.handle.describe()
        failure = described.last_failure
        return Standing(
            described.attempt,
            described.run_state.name,
            None if failure is None else getattr(failure, "message", str(failure)),
            described.last_worker_identity,
            described.heartbeat_details(default=None),
        )


CALLERS: dict[str, type[Caller]] = {each.kind: each for each in (WorkflowCaller, StandaloneCaller)}
