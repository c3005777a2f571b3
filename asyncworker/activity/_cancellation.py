"""The notice to an activity that it should stop, or that its worker does: given once, and never taken back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from ..common import ActivityCancellationDetails, CancelReason

__all__ = ["Notice", "cancel_message"]

_WHY = {
    CancelReason.CANCEL_REQUESTED: "its cancellation was requested",
    CancelReason.RESET: "it was reset",
    CancelReason.PAUSED: "it was paused",
    CancelReason.TIMED_OUT: "its attempt has timed out",
    CancelReason.NOT_FOUND: "the server no longer knows its attempt",
    CancelReason.WORKER_SHUTDOWN: "the worker is shutting down",
}


def cancel_message(details: ActivityCancellationDetails | None) -> str:
    """Return the message of the error that a cancelled activity gets: it says why."""
    reason = None if details is None else details.reason
    return "Activity cancelled" if reason is None else f"Activity cancelled: {_WHY[reason]}"


class Notice:
    """A flag that is raised once, and that both coroutines and threads can wait for.

    The events behind it are made at the first wait: most activities never wait.

    Attributes:
        is_raised: Whether it is raised.
        details: Why; ``None`` until then.
    """

    # As the class has them until the flag is raised or waited for, so that nothing need be set for each attempt.
    is_raised: bool = False
    details: ActivityCancellationDetails | None = None
    _event: asyncio.Event | None = None
    _thread_event: threading.Event | None = None
    _call: Callable[[], None] | None = None

    # Guards the making of the threads' event against its being raised at the same moment. Shared: it is held for
    # nanoseconds, and only by activities that wait in a thread.
    _making = threading.Lock()

    def __repr__(self) -> str:
        return f"<Notice [{self.reason.value if self.reason else 'not raised'}]>"

    @property
    def reason(self) -> CancelReason | None:
        return None if self.details is None else self.details.reason

    def raise_(self, details: ActivityCancellationDetails) -> bool:
        """Raise the flag, from the event loop's thread; return whether it was down before."""
        if self.is_raised:
            return False
        with self._making:
            self.details = details
            self.is_raised = True
        if self._event is not None:
            self._event.set()
        if self._thread_event is not None:
            self._thread_event.set()
        if self._call is not None:
            self._call()
        return True

    def call_when_raised(self, call: Callable[[], None]) -> None:
        """Have *call* made when the flag is raised, from any thread; at once if it is. It may be made twice.

        There is one such call: another takes its place.
        """
        with self._making:
            self._call = call
            is_raised = self.is_raised
        if is_raised:
            call()

    async def wait(self) -> None:
        """Wait until the flag is raised. Cancelling is safe."""
        if self.is_raised:
            return
        if self._event is None:
            self._event = asyncio.Event()
        await self._event.wait()

    def wait_in_thread(self, timeout: float | None) -> bool:
        """Block this thread until the flag is raised or *timeout* seconds are over; return whether it is raised."""
        with self._making:
            if self.is_raised:
                return True
            if self._thread_event is None:
                self._thread_event = threading.Event()
        return self._thread_event.wait(timeout)
