"""The watch of one workflow's run, for all of its activities in this process.

Theory of operation
-------------------
The history of a run can be waited for, and its end be had without reading it: a wait for the event that closes the run,
with less than a second to go, returns at once and empty, with a token that stands at the end. From that token on a wait
for all events brings what is new, the request to cancel an activity among it. What came before is in the description of
the run, which is asked for once, after the token. An event names the activity by a number that nothing else tells, so
that a request to cancel leads to a description as well.

An activity whose watch begins later was told by none of these. But then it was in the last description, or an event
that has come since leads to the next.

A pause is in no event, and is told by a description that is asked for anyway; a reset is in neither.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from ..._rpc._methods import DESCRIBE_WORKFLOW_EXECUTION, GET_WORKFLOW_EXECUTION_HISTORY
from ...exceptions import RPCError
from ._calls import Call, deliver, poll_timeout
from ._findings import GONE, RunTraffic, finding_of_pending
from ._messages import ALL_EVENTS, CLOSE_EVENT, HistoryPage, describe_run, history, read_history, read_run
from ._table import Subject

if TYPE_CHECKING:
    from ..attempts._attempt import Attempt

__all__ = ["RunWatch"]


# Seconds between an answer and the next poll: a workflow task is three transactions in a few milliseconds.
_GATHERING = 0.03
# Seconds: the server returns a second before the deadline, that is at once.
_AT_ONCE = 0.9


class RunWatch:
    """Watches attempts of one run's activities, those of several workers too.

    Args:
        subject: The run.
        namespace: Of the run.
        call: Makes the calls, within the budget.
    """

    def __init__(self, subject: Subject, namespace: str, call: Call) -> None:
        self.subject = subject
        self._namespace = namespace
        self._call = call
        self._attempts: set[Attempt] = set()
        self._traffic = RunTraffic()
        # When a description was last asked for, and which attempts it said are to stop.
        self._described_at = -math.inf
        self._to_stop: set[tuple[str, int]] = set()
        # When an event last had a cancellation, of whichever activity.
        self._seen_at = -math.inf
        self._is_doubtful = False
        #: Whether it came to more than it is worth.
        self.is_too_much = False

    def __repr__(self) -> str:
        return f"<RunWatch of {self.subject.id!r} for {len(self._attempts)} attempts>"

    def add(self, attempt: Attempt) -> None:
        """Watch for one attempt more; one that is watched for changes nothing."""
        if attempt not in self._attempts:
            self._attempts.add(attempt)
            info = attempt.info
            is_to_stop = (info.activity_id, info.attempt) in self._to_stop
            self._is_doubtful |= is_to_stop or attempt.arrived_at <= self._seen_at > self._described_at

    def take_doubt(self) -> bool:
        """Return whether an attempt may have been cancelled before it was added, so that :meth:`look` is due, once."""
        is_doubtful, self._is_doubtful = self._is_doubtful, False
        return is_doubtful

    def is_over(self, now: float) -> bool:
        """Whether there is nothing left to watch for."""
        self._attempts = {attempt for attempt in self._attempts if attempt.is_silent(now)}
        return not self._attempts

    async def run(self) -> None:
        """Watch until there is no need, or no sense in it. Cancelling is safe.

        Raises:
            RPCError: A call has failed.
            ValueError: An answer cannot be read.
        """
        page = await self._wait(CLOSE_EVENT, _AT_ONCE, page_size=1)
        if page.is_closed:
            self.gone()
            return
        token = page.token
        await self.look()
        is_first = True
        while token and not self.is_too_much and not self.is_over(self._call.now()):
            page = await self._wait(ALL_EVENTS, poll_timeout(is_first=is_first), token=token)
            is_first = False
            token = page.token or (token if not page.size else b"")
            if page.is_closed:
                self.gone()
                return
            if page.requests_cancel:
                await self.look()
        # Without a token there is nothing to wait with.
        self.is_too_much |= not token

    async def look(self) -> None:
        """Describe the run, and cancel the attempts of which that says so. Cancelling is safe.

        Raises:
            RPCError: The call has failed.
            ValueError: The answer cannot be read.
        """
        asked_at = self._call.now()
        request = describe_run(self._namespace, self.subject.id, self.subject.run_id)
        try:
            data = await self._call(DESCRIBE_WORKFLOW_EXECUTION, request)
        except RPCError:
            self._is_doubtful = True
            raise
        run, now = read_run(data), self._call.now()
        if run.is_closed:
            self.gone()
            return
        self._described_at = asked_at
        self._to_stop = {(name, it.attempt) for name, it in run.pending.items() if it.is_asked_to_stop}
        # What came after the question may be missing in the answer.
        for attempt in [attempt for attempt in self._attempts if attempt.arrived_at <= asked_at]:
            if attempt.is_silent(now):
                info = attempt.info
                deliver(attempt, finding_of_pending(run.pending.get(info.activity_id), info.attempt), now)

    def gone(self) -> None:
        """Cancel the attempts, as the server does not know the run, or as it has ended."""
        for attempt in self._attempts:
            deliver(attempt, GONE, self._call.now())

    async def _wait(self, events: int, timeout: float, *, token: bytes = b"", page_size: int = 0) -> HistoryPage:
        wait = self._traffic.begin(self._call.now())
        await asyncio.sleep(max(wait, _GATHERING))
        request = history(
            self._namespace, self.subject.id, self.subject.run_id, events=events, token=token, page_size=page_size
        )
        page = read_history(await self._call(GET_WORKFLOW_EXECUTION_HISTORY, request, timeout))
        if events == ALL_EVENTS:
            self._traffic.end(page.size, self._call.now())
            self.is_too_much |= self._traffic.is_too_much
            if page.requests_cancel:
                self._seen_at = self._call.now()
        return page
