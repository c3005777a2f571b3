"""The metrics by name: those of Temporal's official SDKs, and our own."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

__all__ = ["COMMON", "FAMILIES", "SLOTS", "WATCHED", "Family", "Kind"]

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]

#: The labels of each series. One that does not apply is empty, which to Prometheus is the same as none.
COMMON = ("namespace", "task_queue", "service_name")


class Family(NamedTuple):
    """Series of one name.

    Attributes:
        kind: Their type.
        name: As it is exposed, a counter's without its ``_total``.
        help: One line for its users.
        labels: Their own, beside :data:`COMMON`.
        buckets: Upper bounds of a histogram, in seconds.
    """

    kind: Kind
    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def all_labels(self) -> tuple[str, ...]:
        """The names of all labels, in the order of their values."""
        return (*COMMON, *self.labels)


_ACTIVITY = ("activity_type", "workflow_type")
# Those of the official SDKs, so that quantiles may be taken over workers of several SDKs.
_EXECUTION = (0.05, 0.1, 0.5, 1, 5, 10, 60)
_SCHEDULE_TO_START = (0.1, 0.5, 1, 5, 10, 100, 1000)
_OTHERS = (0.05, 0.1, 0.5, 1, 2.5, 10)

# Of the official SDKs

RECEIVED = Family(
    "counter", "temporal_activity_task_received", "Activity tasks that polls have brought", (*_ACTIVITY, "eager")
)
EXECUTION_FAILED = Family(
    "counter",
    "temporal_activity_execution_failed",
    "Attempts that failed, benign failures left out",
    (*_ACTIVITY, "failure_reason"),
)
NO_TASK = Family("counter", "temporal_activity_poll_no_task", "Polls that ended without a task")
WORKER_START = Family("counter", "temporal_worker_start", "Workers that have started")
REQUEST = Family("counter", "temporal_request", "Requests to the server", ("operation",))
REQUEST_FAILURE = Family(
    "counter", "temporal_request_failure", "Requests that failed, by their last status", ("operation", "status_code")
)
LONG_REQUEST = Family("counter", "temporal_long_request", "Long polls of the server", ("operation",))
LONG_REQUEST_FAILURE = Family(
    "counter",
    "temporal_long_request_failure",
    "Long polls that failed, by their last status",
    ("operation", "status_code"),
)
POLLERS = Family("gauge", "temporal_num_pollers", "Polls that the worker keeps open", ("poller_type",))
SCHEDULE_TO_START = Family(
    "histogram",
    "temporal_activity_schedule_to_start_latency_seconds",
    "From an attempt's scheduling to its start, by the server's clock",
    buckets=_SCHEDULE_TO_START,
)
EXECUTION = Family(
    "histogram",
    "temporal_activity_execution_latency_seconds",
    "From a task's arrival to the end of its attempt",
    _ACTIVITY,
    _EXECUTION,
)
END_TO_END = Family(
    "histogram",
    "temporal_activity_succeed_endtoend_latency_seconds",
    "From an activity's scheduling to its success, with all attempts",
    _ACTIVITY,
    _OTHERS,
)
REQUEST_LATENCY = Family(
    "histogram",
    "temporal_request_latency_seconds",
    "Time that requests took, with their retries",
    ("operation",),
    _OTHERS,
)
LONG_REQUEST_LATENCY = Family(
    "histogram", "temporal_long_request_latency_seconds", "Time that long polls took", ("operation",), _OTHERS
)

# Our own

FINISHED = Family(
    "counter", "asyncworker_attempts_finished", "Attempts that ended, by outcome", (*_ACTIVITY, "outcome")
)
CANCELLED = Family(
    "counter", "asyncworker_attempts_cancelled", "Attempts that were asked to stop, by reason", (*_ACTIVITY, "reason")
)
HEARTBEATS = Family("counter", "asyncworker_heartbeats", "Heartbeats that were sent", ("activity_type", "status_code"))
POLLS = Family("counter", "asyncworker_polls", "Polls for tasks that ended, by outcome", ("outcome",))
RETRIES = Family("counter", "asyncworker_request_retries", "Tries of requests beyond their first", ("operation",))
STORED = Family(
    "counter",
    "asyncworker_storage_payloads",
    "Payloads that were stored elsewhere or retrieved, by outcome",
    ("driver", "operation", "outcome"),
)
STORED_BYTES = Family(
    "counter", "asyncworker_storage_bytes", "Their bytes, of those completed", ("driver", "operation")
)
STORAGE_LATENCY = Family(
    "histogram",
    "asyncworker_storage_latency_seconds",
    "Time that storage drivers took for them, of those completed",
    ("driver", "operation"),
    _OTHERS,
)

# Of slots: told by events in multi-process mode, and else read when they are asked for.

SLOTS_AVAILABLE = Family(
    "gauge", "temporal_worker_task_slots_available", "Slots that hold no attempt", ("worker_type",)
)
SLOTS_USED = Family("gauge", "temporal_worker_task_slots_used", "Slots that hold an attempt", ("worker_type",))
SLOTS_RESERVED = Family("gauge", "asyncworker_slots_reserved", "Slots in use, by attempts and by polls")

#: Kept from events.
FAMILIES = (
    RECEIVED,
    EXECUTION_FAILED,
    NO_TASK,
    WORKER_START,
    REQUEST,
    REQUEST_FAILURE,
    LONG_REQUEST,
    LONG_REQUEST_FAILURE,
    POLLERS,
    SCHEDULE_TO_START,
    EXECUTION,
    END_TO_END,
    REQUEST_LATENCY,
    LONG_REQUEST_LATENCY,
    FINISHED,
    CANCELLED,
    HEARTBEATS,
    POLLS,
    RETRIES,
    STORED,
    STORED_BYTES,
    STORAGE_LATENCY,
)

# Of workers, read when they are asked for.

READY = Family("gauge", "asyncworker_ready", "Whether the worker takes work, 1 or 0")
POLLS_OPEN = Family("gauge", "asyncworker_polls_open", "Polls that are with the server")
LAST_POLL_AGE = Family(
    "gauge", "asyncworker_last_poll_age_seconds", "Time since the server last answered a poll of the worker"
)
OLDEST_ATTEMPT = Family(
    "gauge", "asyncworker_oldest_attempt_age_seconds", "Time since the arrival of the oldest attempt that runs"
)
CONNECTIONS = Family("gauge", "asyncworker_connections", "Connections to the server")

SLOTS = (SLOTS_AVAILABLE, SLOTS_USED, SLOTS_RESERVED)
#: Read from workers.
WATCHED = (*SLOTS, READY, POLLS_OPEN, LAST_POLL_AGE, OLDEST_ATTEMPT, CONNECTIONS)
