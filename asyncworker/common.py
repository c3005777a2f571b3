"""Values that client, worker and activity code share.

Names and defaults follow ``temporalio.common``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence, Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import lru_cache
from typing import Protocol, TypeVar

from ._arguments import check_count, check_duration, check_number, wrong_type
from ._enums import NamedIntEnum
from ._proto.temporal.api.common import v1 as proto
from ._time import Seconds, to_duration, to_timedelta

__all__ = [
    "ActivityCancellationDetails",
    "ActivityIDConflictPolicy",
    "ActivityIDReusePolicy",
    "CancelReason",
    "HeaderCodecBehavior",
    "Priority",
    "RawValue",
    "RetryPolicy",
    "WorkerDeploymentVersion",
    "default_identity",
]

T = TypeVar("T")


def default_identity() -> str:
    """Return this process's identity as Temporal's SDKs make it: ``pid@host``."""
    return f"{os.getpid()}@{socket.gethostname() or 'unknown'}"


@dataclass(frozen=True, slots=True)
class RawValue:
    """A payload that is passed through as it is: no conversion, though the codec still applies.

    Attributes:
        payload: The payload, decoded by the codec.
    """

    payload: proto.Payload

    def __repr__(self) -> str:
        # The data may be secret: a codec has just decrypted it.
        encoding = self.payload.metadata.get("encoding", b"").decode("utf-8", "backslashreplace")
        return f"RawValue(<{encoding or 'no encoding'}, {len(self.payload.data)} bytes>)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How the server retries an activity (``temporal.api.common.v1.RetryPolicy``).

    Attributes:
        initial_interval: Wait before the first retry, in seconds or as a timedelta.
        backoff_coefficient: Each further wait is this many times the last; at least 1.
        maximum_interval: No wait is longer. ``None``: 100 times the initial interval.
        maximum_attempts: How many attempts there may be, the first included. 0: no limit.
        non_retryable_error_types: ``ApplicationError.type`` values (an exception's class name by default) that end
            the activity at once.

    Raises:
        TypeError: A value is of the wrong type; the message names the parameter.
        ValueError: A value that the server would refuse.
    """

    initial_interval: Seconds = timedelta(seconds=1)
    backoff_coefficient: float = 2.0
    maximum_interval: Seconds | None = None
    maximum_attempts: int = 0
    non_retryable_error_types: Sequence[str] | None = None

    def __post_init__(self) -> None:
        check_count("maximum_attempts", self.maximum_attempts)
        check_number("backoff_coefficient", self.backoff_coefficient)
        _check_names("non_retryable_error_types", self.non_retryable_error_types)
        if self.maximum_attempts == 1:
            # As the server does: nothing else matters where nothing is retried.
            return
        initial = check_duration("initial_interval", self.initial_interval, or_zero=True)
        if self.backoff_coefficient < 1:
            raise ValueError(f"backoff_coefficient must be at least 1, got {self.backoff_coefficient!r}")
        if self.maximum_interval is not None:
            maximum = check_duration("maximum_interval", self.maximum_interval, or_zero=True)
            if maximum < initial:
                raise ValueError(
                    f"maximum_interval must not be below initial_interval, got {self.maximum_interval!r}"
                    f" and {self.initial_interval!r}"
                )
        if self.maximum_attempts < 0:
            raise ValueError(f"maximum_attempts must not be negative, got {self.maximum_attempts!r}")

    def _to_proto(self) -> proto.RetryPolicy:
        return proto.RetryPolicy(
            initial_interval=to_duration(self.initial_interval),
            backoff_coefficient=self.backoff_coefficient,
            maximum_interval=None if self.maximum_interval is None else to_duration(self.maximum_interval),
            maximum_attempts=self.maximum_attempts,
            non_retryable_error_types=list(self.non_retryable_error_types or ()),
        )

    @classmethod
    def _from_proto(cls, policy: proto.RetryPolicy | None) -> RetryPolicy | None:
        if policy is None:
            return None
        return _retry_policy(
            to_timedelta(policy.initial_interval) or timedelta(0),
            policy.backoff_coefficient or 1.0,
            to_timedelta(policy.maximum_interval),
            policy.maximum_attempts,
            tuple(policy.non_retryable_error_types) or None,
        )


def _check_names(name: str, value: Sequence[str] | None) -> None:
    if value is None:
        return
    # A string is a sequence too, of letters.
    if isinstance(value, str):
        raise TypeError(f"{name} must be a sequence of names, not one string; got {value!r}, did you mean [{value!r}]?")
    if not isinstance(value, Sequence | AbstractSet) or not all(isinstance(item, str) for item in value):
        raise wrong_type(name, 'a sequence of names, for example ["ValueError"]', value)


@lru_cache(maxsize=256)
def _retry_policy(
    initial_interval: timedelta,
    backoff_coefficient: float,
    maximum_interval: timedelta | None,
    maximum_attempts: int,
    non_retryable_error_types: tuple[str, ...] | None,
) -> RetryPolicy:
    # Activities of one type have the same policy, task after task.
    return _unchecked(
        RetryPolicy,
        initial_interval=initial_interval,
        backoff_coefficient=backoff_coefficient,
        maximum_interval=maximum_interval,
        maximum_attempts=maximum_attempts,
        non_retryable_error_types=non_retryable_error_types,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """Which tasks of a queue go first (``temporal.api.common.v1.Priority``).

    Attributes:
        priority_key: 1 is the most urgent, 5 the least. ``None``: the server's default, 3.
        fairness_key: Tasks of one key share the queue fairly with those of other keys; at most 64 bytes.
        fairness_weight: This key's share; ``None`` is 1.

    Raises:
        TypeError: A value is of the wrong type; the message names the parameter.
        ValueError: A value that the server would refuse.
    """

    priority_key: int | None = None
    fairness_key: str | None = None
    fairness_weight: float | None = None

    def __post_init__(self) -> None:
        if self.priority_key is not None and check_count("priority_key", self.priority_key) < 1:
            raise ValueError(f"priority_key must be at least 1, got {self.priority_key!r}")
        if self.fairness_key is not None:
            if not isinstance(self.fairness_key, str):
                raise wrong_type("fairness_key", "a string", self.fairness_key)
            if len(self.fairness_key.encode()) > 64:
                raise ValueError("fairness_key must not be longer than 64 bytes")
        if self.fairness_weight is not None and not (
            0.001 <= check_number("fairness_weight", self.fairness_weight) <= 1000
        ):
            raise ValueError(f"fairness_weight must be between 0.001 and 1000, got {self.fairness_weight!r}")

    def _to_proto(self) -> proto.Priority:
        return proto.Priority(
            priority_key=self.priority_key or 0,
            fairness_key=self.fairness_key or "",
            fairness_weight=self.fairness_weight or 0.0,
        )

    @classmethod
    def _from_proto(cls, priority: proto.Priority | None) -> Priority:
        if priority is None:
            return _DEFAULT_PRIORITY
        return _unchecked(
            cls,
            priority_key=priority.priority_key or None,
            fairness_key=priority.fairness_key or None,
            fairness_weight=priority.fairness_weight or None,
        )


_DEFAULT_PRIORITY = Priority()


def _unchecked(kind: type[T], **values: object) -> T:
    """Make a value that came from the server, unchecked: a task is not lost for a policy that the server accepted."""
    value = object.__new__(kind)
    for name, content in values.items():
        object.__setattr__(value, name, content)
    return value


@dataclass(frozen=True, slots=True)
class WorkerDeploymentVersion:
    """The deployment version of a worker.

    Attributes:
        deployment_name: The deployment's name.
        build_id: The build's id.
    """

    deployment_name: str
    build_id: str

    def to_canonical_string(self) -> str:
        """Return the version as the server writes it: ``deployment.build``."""
        return f"{self.deployment_name}.{self.build_id}"


class ActivityIDReusePolicy(NamedIntEnum):
    """Whether a standalone activity may take the id of a closed one (``ActivityIdReusePolicy``)."""

    UNSPECIFIED = 0
    ALLOW_DUPLICATE = 1
    ALLOW_DUPLICATE_FAILED_ONLY = 2
    REJECT_DUPLICATE = 3


class ActivityIDConflictPolicy(NamedIntEnum):
    """What happens when a standalone activity of the id is running (``ActivityIdConflictPolicy``)."""

    UNSPECIFIED = 0
    FAIL = 1
    USE_EXISTING = 2


class HeaderCodecBehavior(NamedIntEnum):
    """Whether a client and its workers apply their codec to headers, in both directions."""

    #: Headers are sent and read as they are.
    NO_CODEC = 1
    #: Each header is encoded when it is sent, and decoded when it is read.
    CODEC = 2
    #: As ``NO_CODEC``: here there are no workflows.
    WORKFLOW_ONLY_CODEC = 3


class CancelReason(Enum):
    """Why an activity was asked to stop.

    When the server gives several reasons at once, the one that is listed first here counts.
    """

    #: A workflow or a client asked for it (``cancel_requested`` in the heartbeat's reply, or a worker command).
    CANCEL_REQUESTED = "cancel_requested"
    #: The activity was reset (``activity_reset``): it starts again from its first attempt.
    RESET = "reset"
    #: The activity was paused (``activity_paused``): it goes on when it is unpaused.
    PAUSED = "paused"
    #: The attempt has used up its time.
    TIMED_OUT = "timed_out"
    #: The server no longer knows the attempt: it has closed, or its workflow has.
    NOT_FOUND = "not_found"
    #: The worker stops, and its grace period is over.
    WORKER_SHUTDOWN = "worker_shutdown"


class _HeartbeatReply(Protocol):
    """The replies to a heartbeat by task token and by id."""

    @property
    def cancel_requested(self) -> bool: ...
    @property
    def activity_paused(self) -> bool: ...
    @property
    def activity_reset(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityCancellationDetails:
    """Why an activity was asked to stop; several reasons may come at once.

    Attributes:
        not_found: The server no longer knows the attempt: the activity has closed, or its workflow has.
        cancel_requested: A workflow or a client requested the cancellation.
        paused: The activity was paused.
        reset: The activity was reset.
        timed_out: The attempt has used up its time.
        worker_shutdown: The worker stops, and its grace period is over.
    """

    not_found: bool = False
    cancel_requested: bool = False
    paused: bool = False
    reset: bool = False
    timed_out: bool = False
    worker_shutdown: bool = False

    @classmethod
    def _from_heartbeat_reply(cls, reply: _HeartbeatReply) -> ActivityCancellationDetails | None:
        """Return the server's request in the reply to a heartbeat; ``None`` if there is none."""
        if not (reply.cancel_requested or reply.activity_paused or reply.activity_reset):
            return None
        return cls(cancel_requested=reply.cancel_requested, paused=reply.activity_paused, reset=reply.activity_reset)

    @property
    def reason(self) -> CancelReason | None:
        """The reason that comes first in :class:`CancelReason`, or ``None`` if there is none."""
        return next((reason for reason in CancelReason if getattr(self, reason.value)), None)
