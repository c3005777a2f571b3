"""Descriptions of standalone activities, read from the server's responses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..._arguments import UNSET
from ..._enums import NamedIntEnum
from ..._proto.temporal.api.common.v1 import Payload
from ..._time import to_datetime, to_timedelta
from ...common import WorkerDeploymentVersion
from .._search_attributes import SearchAttributeValue, TypedSearchAttributes, value_of
from ._options import DescribedOptions, described_options

if TYPE_CHECKING:
    from ..._proto.temporal.api.activity import v1 as activity
    from ..._proto.temporal.api.deployment import v1 as deployment
    from ..._proto.temporal.api.workflowservice import v1 as workflowservice

__all__ = [
    "ActivityExecution",
    "ActivityExecutionCount",
    "ActivityExecutionCountAggregationGroup",
    "ActivityExecutionDescription",
    "ActivityExecutionStatus",
    "Contents",
    "PendingActivityState",
]

T = TypeVar("T")
D = TypeVar("D")


class ActivityExecutionStatus(NamedIntEnum):
    """The status of a standalone activity (``temporal.api.enums.v1.ActivityExecutionStatus``)."""

    UNSPECIFIED = 0
    RUNNING = 1
    COMPLETED = 2
    FAILED = 3
    CANCELED = 4
    TERMINATED = 5
    TIMED_OUT = 6
    #: Not running, and not closed either.
    PAUSED = 7

    @property
    def is_closed(self) -> bool:
        """Whether the activity has ended, one way or another."""
        return self not in _OPEN


_OPEN = (ActivityExecutionStatus.UNSPECIFIED, ActivityExecutionStatus.RUNNING, ActivityExecutionStatus.PAUSED)


class PendingActivityState(NamedIntEnum):
    """What an activity that has not closed is waiting for (``temporal.api.enums.v1.PendingActivityState``)."""

    UNSPECIFIED = 0
    SCHEDULED = 1
    STARTED = 2
    CANCEL_REQUESTED = 3
    PAUSED = 4
    #: To be paused when the attempt under way ends.
    PAUSE_REQUESTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityExecution:
    """A standalone activity as ``list_activities`` finds it.

    Times are the server's, aware and in UTC.

    Attributes:
        namespace: The namespace it is in.
        activity_id: Its id.
        activity_run_id: Which run of the id this is.
        activity_type: Its type.
        status: Whether it runs, is paused, or how it has ended.
        task_queue: Where its workers poll.
        schedule_time: When it was started by a client.
        execution_time: When its first attempt may begin: the schedule time and the start delay.
        close_time: When it ended; ``None`` until then.
        execution_duration: From schedule to close; ``None`` until then.
        typed_search_attributes: Its search attributes.
        state_transition_count: How many changes of state the server has recorded.
        state_size_bytes: Bytes that the server keeps for it.
    """

    namespace: str
    activity_id: str
    activity_run_id: str
    activity_type: str
    status: ActivityExecutionStatus
    task_queue: str
    schedule_time: datetime | None
    execution_time: datetime | None
    close_time: datetime | None
    execution_duration: timedelta | None
    typed_search_attributes: TypedSearchAttributes
    state_transition_count: int
    state_size_bytes: int

    @classmethod
    def _from_proto(cls, info: activity.ActivityExecutionListInfo, namespace: str) -> ActivityExecution:
        return cls(**_common_fields(info, namespace))


def _common_fields(
    info: activity.ActivityExecutionListInfo | activity.ActivityExecutionInfo, namespace: str
) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "activity_id": info.activity_id,
        "activity_run_id": info.run_id,
        "activity_type": info.activity_type.name if info.activity_type is not None else "",
        "status": _enum(ActivityExecutionStatus, info.status),
        "task_queue": info.task_queue,
        "schedule_time": to_datetime(info.schedule_time),
        "execution_time": to_datetime(info.execution_time),
        "close_time": to_datetime(info.close_time),
        "execution_duration": to_timedelta(info.execution_duration),
        "typed_search_attributes": TypedSearchAttributes._from_proto(info.search_attributes),
        "state_transition_count": info.state_transition_count,
        "state_size_bytes": info.state_size_bytes,
    }


E_ = TypeVar("E_", bound=NamedIntEnum)


def _enum(kind: type[E_], value: int) -> E_:
    """Read an enum; a value that a newer server knows and this program does not is UNSPECIFIED."""
    try:
        return kind(int(value))
    except ValueError:
        return kind(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The users' values of a description, decoded by the codec: payloads that are read once their types are known."""

    from_payload: Callable[[Payload, Any], Any]
    headers: dict[str, Payload] = field(default_factory=dict)
    heartbeat_details: Sequence[Payload] = ()
    input: Sequence[Payload] | None = None
    result: Sequence[Payload] | None = None
    failure: BaseException | None = None
    last_failure: BaseException | None = None
    summary: str | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityExecutionDescription(DescribedOptions, ActivityExecution):
    """A standalone activity as ``ActivityHandle.describe`` finds it.

    A time, timeout or policy that is not set is ``None``.

    Attributes:
        run_state: What it is waiting for; ``UNSPECIFIED`` once it has closed.
        attempt: The number of the attempt under way, or of the last one; the first is 1.
        last_started_time: When the attempt under way, or the last one, started.
        last_heartbeat_time: When its last heartbeat reached the server.
        last_attempt_complete_time: When the last attempt ended.
        next_attempt_schedule_time: When the next attempt may begin.
        current_retry_interval: The wait between the last attempt and the next.
        expiration_time: When its schedule-to-close timeout passes.
        last_worker_identity: The identity of the worker that started the last attempt.
        last_deployment_version: The deployment version of that worker.
        canceled_reason: The reason given with the request for its cancellation.
        total_heartbeat_count: How many heartbeats the server has recorded, over all attempts.
        headers: The headers that it was started with.
        long_poll_token: The server's mark of this description, by which ``describe(changed_since=…)`` waits.
    """

    run_state: PendingActivityState
    attempt: int
    last_started_time: datetime | None
    last_heartbeat_time: datetime | None
    last_attempt_complete_time: datetime | None
    next_attempt_schedule_time: datetime | None
    current_retry_interval: timedelta | None
    expiration_time: datetime | None
    last_worker_identity: str | None
    last_deployment_version: WorkerDeploymentVersion | None
    canceled_reason: str | None
    total_heartbeat_count: int
    headers: dict[str, Payload] = field(repr=False)
    long_poll_token: bytes = field(repr=False)
    _contents: Contents = field(repr=False, compare=False)

    @property
    def summary(self) -> str | None:
        """The *summary* it was started with: one line for people."""
        return self._contents.summary

    @property
    def details(self) -> str | None:
        """The *details* it was started with: a text for people, in Markdown."""
        return self._contents.details

    @property
    def last_failure(self) -> BaseException | None:
        """The failure of the last attempt that failed."""
        return self._contents.last_failure

    @property
    def failure(self) -> BaseException | None:
        """The activity's failure, if it has failed and ``describe(include_outcome=True)`` was called."""
        return self._contents.failure

    def has_heartbeat_details(self) -> bool:
        """Whether there are any; ``False`` also if they were not fetched."""
        return bool(self._contents.heartbeat_details)

    @overload
    def heartbeat_details(self) -> Any: ...
    @overload
    def heartbeat_details(self, type: type[T], *, index: int = 0) -> T: ...
    @overload
    def heartbeat_details(self, type: type[T], *, default: D, index: int = 0) -> T | D: ...
    @overload
    def heartbeat_details(self, type: Any = ..., *, default: Any = ..., index: int = 0) -> Any: ...

    def heartbeat_details(self, type: Any = Any, *, default: Any = UNSET, index: int = 0) -> Any:
        """Return a detail of the last heartbeat, as :func:`asyncworker.activity.heartbeat_details` does.

        Args:
            type: The type to read it as.
            default: Returned when there has been no heartbeat, or its details were not fetched.
            index: Which one, where a heartbeat has several.

        Raises:
            LookupError: There is none, and no default.
            ConverterError: It is not of this type.
        """
        details = self._contents.heartbeat_details
        if index < len(details):
            return self._contents.from_payload(details[index], type)
        if default is UNSET:
            raise LookupError(f"activity {self.activity_id!r} has no heartbeat detail number {index}")
        return default

    def input(self, *types: Any) -> Sequence[Any]:
        """Return the arguments it was started with, each as the type that stands in its place.

        Raises:
            LookupError: They were not fetched: ``describe(include_input=True)``.
            ConverterError: One is not of its type.
        """
        payloads = self._contents.input
        if payloads is None:
            raise LookupError("the input was not fetched: describe(include_input=True)")
        known = (*types, *[Any] * len(payloads))
        return [self._contents.from_payload(payload, known[index]) for index, payload in enumerate(payloads)]

    def has_result(self) -> bool:
        """Whether it has completed; ``False`` also if the outcome was not fetched."""
        return self._contents.result is not None

    @overload
    def result(self) -> Any: ...
    @overload
    def result(self, type: type[T]) -> T: ...
    @overload
    def result(self, type: Any = ...) -> Any: ...

    def result(self, type: Any = Any) -> Any:
        """Return its result, without waiting.

        Raises:
            LookupError: It has not completed, or the outcome was not fetched: ``describe(include_outcome=True)``.
            ConverterError: It is not of this type.
        """
        payloads = self._contents.result
        if payloads is None:
            raise LookupError(
                f"activity {self.activity_id!r} has no result, or its outcome was not fetched:"
                " describe(include_outcome=True)"
            )
        return self._contents.from_payload(payloads[0], type) if payloads else None

    @classmethod
    def _from_response(
        cls, response: workflowservice.DescribeActivityExecutionResponse, namespace: str, contents: Contents
    ) -> ActivityExecutionDescription:
        info = response.info
        assert info is not None
        return cls(
            **_common_fields(info, namespace),
            run_state=_enum(PendingActivityState, info.run_state),
            attempt=info.attempt,
            **described_options(info),
            last_started_time=to_datetime(info.last_started_time),
            last_heartbeat_time=to_datetime(info.last_heartbeat_time),
            last_attempt_complete_time=to_datetime(info.last_attempt_complete_time),
            next_attempt_schedule_time=to_datetime(info.next_attempt_schedule_time),
            current_retry_interval=to_timedelta(info.current_retry_interval),
            expiration_time=to_datetime(info.expiration_time),
            last_worker_identity=info.last_worker_identity or None,
            last_deployment_version=_version(info.last_deployment_version),
            canceled_reason=info.canceled_reason or None,
            total_heartbeat_count=info.total_heartbeat_count,
            headers=contents.headers,
            long_poll_token=response.long_poll_token,
            _contents=contents,
        )


def _version(version: deployment.WorkerDeploymentVersion | None) -> WorkerDeploymentVersion | None:
    if version is None:
        return None
    return WorkerDeploymentVersion(deployment_name=version.deployment_name, build_id=version.build_id)


@dataclass(frozen=True, slots=True)
class ActivityExecutionCountAggregationGroup:
    """The number of activities in one group of a ``GROUP BY`` query.

    Attributes:
        count: How many activities are in the group.
        group_values: The values that they share, one for each attribute that the query groups by.
    """

    count: int
    group_values: Sequence[SearchAttributeValue]


@dataclass(frozen=True, slots=True)
class ActivityExecutionCount:
    """The number of activities that a query finds.

    Attributes:
        count: How many activities there are.
        groups: How many there are in each group, where the query has a ``GROUP BY``.
    """

    count: int
    groups: Sequence[ActivityExecutionCountAggregationGroup]

    @classmethod
    def _from_response(cls, response: workflowservice.CountActivityExecutionsResponse) -> ActivityExecutionCount:
        groups = [
            ActivityExecutionCountAggregationGroup(group.count, [value_of(payload) for payload in group.group_values])
            for group in response.groups
        ]
        return cls(response.count, groups)
