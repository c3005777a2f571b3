"""One long poll for each activity, however many readers follow it.

A feed has no task of its own. Its readers poll in turns: who finds the feed's last description read polls for the next,
behind a lock, and the others find that one when the lock is theirs. A reader that leaves in the middle of its poll lets
go of the lock, and the next one polls. So a feed without readers polls for nothing, and nothing is left to be stopped.
"""

from __future__ import annotations

from weakref import WeakValueDictionary

import anyio

from ..._safe_logger import get_logger
from ...client import ActivityExecutionDescription, ActivityHandle, Client
from ...exceptions import RPCError, RPCStatusCode

__all__ = ["Feed", "Feeds"]

_logger = get_logger(__name__)

_AWAY = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.RESOURCE_EXHAUSTED})
# Seconds between two tries of a poll while the server is away: calls have their own retries before.
_RETRY_INTERVAL = 2.0


class Feed:
    """An activity as its readers see it.

    Args:
        handle: Whose activity it is.
        timeout: Seconds that the first description may take.
    """

    def __init__(self, handle: ActivityHandle[object], timeout: float) -> None:
        self._handle = handle
        self._timeout = timeout
        self._last: ActivityExecutionDescription | None = None
        self._polling = anyio.Lock()

    @property
    def activity_id(self) -> str:
        """The activity's id."""
        return self._handle.id

    async def now(self) -> ActivityExecutionDescription:
        """Return the description there is, or ask for the first. Cancelling is safe.

        Raises:
            RPCError: The server does not know the activity, or did not respond in time.
        """
        if self._last is None:
            # Not behind the lock: while the server is away, readers that come would wait for each other.
            found = await self._handle.describe(include_last_failure=False, rpc_timeout=self._timeout)
            self._last = self._last or found
        return self._last

    async def after(self, seen: ActivityExecutionDescription) -> ActivityExecutionDescription:
        """Wait for a description that is newer than *seen*, through outages of the server. Cancelling is safe.

        Raises:
            RPCError: The server does not know the activity any more, or refuses to describe it.
        """
        while True:
            async with self._polling:
                if self._last is not seen:
                    assert self._last is not None
                    return self._last
                try:
                    self._last = await self._handle.describe(changed_since=seen, include_last_failure=False)
                except RPCError as error:
                    if error.status not in _AWAY:
                        raise
                    _logger.warning("Progress of activity %s is waiting for the server: %s", self.activity_id, error)
                    await anyio.sleep(_RETRY_INTERVAL)


class Feeds:
    """The feeds that have readers.

    Args:
        timeout: Seconds that a first description may take.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._open: WeakValueDictionary[tuple[Client, str, str | None], Feed] = WeakValueDictionary()

    def get(self, client: Client, activity_id: str, run_id: str | None = None) -> Feed:
        """Return the feed of an activity, which lasts as long as it is referred to."""
        key = (client, activity_id, run_id)
        feed = self._open.get(key)
        if feed is None:
            feed = Feed(client.get_activity_handle(activity_id, run_id=run_id), self._timeout)
            self._open[key] = feed
        return feed
