"""Make what lives as long as a run of the worker, once each, and close it when the last attempt has ended.

One task of the run makes all of it and closes it in reverse order, so that it is nested as in one function: what
belongs to a task, an anyio task group for one, may be left open in between. An attempt asks for what is not there
yet, and waits. It may be cancelled while it waits; the task goes on. A failure is that of the attempts that wait for
the value, and the next one that asks has it tried again.

What does not heed its cancellation at the end is left behind, with all that it depends on, as an attempt is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

import anyio

from ..._rpc._callbacks import BackgroundTasks, detach
from ..._safe_logger import get_logger
from ...exceptions import WorkerError
from ._attempt_scope import AttemptScope, add_note
from ._kind import Kind

if TYPE_CHECKING:
    import anyio.abc

    from ._graph import Node

__all__ = ["WorkerScope"]

_logger = get_logger(__name__)


class WorkerScope:
    """What one run of a worker has made.

    Args:
        least_close: Seconds that closing may take beyond the time of the shutdown, before it is cancelled, and then to
            heed that.

    Attributes:
        made: The values that are there.
    """

    def __init__(self, *, least_close: float = 1.0) -> None:
        self.made: dict[Node, Any] = {}
        self._least_close = least_close
        self._entered: list[tuple[Node, Any]] = []
        self._asked: dict[Node, asyncio.Future[Any]] = {}
        self._has_work = asyncio.Event()
        self._is_ending = asyncio.Event()
        self._is_making = False
        self._is_broken = False
        # What is being made or closed.
        self._busy_with: Node | None = None
        # By one of them, while the worker ran.
        self._was_cancelled = False
        self._context = Context()
        self._is_running = False
        self._tasks = BackgroundTasks()
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<WorkerScope [{len(self.made)} made, {len(self._asked)} asked for]>"

    async def provide(self, nodes: Iterable[Node]) -> dict[Node, Any]:
        """Return the values of *nodes*, once they are there. Cancelling is safe.

        Raises:
            Exception: A dependency could not be made.
        """
        values = {}
        for node in nodes:
            values[node] = self.made[node] if node in self.made else await asyncio.shield(self._ask(node))
        return values

    def _ask(self, node: Node) -> asyncio.Future[Any]:
        found = self._asked.get(node)
        if found is not None:
            return found
        if not self._is_running or self._is_broken or self._is_ending.is_set():
            raise RuntimeError(f"the dependency {node.path} cannot be made: the worker's run has ended")
        found = self._asked[node] = asyncio.get_running_loop().create_future()
        self._has_work.set()
        if self._task is None:
            # In the context of the run, and not of the attempt that happens to be the first.
            self._task = self._tasks.start(self._run(), self._context)
        return found

    # Its task

    @asynccontextmanager
    async def running(
        self,
        ends: Callable[[anyio.CancelScope], anyio.CancelScope],
        on_error: Callable[[Exception], None],
        on_cancelled: Callable[[], None],
    ) -> AsyncIterator[None]:
        """Make for the length of a block what is asked for, and close it at the end.

        Args:
            ends: Has a scope cancelled when the time of the shutdown is over.
            on_error: Called with the error of one that could not be closed, or was cancelled before.
            on_cancelled: Called when one of them is cancelled, as a task group is whose task fails. It is to end the
                block, so that what is wrong comes out.
        """
        self._on_error, self._on_cancelled, self._context = on_error, on_cancelled, copy_context()
        self._is_running = True
        try:
            yield
        finally:
            self._is_ending.set()
            self._has_work.set()
            if self._task is not None:
                await self._ended(self._task, ends)

    async def _ended(self, task: asyncio.Task[None], ends: Callable[[anyio.CancelScope], anyio.CancelScope]) -> None:
        """Wait until all is closed; what takes longer than the shutdown is cancelled, and may be left behind."""
        if self._is_making:
            # No attempt waits for it any more.
            task.cancel()
        with ends(anyio.CancelScope(shield=True)):
            await asyncio.wait({task})
        cancelled: Node | None = None
        while not task.done():
            with anyio.CancelScope(shield=True):
                await asyncio.wait({task}, timeout=self._least_close)
            if task.done() or cancelled is (cancelled := self._busy_with):
                break
            # Not by a scope: there may be some that are open in the task, in which this one would not be nested.
            task.cancel()
        if not task.done():
            self._leave_behind(task)

    def _leave_behind(self, task: asyncio.Task[None]) -> None:
        name = "" if self._busy_with is None else self._busy_with.name
        failure = f"the dependency {name} did not heed its cancellation, and is left behind"
        below = ", ".join(node.name for node, _ in reversed(self._entered))
        _logger.error("%s%s", failure, f"; not closed were {below}" if below else "")
        self.made.clear()
        detach(task)
        self._on_error(WorkerError(failure))

    async def _run(self) -> None:
        try:
            try:
                while not self._is_ending.is_set():
                    await self._make_next()
            except Exception as error:  # noqa: BLE001 - it is handed on
                self._break(error)
                # Attempts use what is there.
                await self._is_ending.wait()
            await self._close_all()
        except Exception as error:  # noqa: BLE001 - it is no fault of a dependency's, and ends the worker
            self._on_error(error)

    def _break(self, error: Exception) -> None:
        """Make nothing any more, for an error that is none of a dependency, and end the run with it."""
        self._is_broken = True
        for node, future in list(self._asked.items()):
            self._refuse(node, future, error)
        self._on_error(error)

    async def _make_next(self) -> None:
        node = next(iter(self._asked), None)
        if node is None:
            self._has_work.clear()
            await self._wait_for_work()
            return
        future, self._is_making = self._asked[node], True
        try:
            await self._make(node)
        except asyncio.CancelledError as error:
            _uncancel()
            self._refuse(node, future, error)
        except Exception as error:  # noqa: BLE001 - it is that of those who wait
            self._refuse(node, future, error)
        else:
            del self._asked[node]
            future.set_result(self.made[node])
        finally:
            self._is_making = False

    async def _wait_for_work(self) -> None:
        with anyio.CancelScope() as scope:
            while not self._has_work.is_set():
                try:
                    await self._has_work.wait()
                except asyncio.CancelledError:
                    # By a scope that a dependency has left open, and would go on cancelling. Or the event loop ends:
                    # the attempts that use all this are cancelled as well, and end first.
                    _uncancel()
                    scope.shield = self._was_cancelled = True
                    self._on_cancelled()

    def _refuse(self, node: Node, future: asyncio.Future[Any], error: BaseException | None) -> None:
        if not isinstance(error, Exception):
            failure = RuntimeError(f"the dependency {node.path} was cancelled while it was made")
            failure.__cause__ = error
            error = failure
        del self._asked[node]
        future.set_exception(error)
        # All that asked may have been cancelled.
        future.exception()

    async def _make(self, node: Node) -> None:
        for each in node.all():
            if each not in self.made:
                scope, self._busy_with = AttemptScope(self.made), each
                try:
                    await scope.enter([each])
                finally:
                    self._entered += scope.take()

    async def _close_all(self) -> None:
        for node, future in list(self._asked.items()):
            self._refuse(node, future, None)
        late, names, has_failed = [], [node.name for node, _ in self._entered], False
        while self._entered:
            node, manager = self._entered.pop()
            self._busy_with = node
            try:
                if node.kind is Kind.ASYNC_MANAGER:
                    await manager.__aexit__(None, None, None)
                else:
                    manager.__exit__(None, None, None)
            except asyncio.CancelledError:
                _uncancel()
                late.append(node.name)
            except Exception as error:  # noqa: BLE001 - it is handed on
                add_note(error, f"raised by the dependency {node.path} when it was closed")
                failure = WorkerError(f"the dependency {node.name} failed when the worker closed it: {error!r}")
                failure.__cause__ = error
                self._on_error(failure)
                has_failed = True
        self.made.clear()
        if self._was_cancelled and not has_failed:
            self._on_error(
                WorkerError(f"one of the dependencies {', '.join(names)} was cancelled while the worker ran")
            )
        if late:
            _logger.error("dependencies were not closed within the time of the shutdown: %s", ", ".join(late))


def _uncancel() -> None:
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()
