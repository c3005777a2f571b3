"""The handle of an activity that a TestWorker runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._arguments import UNSET

if TYPE_CHECKING:
    from ..client import ActivityHandle, AsyncActivityHandle, Client
    from ._fake._handle import FakeActivity
    from ._fake._time._attempts import FakeAttempt

__all__ = ["ActivityRun"]

R = TypeVar("R")


class ActivityRun(Generic[R]):
    """An activity that a :class:`TestWorker` runs, whose result is an ``R``.

    The verbs do what those of a client's :class:`~asyncworker.client.ActivityHandle` do, and raise what they raise:
    :exc:`~asyncworker.exceptions.RPCError`, as a rule ``FAILED_PRECONDITION`` where it is in another state.
    Cancelling a call is safe, but the server may have applied it.

    Attributes:
        handle: The client's handle of it.
        activity: The server's view of it.
    """

    def __init__(self, handle: ActivityHandle[R], activity: FakeActivity, client: Client) -> None:
        self.handle = handle
        self.activity = activity
        self._client = client

    def __repr__(self) -> str:
        return f"<ActivityRun {self.id!r} [{self.state}, attempt {self.attempt}]>"

    # Look

    @property
    def id(self) -> str:
        """Its id."""
        return self.activity.activity_id

    @property
    def state(self) -> str:
        """Its state, by the server's name: ``Scheduled``, ``Started``, ``Paused``, ``Completed``, …"""
        return self.activity.state

    @property
    def attempt(self) -> int:
        """The number of the attempt under way, of the next one while none is, or of the last one."""
        return self.activity.attempt

    @property
    def attempts(self) -> Sequence[FakeAttempt]:
        """The attempts that a worker has begun, each with its times and its failure."""
        return self.activity.attempts

    @property
    def heartbeats(self) -> list[list[Any]]:
        """The values of each heartbeat that reached the server, those of all attempts."""
        return self.activity.heartbeats

    # Wait

    async def result(self) -> R:
        """Wait until it has ended, and return its result.

        Raises:
            ActivityFailureError: It failed, was cancelled or terminated, or timed out; the ``cause`` says which.
            ConverterError: The result is not of the type expected.
            DeadlockError: It cannot end, as nothing is left to happen; or it fails again and again, without end.

        Cancelling ends the wait and leaves the activity as it is.
        """
        with self.activity._raising_deadlocks(f"the result of {self.id!r}"):
            return await self.handle.result()

    async def wait_for_attempt(self, attempt: int = 1) -> None:
        """Wait until the worker has started this attempt, or a later one. Cancelling is safe.

        Raises:
            DeadlockError: It will not, as nothing is left to happen.
        """
        await self.activity.wait_for_attempt(attempt)

    async def wait_for_heartbeat(self, count: int = 1) -> list[list[Any]]:
        """Wait until so many heartbeats have reached the server, and return the values of all. Cancelling is safe.

        Raises:
            DeadlockError: They will not, as nothing is left to happen.
        """
        return await self.activity.wait_for_heartbeat(count)

    async def wait_for_state(self, *states: str) -> str:
        """Wait until it is in one of these states, and return which, as in ``wait_for_state("Paused")``.

        Raises:
            ValueError: There is no such state.
            DeadlockError: It will not be, as nothing is left to happen.

        Cancelling is safe.
        """
        return await self.activity.wait_for_state(*states)

    # Change

    async def cancel(self, reason: str = "") -> None:
        """Request its cancellation."""
        await self.handle.cancel(reason=reason)

    async def pause(self, reason: str = "") -> None:
        """Let no further attempt begin, and ask the one under way to stop."""
        await self.handle.pause(reason=reason)

    async def unpause(self) -> None:
        """Undo :meth:`pause`."""
        await self.handle.unpause()

    async def reset(self, *, reset_heartbeat: bool = False) -> None:
        """Start over with attempt 1, and ask the one under way to stop."""
        await self.handle.reset(reset_heartbeat=reset_heartbeat)

    async def terminate(self, reason: str = "") -> None:
        """End it at once; an attempt under way is told later."""
        await self.handle.terminate(reason=reason)

    # Complete from outside

    async def complete(self, result: Any = UNSET) -> None:
        """Complete it from outside, as after :func:`asyncworker.activity.raise_complete_async`."""
        await self._from_outside.complete(result)

    async def fail(self, error: BaseException) -> None:
        """Fail the attempt under way from outside."""
        await self._from_outside.fail(error)

    async def report_cancellation(self, *details: Any) -> None:
        """Report from outside that it has heeded its cancellation."""
        await self._from_outside.report_cancellation(*details)

    async def heartbeat(self, *details: Any) -> None:
        """Send a heartbeat from outside.

        Raises:
            AsyncActivityCancelledError: It was cancelled, paused or reset.
        """
        await self._from_outside.heartbeat(*details)

    @property
    def _from_outside(self) -> AsyncActivityHandle:
        return self._client.get_async_activity_handle(activity_id=self.id, run_id=self.handle.run_id)
