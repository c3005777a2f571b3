"""The workers that share a client: the first to come opens what they have in common, the last to go closes it.

What they share is one task, which is no child of any of them: they begin and end in any order.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from ...common import ActivityCancellationDetails
from .._supervision import supervised
from ._worker_heartbeat import ReportedWorker, WorkerHeartbeater

if TYPE_CHECKING:
    from ..._proto.temporal.api.namespace.v1 import NamespaceInfoCapabilities
    from ..._proto.temporal.api.worker.v1 import WorkerHeartbeat
    from ...client import Client
    from ..attempts._attempt_set import AttemptSet
    from ._commands import Commands

__all__ = ["ReportedWorker", "WorkerEntry", "registered"]

_CANCEL_REQUESTED = ActivityCancellationDetails(cancel_requested=True)


@dataclass(slots=True, eq=False, kw_only=True)
class WorkerEntry:
    """A worker, as one of those that share its client.

    Attributes:
        attempts: Where its activities are found.
        reported: What its heartbeats report; ``None`` if there are to be none.
        on_control_queue: Called with the control queue that its polls are to name; empty for none.
        on_error: Called with an error in what the workers share.
        heartbeater: Sends its heartbeats; set when it is registered.
    """

    attempts: AttemptSet
    reported: ReportedWorker | None
    on_control_queue: Callable[[str], None]
    on_error: Callable[[Exception], None]
    heartbeater: WorkerHeartbeater | None = None

    def heartbeat(self) -> WorkerHeartbeat | None:
        """Build a heartbeat of the worker's state now; ``None`` if it sends none."""
        if self.heartbeater is None or self.reported is None:
            return None
        return self.heartbeater.heartbeat(self.reported)

    def acknowledged(self, heartbeat: WorkerHeartbeat | None) -> None:
        """Record that the server has received *heartbeat*."""
        if heartbeat is not None and self.reported is not None:
            self.reported.builder.acknowledged(heartbeat)


class ClientWorkers:
    """The running workers of one client, their worker heartbeats and their commands.

    Args:
        client: Of the workers.
        capabilities: Of the namespace.
    """

    def __init__(self, client: Client, capabilities: NamespaceInfoCapabilities) -> None:
        self._workers: set[WorkerEntry] = set()
        grouping_key = str(uuid.uuid4())
        self._heartbeater = WorkerHeartbeater(client.service, client.identity, grouping_key)
        self._commands: Commands | None = None
        self._control_queue = ""
        if capabilities.worker_commands:
            self._add_commands(client, grouping_key, ends_polls=capabilities.worker_poll_complete_on_shutdown)
        self._is_over = asyncio.Event()
        self._host = asyncio.get_running_loop().create_task(
            supervised(self._run, self._on_error), name="workers of a client"
        )

    def __repr__(self) -> str:
        return f"<ClientWorkers of {len(self._workers)} workers [{self._heartbeater!r}, {self._commands!r}]>"

    @property
    def has_ended(self) -> bool:
        """Whether it keeps nothing up any more, by an error or as the last worker has ended."""
        return self._host.done()

    def is_last(self, entry: WorkerEntry) -> bool:
        """Whether there is no worker but this one."""
        return self._workers == {entry}

    def add(self, entry: WorkerEntry) -> None:
        """Send heartbeats of a worker, and find its activities by the server's commands."""
        self._workers.add(entry)
        entry.on_control_queue(self._control_queue)
        if entry.reported is not None:
            entry.heartbeater = self._heartbeater
            self._heartbeater.add(entry.reported)

    async def remove(self, entry: WorkerEntry) -> None:
        """Forget a worker that holds no activity any more, and end with the last one.

        Waits a second or two for the server. Cancelling ends the wait.
        """
        self._workers.discard(entry)
        is_last = not self._workers
        async with anyio.create_task_group() as group:
            if entry.reported is not None:
                group.start_soon(self._heartbeater.remove, entry.reported)
            if is_last and self._commands is not None:
                group.start_soon(self._commands.close)
        if is_last:
            self._is_over.set()
            await asyncio.wait((self._host,))

    def cancel(self, task_token: bytes) -> None:
        """Cancel the activity with this task token, whichever worker holds it."""
        holders = [entry for entry in self._workers if entry.attempts.find(task_token) is not None]
        # Where no worker holds it, it has ended, or is on its way to one of them.
        for entry in holders or self._workers:
            entry.attempts.cancel(task_token, _CANCEL_REQUESTED)

    async def _run(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(supervised, self._heartbeater.run, self._on_error)
            if self._commands is not None:
                group.start_soon(supervised, self._commands.run, self._on_error)
            await self._is_over.wait()
            group.cancel_scope.cancel()

    def _on_error(self, error: Exception) -> None:
        for entry in tuple(self._workers):
            entry.on_error(error)

    def _add_commands(self, client: Client, grouping_key: str, *, ends_polls: bool) -> None:
        # Not every namespace has them.
        from ._commands import Commands, control_queue

        self._control_queue = control_queue(client.namespace, grouping_key)
        self._commands = Commands(
            client.service,
            client.identity,
            self._control_queue,
            on_cancel=self.cancel,
            on_refused=self._forget_control_queue,
            ends_polls=ends_polls,
        )

    def _forget_control_queue(self) -> None:
        """Let no poll name the control queue any more: the server would push commands that are not polled."""
        self._control_queue = ""
        for entry in self._workers:
            entry.on_control_queue("")


@asynccontextmanager
async def registered(
    client: Client, capabilities: NamespaceInfoCapabilities, entry: WorkerEntry
) -> AsyncIterator[None]:
    """Send heartbeats of a worker, and receive commands for it, for the length of a block.

    When the block ends, the worker must not hold any activity.
    """
    workers = client._workers
    if not isinstance(workers, ClientWorkers) or workers.has_ended:
        workers = client._workers = ClientWorkers(client, capabilities)
    workers.add(entry)
    try:
        yield
    finally:
        if workers.is_last(entry) and client._workers is workers:
            # A worker that begins from now on begins anew: these only have to close.
            client._workers = None
        await workers.remove(entry)
