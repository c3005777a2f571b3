"""The worker's watch for cancellations, without its polls: in virtual time each of those would be a jump."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ...worker import Worker
from .._fake._activity._activity import Activity
from .._fake._activity._state import CLOSED, State

if TYPE_CHECKING:
    from ...worker.attempts._attempt import Attempt

__all__ = ["CancellationWatch"]

# Seconds after which an attempt that does not heartbeat asks the server; the worker's own watch takes as long.
_DELAY = 1.0
_ASKS_TO_STOP = frozenset({State.CANCEL_REQUESTED, State.PAUSE_REQUESTED, State.RESET_REQUESTED, *CLOSED})


class CancellationWatch:
    """Has attempts that do not heartbeat ask the server once their activity is to stop."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def __repr__(self) -> str:
        return f"<CancellationWatch of {self._worker!r}>"

    def on_change(self, activity: Activity) -> None:
        """Look at the attempts of an activity that has changed, a moment later."""
        if activity.state in _ASKS_TO_STOP and self._attempts(activity):
            asyncio.get_running_loop().call_later(_DELAY, self._ask, activity)

    def _ask(self, activity: Activity) -> None:
        for attempt in self._attempts(activity):
            if attempt.is_silent(asyncio.get_running_loop().time()):
                attempt.ask()

    def _attempts(self, activity: Activity) -> list[Attempt]:
        run = self._worker._worker_run
        attempts = () if run is None or run.attempts is None else tuple(run.attempts)
        workflow_id = None if activity.workflow is None else activity.workflow.workflow_id
        return [
            attempt
            for attempt in attempts
            if (attempt.info.activity_id, attempt.info.workflow_id) == (activity.id, workflow_id)
        ]
