"""The states of an activity, by the server's own names."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """The state of an activity."""

    SCHEDULED = "Scheduled"
    STARTED = "Started"
    CANCEL_REQUESTED = "CancelRequested"
    PAUSE_REQUESTED = "PauseRequested"
    RESET_REQUESTED = "ResetRequested"
    PAUSED = "Paused"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"
    TERMINATED = "Terminated"
    TIMED_OUT = "TimedOut"


WITH_WORKER = frozenset({State.STARTED, State.CANCEL_REQUESTED, State.PAUSE_REQUESTED, State.RESET_REQUESTED})
CLOSED = frozenset({State.COMPLETED, State.FAILED, State.CANCELED, State.TERMINATED, State.TIMED_OUT})
