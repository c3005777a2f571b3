"""What all watches do: make a call within the budget, and tell an attempt what has come of it."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

from ...common import ActivityCancellationDetails
from ._findings import GONE, Doubt, Finding

if TYPE_CHECKING:
    from ..._rpc._methods import Method
    from ..._rpc._service import WorkflowService
    from ...client._shared_polls import Awaited, SharedPolls
    from ..attempts._attempt import Attempt
    from ._table import WatchTable

__all__ = ["Call", "deliver", "poll_timeout"]

# Seconds that a long poll is sent with: the server answers after 20 or 29 s. The first polls of watches that have begun
# together are shorter, each by a different time, so that they are not all renewed together from then on.
_POLL_TIMEOUT = 60.0
_FIRST_POLL_TIMEOUTS = (8.0, 21.0)
_CALL_TIMEOUT = 10.0


class Call:
    """Makes the calls of watches, when the budget allows them.

    Args:
        service: Of the worker's client.
        polls: Of that client.
        table: Has the budget.
    """

    def __init__(self, service: WorkflowService, polls: SharedPolls, table: WatchTable) -> None:
        self._service = service
        self._polls = polls
        self._table = table

    def __repr__(self) -> str:
        return f"<Call by {self._service!r}>"

    async def __call__(self, method: Method[Any, Any], request: bytes, timeout: float | None = None) -> bytes:
        """Make a call, and return the response, which is empty where a long poll's time has passed.

        Raises:
            RPCError: It has failed.

        Cancelling is safe.
        """
        wait = self._table.budget.take_call(self.now())
        if wait > 0:
            await asyncio.sleep(wait)
        data = await self._service.call_bytes(method, request, timeout=_CALL_TIMEOUT if timeout is None else timeout)
        self._table.succeed()
        return data

    async def join(self, awaited: Awaited) -> Any:
        """Wait for what a caller in this process waits for; return the response, ``None`` if none does.

        Raises:
            RPCError: That call has failed.

        Cancelling is safe.
        """
        return await self._polls.join(awaited)

    @staticmethod
    def now() -> float:
        """Return the time on the event loop's clock."""
        return asyncio.get_running_loop().time()


def poll_timeout(*, is_first: bool) -> float:
    """Return the seconds that a watch's long poll is sent with."""
    return random.uniform(*_FIRST_POLL_TIMEOUTS) if is_first else _POLL_TIMEOUT


def deliver(attempt: Attempt, finding: Finding, now: float) -> None:
    """Cancel an attempt as the server has said, or let it ask.

    Args:
        attempt: To be told.
        finding: What has come.
        now: On the event loop's clock.
    """
    if finding is None:
        return
    if finding in (GONE, Doubt.OVER) and attempt.is_out_of_time(now):
        attempt.cancel(ActivityCancellationDetails(timed_out=True))
    elif isinstance(finding, Doubt):
        attempt.ask()
    else:
        attempt.cancel(finding)
