"""Write and read the few fields of these calls that a watch needs, on the bytes.

The generated messages of the same calls, with all that they name, come to 8 MB of memory, and a quarter of a second in
which the event loop stands still: too much for two strings and a number. What is not read here, payloads above all,
is skipped as bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..._wire_primitives import read_uint64, skip, varint

if TYPE_CHECKING:
    from ..._proto.temporal.api.workflowservice.v1 import DescribeActivityExecutionResponse

__all__ = [
    "ALL_EVENTS",
    "CLOSE_EVENT",
    "ActivityState",
    "HistoryPage",
    "PendingActivity",
    "RunState",
    "describe_activity",
    "describe_run",
    "history",
    "read_activity",
    "read_history",
    "read_run",
    "state_of",
]

# `temporal.api.enums.v1`
ALL_EVENTS, CLOSE_EVENT = 1, 2
_RUNNING_STATUS = 1
_PAUSED_ACTIVITY, _PAUSED_RUN = 7, 8
_STATE_STARTED, _STATE_CANCEL_REQUESTED, _STATE_PAUSE_REQUESTED = 2, 3, 5
_ACTIVITY_TASK_CANCEL_REQUESTED = 15
# Completed, failed, timed out, cancelled, terminated, continued as new.
_CLOSING_EVENTS = frozenset({2, 3, 4, 21, 27, 28})


class _Described:
    """What the state of an activity, as it is described, says that a heartbeat's reply would say."""

    __slots__ = ()
    state: int

    @property
    def cancel_requested(self) -> bool:
        return self.state == _STATE_CANCEL_REQUESTED

    @property
    def activity_paused(self) -> bool:
        return self.state == _STATE_PAUSE_REQUESTED

    @property
    def activity_reset(self) -> bool:
        # No description says so.
        return False


@dataclass(frozen=True, slots=True)
class ActivityState(_Described):
    """A standalone activity, as it is described; a description stands in for a heartbeat's reply.

    Attributes:
        token: For the next long poll.
        is_closed: Whether it has ended.
        state: The number of its state.
        attempt: Of the attempt under way.
        heartbeats: How many there were.
    """

    token: bytes
    is_closed: bool
    state: int
    attempt: int
    heartbeats: int

    @property
    def is_started(self) -> bool:
        """Whether a worker has the attempt, and nothing else is asked for."""
        return self.state == _STATE_STARTED


@dataclass(frozen=True, slots=True)
class PendingActivity(_Described):
    """An activity of a workflow, as its run is described; stands in for a heartbeat's reply as well.

    Attributes:
        state: The number of its state.
        attempt: Of the attempt under way.
    """

    state: int
    attempt: int

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether it is to stop, for whatever reason."""
        return self.cancel_requested or self.activity_paused


@dataclass(frozen=True, slots=True)
class RunState:
    """A workflow's run, as it is described.

    Attributes:
        is_closed: Whether it has ended.
        pending: Its activities that have not ended, by their ids.
    """

    is_closed: bool
    pending: dict[str, PendingActivity]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What a poll of a history has brought.

    Attributes:
        token: For the next poll; empty where there is none.
        requests_cancel: Whether a workflow has requested the cancellation of an activity.
        is_closed: Whether the run has ended.
        size: Bytes of the answer.
    """

    token: bytes
    requests_cancel: bool
    is_closed: bool
    size: int


# Requests


def describe_activity(namespace: str, activity_id: str, run_id: str, token: bytes = b"") -> bytes:
    """Return a ``DescribeActivityExecutionRequest``; with a *token* it waits for a change."""
    return _text(1, namespace) + _text(2, activity_id) + _text(3, run_id) + _octets(6, token)


def describe_run(namespace: str, workflow_id: str, run_id: str) -> bytes:
    """Return a ``DescribeWorkflowExecutionRequest``."""
    return _text(1, namespace) + _octets(2, _text(1, workflow_id) + _text(2, run_id))


def history(
    namespace: str, workflow_id: str, run_id: str, *, events: int, token: bytes = b"", page_size: int = 0
) -> bytes:
    """Return a ``GetWorkflowExecutionHistoryRequest`` that waits for new events."""
    execution = _octets(2, _text(1, workflow_id) + _text(2, run_id))
    return (
        _text(1, namespace) + execution + _number(3, page_size) + _octets(4, token) + _number(5, 1) + _number(6, events)
    )


def _text(field: int, value: str) -> bytes:
    return _octets(field, value.encode())


def _octets(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value if value else b""


def _number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value) if value else b""


# Responses


def read_activity(data: bytes) -> ActivityState | None:
    """Read a ``DescribeActivityExecutionResponse``; ``None`` if it is empty, as after a wait without a change.

    Raises:
        ValueError: It is none.
    """
    if not data:
        return None
    token, info = b"", {}
    for field, value in _fields(data):
        if field == 2:
            info = _numbers(value)
        elif field == 5:
            token = _bytes(value)
    return _activity_state(token, info.get(4, 0), info.get(5, 0), info.get(15, 0), info.get(34, 0))


def state_of(response: DescribeActivityExecutionResponse) -> ActivityState | None:
    """Return the same of a response that another caller has decoded."""
    info = response.info
    if info is None:
        return None
    return _activity_state(
        response.long_poll_token, int(info.status), int(info.run_state), info.attempt, info.total_heartbeat_count
    )


def _activity_state(token: bytes, status: int, state: int, attempt: int, heartbeats: int) -> ActivityState:
    return ActivityState(
        token=token,
        is_closed=status not in (_RUNNING_STATUS, _PAUSED_ACTIVITY),
        state=state,
        attempt=attempt,
        heartbeats=heartbeats,
    )


def read_run(data: bytes) -> RunState:
    """Read a ``DescribeWorkflowExecutionResponse``.

    Raises:
        ValueError: It is none.
    """
    status, pending = 0, {}
    for field, value in _fields(data):
        if field == 2:
            status = _numbers(value).get(5, 0)
        elif field == 3:
            name = next((_bytes(text) for number, text in _fields(_bytes(value)) if number == 1), b"")
            numbers = _numbers(value)
            pending[name.decode()] = PendingActivity(state=numbers.get(3, 0), attempt=numbers.get(7, 0))
    return RunState(is_closed=status not in (_RUNNING_STATUS, _PAUSED_RUN), pending=pending)


def read_history(data: bytes) -> HistoryPage:
    """Read a ``GetWorkflowExecutionHistoryResponse``.

    Raises:
        ValueError: It is none.
    """
    token = b""
    types: set[int] = set()
    for field, value in _fields(data):
        if field == 1:
            types.update(_numbers(event).get(3, 0) for number, event in _fields(_bytes(value)) if number == 1)
        elif field == 3:
            token = _bytes(value)
    return HistoryPage(
        token=token,
        requests_cancel=_ACTIVITY_TASK_CANCEL_REQUESTED in types,
        is_closed=not types.isdisjoint(_CLOSING_EVENTS),
        size=len(data),
    )


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the numbers and the values of a message's fields: numbers and bytes, others are skipped."""
    at, end = 0, len(data)
    try:
        while at < end:
            tag, at = read_uint64(data, at + 1, data[at]) if data[at] > 127 else (data[at], at + 1)
            match tag & 7:
                case 0:
                    value, at = read_uint64(data, at + 1, data[at]) if data[at] > 127 else (data[at], at + 1)
                    yield tag >> 3, value
                case 2:
                    size, at = read_uint64(data, at + 1, data[at]) if data[at] > 127 else (data[at], at + 1)
                    yield tag >> 3, data[at : at + size]
                    at += size
                case _:
                    at = skip(data, at, tag, 0)
    except (IndexError, struct.error):
        at = end + 1
    if at > end:
        raise ValueError("the bytes end in the middle of a field")


def _numbers(value: int | bytes) -> dict[int, int]:
    """Return the numbers in a message, by field."""
    return {field: number for field, number in _fields(_bytes(value)) if isinstance(number, int)}


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a field has a number where a message belongs")
    return value
