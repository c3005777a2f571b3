"""What a server knows of its activities, and keeps books about: who was given what, and what came back."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.namespace.v1 import NamespaceInfo
from temporalio.api.workflowservice import v1 as messages

from .http2_server import Call, Refused

NOT_FOUND, FAILED_PRECONDITION, UNIMPLEMENTED = 5, 9, 12
# Polls with so many seconds or less are refused.
_SHORTEST_POLL = 2.0
# The server answers a poll so many seconds before its deadline.
_MARGIN = 1.0


@dataclass(eq=False)
class Attempt:
    """One time that an activity was handed out."""

    activity: Activity
    number: int
    #: The poll that it was the answer to.
    poll: Call
    outcome: str = ""
    timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)

    def __repr__(self) -> str:
        state = self.outcome or "started"
        return f"<Attempt {self.token.decode()} [{state}, {'' if self.is_delivered else 'not '}delivered]>"

    @property
    def token(self) -> bytes:
        return f"{self.activity.name}/{self.number}".encode()

    @property
    def is_delivered(self) -> bool:
        return self.poll.is_delivered


@dataclass(eq=False)
class Activity:
    """One activity, and what has become of it."""

    name: str
    arguments: tuple[bytes, ...]
    attempts: list[Attempt] = field(default_factory=list)
    results: list[bytes] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Activity {self.name} {self.attempts}>"

    @property
    def is_closed(self) -> bool:
        return bool(self.results)


class Temporal:
    """A namespace with one task queue; each attempt that is not heard of in time is followed by another.

    Args:
        start_to_close: Seconds that an attempt may take.
        heartbeat: Seconds within which one must heartbeat; ``None`` for no such limit.
        ends_polls: Whether the polls of a worker that stops are answered at once.
        hand_out: Seconds from the start of an attempt to its being in the poll's answer. When polls are ended just
            then, the answer is empty, as it is with Server 1.32: no worker has the attempt.
    """

    def __init__(
        self,
        *,
        start_to_close: float = 100.0,
        heartbeat: float | None = 60.0,
        ends_polls: bool = True,
        hand_out: float = 0.0,
    ) -> None:
        self.start_to_close = start_to_close
        self.heartbeat_timeout = heartbeat
        self.ends_polls = ends_polls
        self.hand_out = hand_out
        self.activities: list[Activity] = []
        self.refused: list[tuple[str, str]] = []
        self.heartbeats = 0
        self._due: deque[Activity] = deque()
        self._polls: deque[asyncio.Future[Attempt | None]] = deque()
        self._calls: dict[asyncio.Future[Attempt | None], Call] = {}
        self._started: dict[bytes, Attempt] = {}
        self._ending = asyncio.Event()

    # For the tests

    def schedule(self, count: int = 1, *, seconds: float = 1.0, size: int = 0) -> None:
        """Have activities done that take so many seconds, and have a result of so many bytes."""
        for _ in range(count):
            activity = Activity(f"activity-{len(self.activities)}", (b"%f" % seconds, b"%d" % size))
            self.activities.append(activity)
            self._due.append(activity)
        self._hand_out()

    @property
    def attempts(self) -> list[Attempt]:
        return [attempt for activity in self.activities for attempt in activity.attempts]

    @property
    def is_done(self) -> bool:
        return all(activity.is_closed for activity in self.activities)

    @property
    def polls(self) -> int:
        """How many polls wait for a task."""
        return sum(not waiter.done() for waiter in self._polls)

    # What a worker asks

    async def answer(self, call: Call) -> bytes:
        """Act on a call."""
        if call.method == "PollActivityTaskQueue":
            return await self._poll(call)
        act = getattr(self, f"_on_{call.method}", None)
        if act is None:
            raise Refused(UNIMPLEMENTED, call.method)
        request = getattr(messages, f"{call.method}Request").FromString(call.request)
        response: bytes = act(request).SerializeToString()
        return response

    async def _poll(self, call: Call) -> bytes:
        if call.timeout <= _SHORTEST_POLL:
            raise Refused(FAILED_PRECONDITION, "Context timeout is too short.")
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Attempt | None] = loop.create_future()
        self._polls.append(waiter)
        self._calls[waiter] = call
        timer = loop.call_later(min(call.timeout, 60.0) - _MARGIN, _end, waiter)
        self._hand_out()
        try:
            attempt = await waiter
        finally:
            timer.cancel()
            self._calls.pop(waiter, None)
        if attempt is None or await self._is_torn_away():
            return b""
        task: bytes = self._task(attempt).SerializeToString()
        return task

    async def _is_torn_away(self) -> bool:
        """Whether polls are ended while a task is being handed out."""
        if not self.hand_out:
            return False
        try:
            async with asyncio.timeout(self.hand_out):
                await self._ending.wait()
        except TimeoutError:
            return False
        return True

    def _on_GetSystemInfo(self, request: Any) -> Any:
        return messages.GetSystemInfoResponse(server_version="1.32.0")

    def _on_DescribeNamespace(self, request: Any) -> Any:
        capabilities = NamespaceInfo.Capabilities(worker_poll_complete_on_shutdown=self.ends_polls)
        return messages.DescribeNamespaceResponse(namespace_info=NamespaceInfo(capabilities=capabilities))

    def _on_ShutdownWorker(self, request: Any) -> Any:
        if self.ends_polls:
            for waiter in self._polls:
                _end(waiter)
            self._ending.set()
            self._ending = asyncio.Event()
        return messages.ShutdownWorkerResponse()

    def _on_RespondActivityTaskCompleted(self, request: Any) -> Any:
        attempt = self._find(request.task_token, "completion")
        attempt.activity.results.append(request.result.payloads[0].data)
        self._close(attempt, "completed")
        return messages.RespondActivityTaskCompletedResponse()

    def _on_RespondActivityTaskFailed(self, request: Any) -> Any:
        attempt = self._find(request.task_token, "failure")
        self._close(attempt, f"failed: {request.failure.message}")
        self._again(attempt)
        return messages.RespondActivityTaskFailedResponse()

    def _on_RecordActivityTaskHeartbeat(self, request: Any) -> Any:
        attempt = self._find(request.task_token, "heartbeat")
        self.heartbeats += 1
        self._expect_heartbeat(attempt)
        return messages.RecordActivityTaskHeartbeatResponse()

    # Books

    def _find(self, token: bytes, what: str) -> Attempt:
        attempt = self._started.get(token)
        if attempt is None:
            self.refused.append((what, token.decode()))
            raise Refused(NOT_FOUND, "invalid activityID or activity already timed out")
        return attempt

    def _hand_out(self) -> None:
        loop = asyncio.get_running_loop()
        while self._due and self._polls:
            waiter = self._polls.popleft()
            if waiter.done():
                continue
            activity = self._due.popleft()
            attempt = Attempt(activity, len(activity.attempts) + 1, self._calls[waiter])
            activity.attempts.append(attempt)
            self._started[attempt.token] = attempt
            attempt.timers["total"] = loop.call_later(self.start_to_close, self._time_out, attempt)
            self._expect_heartbeat(attempt)
            waiter.set_result(attempt)

    def _expect_heartbeat(self, attempt: Attempt) -> None:
        if self.heartbeat_timeout is None:
            return
        if "heartbeat" in attempt.timers:
            attempt.timers["heartbeat"].cancel()
        loop = asyncio.get_running_loop()
        attempt.timers["heartbeat"] = loop.call_later(self.heartbeat_timeout, self._time_out, attempt)

    def _time_out(self, attempt: Attempt) -> None:
        self._close(attempt, "timed out")
        self._again(attempt)

    def _close(self, attempt: Attempt, outcome: str) -> None:
        attempt.outcome = outcome
        del self._started[attempt.token]
        for timer in attempt.timers.values():
            timer.cancel()

    def _again(self, attempt: Attempt) -> None:
        self._due.append(attempt.activity)
        self._hand_out()

    def _task(self, attempt: Attempt) -> messages.PollActivityTaskQueueResponse:
        task = messages.PollActivityTaskQueueResponse(
            task_token=attempt.token,
            workflow_namespace="default",
            activity_id=attempt.activity.name,
            attempt=attempt.number,
        )
        task.workflow_execution.workflow_id = "workflow"
        task.activity_type.name = "work"
        for argument in attempt.activity.arguments:
            task.input.payloads.append(Payload(metadata={"encoding": b"json/plain"}, data=argument))
        for moment in (task.scheduled_time, task.current_attempt_scheduled_time, task.started_time):
            moment.GetCurrentTime()
        task.start_to_close_timeout.FromNanoseconds(int(self.start_to_close * 1e9))
        if self.heartbeat_timeout is not None:
            task.heartbeat_timeout.FromNanoseconds(int(self.heartbeat_timeout * 1e9))
        return task


def _end(waiter: asyncio.Future[Attempt | None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
