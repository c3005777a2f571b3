"""Share long polls: all callers of a client that wait for the same thing make one call.

Theory of operation
-------------------
Two long polls with the same request and metadata get the same response. So the first caller begins one, in a task of
the client's, and those that come while it is open wait for its response, too. Each waits for as long as it likes: a
deadline or a cancellation ends its own wait, and the call is cancelled when the last one has gone.

An error reaches all of them, each as an exception of its own. A caller that has come while the tries of the call were
failing already would have less than its share of the time for tries: it begins anew.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future, Task, get_running_loop
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any, Generic, NamedTuple

from .._rpc._callbacks import BackgroundTasks, CallTaskCancelledError
from .._rpc._methods import Method, Resp
from .._rpc._retry import Failures, RetryRules
from ..exceptions import RPCError

if TYPE_CHECKING:
    from .._rpc._service import WorkflowService
    from .._rpc._transport import Metadata

__all__ = ["Awaited", "SharedPolls"]

# Seconds since a try was to begin, in which the error of the one before says why there is no response.
_RECENT = 5.0


class Awaited(NamedTuple):
    """What a long poll waits for.

    Attributes:
        method: The name of the call.
        activity_id: Of the activity.
        run_id: Of its run; empty for the latest.
        token: Of the state that it waits to change; empty for the end.
    """

    method: str
    activity_id: str
    run_id: str
    token: bytes = b""


class SharedPolls:
    """The open long polls of one client.

    Args:
        service: Makes the calls.
    """

    __slots__ = ("_polls", "_service", "_tasks")

    def __init__(self, service: WorkflowService) -> None:
        self._service = service
        self._tasks = BackgroundTasks()
        # One that asks for more than another is another one.
        self._polls: dict[Awaited, dict[tuple[Any, ...], _Poll[Any]]] = {}

    def __repr__(self) -> str:
        return f"<SharedPolls [{len(self)} open]>"

    def __len__(self) -> int:
        return sum(map(len, self._polls.values()))

    async def wait(
        self,
        method: Method[Any, Resp],
        request: Any,
        awaited: Awaited,
        *,
        asked_for: tuple[bool, ...] = (),
        rules: RetryRules,
        metadata: Metadata = (),
        until: float | None = None,
    ) -> Resp | None:
        """Make a long poll, or wait for one that is open; return its response, or ``None`` when *until* has come.

        Args:
            method: See :meth:`.WorkflowService.call`.
            request: As there.
            awaited: What it waits for.
            asked_for: What else is in the request: those with the same share a call.
            rules: When to try again.
            metadata: As there.
            until: When to give up, on the event loop's clock.

        Raises:
            RPCError: It has failed; or *until* has come while it did.

        Cancelling is safe, and leaves the others' wait alone.
        """
        loop = get_running_loop()
        # Those with other rules give up at another time.
        key = (loop, asked_for, metadata, rules)
        while True:
            polls = self._polls.setdefault(awaited, {})
            poll = polls.get(key)
            if poll is None:
                poll = polls[key] = _Poll(loop, Failures(rules))
                call = self._service.call(method, request, failures=poll.failures, metadata=metadata)
                # In an empty context, as it is no caller's own.
                task = self._tasks.start(call, Context())
                poll.begin(task, on_end=lambda poll=poll: self._forget(awaited, key, poll))  # type: ignore[misc]
            was_failing = poll.is_failing
            try:
                return await poll.wait(until)
            except RPCError as error:
                if not (was_failing and error.retryable):
                    raise

    async def join(self, awaited: Awaited) -> Any:
        """Wait for an open poll for *awaited*, whatever else it asks for; return its response, ``None`` if none is.

        Raises:
            RPCError: It has failed.

        Cancelling is as there.
        """
        loop = get_running_loop()
        for poll in self._polls.get(awaited, {}).values():
            if poll.loop is loop:
                return await poll.wait(None)
        return None

    def _forget(self, awaited: Awaited, key: tuple[Any, ...], poll: _Poll[Any]) -> None:
        polls = self._polls.get(awaited, {})
        if polls.get(key) is poll:
            del polls[key]
        if not polls:
            self._polls.pop(awaited, None)

    async def close(self) -> None:
        """Wait until the calls have ended, for a second at most."""
        await self._tasks.close()


class _Poll(Generic[Resp]):
    """One call, and those who wait for its response."""

    __slots__ = ("_on_end", "_task", "_waiters", "failures", "loop")

    _task: Task[Resp]
    _on_end: Callable[[], None]

    def __init__(self, loop: AbstractEventLoop, failures: Failures) -> None:
        self.loop = loop
        self.failures = failures
        self._waiters: set[Future[Resp | None]] = set()

    def begin(self, task: Task[Resp], *, on_end: Callable[[], None]) -> None:
        """Set the task of the call, and what to call when no one is to wait for it any more."""
        self._task = task
        self._on_end = on_end
        task.add_done_callback(self._on_done)

    @property
    def is_failing(self) -> bool:
        """Whether the last try has failed, and the next has not been under way for long."""
        return self.failures.last is not None and self.loop.time() < self.failures.resumes_at + _RECENT

    async def wait(self, until: float | None) -> Resp | None:
        waiter: Future[Resp | None] = self.loop.create_future()
        self._waiters.add(waiter)
        timer = None if until is None else self.loop.call_at(until, self._give_up, waiter)
        try:
            return await waiter
        finally:
            if timer is not None:
                timer.cancel()
            self._waiters.discard(waiter)
            if not (self._waiters or self._task.done()):
                # At once: who comes next is not to join what is about to end.
                self._on_end()
                self._task.cancel()

    def _give_up(self, waiter: Future[Resp | None]) -> None:
        if waiter.done():
            return
        if self.failures.last is not None and self.is_failing:
            waiter.set_exception(_copy(self.failures.last))
        else:
            waiter.set_result(None)

    def _on_done(self, task: Task[Resp]) -> None:
        self._on_end()
        error = CallTaskCancelledError() if task.cancelled() else task.exception()
        for waiter in self._waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(task.result())
            else:
                # A traceback is added to where an exception is raised.
                waiter.set_exception(_copy(error))


def _copy(error: BaseException) -> BaseException:
    if not isinstance(error, RPCError):
        return error
    found = error.__class__.__new__(error.__class__, *error.args)
    found.__dict__.update(error.__dict__)
    found.__cause__, found.__suppress_context__ = error.__cause__, error.__suppress_context__
    return found
