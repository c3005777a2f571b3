"""The watch of one standalone activity: one description, then long polls for the next one that differs.

Where a caller in this process follows the activity's progress, and knows the same state, the watch waits for that
caller's poll, which is no call of its own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ..._rpc._methods import DESCRIBE_ACTIVITY_EXECUTION, Method
from ...client._shared_polls import Awaited
from ._calls import Call, deliver, poll_timeout
from ._findings import GONE, finding_of_activity
from ._messages import ActivityState, describe_activity, read_activity, state_of
from ._table import Subject

if TYPE_CHECKING:
    from ..attempts._attempt import Attempt

__all__ = ["ActivityWatch"]

# As a long poll it is a call of another kind to those who observe requests.
_WAIT: Method[Any, Any] = Method("DescribeActivityExecution", long_poll=True)
# Seconds in which a caller whose poll has ended begins the next one.
_GATHERING = 0.05


class ActivityWatch:
    """Watches one attempt of a standalone activity.

    Args:
        subject: The activity.
        namespace: Of the activity.
        attempt: Is told.
        call: Makes the calls, within the budget.
    """

    def __init__(self, subject: Subject, namespace: str, attempt: Attempt, call: Call) -> None:
        self.subject = subject
        self._namespace = namespace
        self._attempt = attempt
        self._call = call
        self._has_waited = False

    def __repr__(self) -> str:
        return f"<ActivityWatch of {self._attempt!r}>"

    def is_over(self, now: float) -> bool:
        """Whether there is nothing left to watch for."""
        return not self._attempt.is_silent(now)

    async def run(self) -> None:
        """Watch until there is no need. Cancelling is safe.

        Raises:
            RPCError: A call has failed.
            ValueError: An answer cannot be read.
        """
        before = await self._next(None)
        while before is not None and not self.is_over(self._call.now()):
            before = await self._next(before)

    def gone(self) -> None:
        """Cancel the attempt, as the server does not know its activity."""
        deliver(self._attempt, GONE, self._call.now())

    async def _next(self, before: ActivityState | None) -> ActivityState | None:
        """Wait for the next description, tell the attempt what it says, and return the newest."""
        state = await self._ask() if before is None or not before.token else await self._wait(before.token)
        if state is None:
            return before
        if not self.is_over(self._call.now()):
            deliver(self._attempt, finding_of_activity(state, before, self._attempt.info.attempt), self._call.now())
        return state

    async def _ask(self) -> ActivityState | None:
        request = describe_activity(self._namespace, self.subject.id, self.subject.run_id)
        return read_activity(await self._call(DESCRIBE_ACTIVITY_EXECUTION, request))

    async def _wait(self, token: bytes) -> ActivityState | None:
        """Wait for a change; return ``None`` if there was none for as long as a poll takes."""
        _, activity_id, run_id = self.subject
        shared = await self._call.join(Awaited(_WAIT.name, activity_id, run_id, token))
        if shared is not None:
            state = state_of(shared)
            if state is None:
                await asyncio.sleep(_GATHERING)
            return state
        request = describe_activity(self._namespace, activity_id, run_id, token)
        data = await self._call(_WAIT, request, poll_timeout(is_first=not self._has_waited))
        self._has_waited = True
        return read_activity(data)
