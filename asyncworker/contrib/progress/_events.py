"""What a browser is sent of an activity: an event for each state that it is described in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from ...client import ActivityExecutionDescription
from ...exceptions import ConverterError

__all__ = ["Event", "event_of", "missing"]


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a stream.

    Attributes:
        name: ``progress``, or ``end`` for the last one of an activity.
        id: Names this state of this run: the same state has the same id.
        data: The state, as JSON.
    """

    name: str
    id: str
    data: str


def event_of(description: ActivityExecutionDescription) -> Event:
    """Return the event for an activity as it is described."""
    data = to_json(
        {
            "activity_id": description.activity_id,
            "run_id": description.activity_run_id,
            "activity_type": description.activity_type,
            "status": description.status.name,
            "run_state": description.run_state.name,
            "attempt": description.attempt,
            "scheduled_time": description.schedule_time,
            "started_time": description.last_started_time,
            "heartbeat_time": description.last_heartbeat_time,
            "next_attempt_time": description.next_attempt_schedule_time,
            "close_time": description.close_time,
            "details": list(_details(description)),
        },
        inf_nan_mode="null",
        fallback=str,
    )
    digest = hashlib.sha256(data).hexdigest()[:16]
    name = "end" if description.status.is_closed else "progress"
    return Event(name, f"{description.activity_run_id}.{digest}", data.decode())


def missing(activity_id: str) -> Event:
    """Return the last event of an activity that the server does not know any more."""
    data = to_json({"activity_id": activity_id, "status": "NOT_FOUND"}).decode()
    return Event("end", f"{activity_id}.missing", data)


def _details(description: ActivityExecutionDescription) -> Iterator[Any]:
    for index in range(len(description._contents.heartbeat_details)):
        try:
            yield description.heartbeat_details(index=index)
        except ConverterError:
            # Nothing that can be read without its type.
            yield None
