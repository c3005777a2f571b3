"""The workers that share a client: the first to come opens what they have in common, the last to go closes it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...common import ActivityCancellationDetails
from ._worker_heartbeat import Subject, WorkerHeartbeater

if TYPE_CHECKING:
    from ..._proto.temporal.api.namespace.v1 import NamespaceInfoCapabilities
    from ..._proto.temporal.api.worker.v1 import WorkerHeartbeat
    from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueRequest
    from ...client import Client
    from ..attempts._attempt_set import AttemptSet
    from ._commands import Commands

__all__ = ["WorkerEntry", "Subject", "enrolled"]

_CANCEL_REQUESTED = ActivityCancellationDetails(cancel_requested=True)


@dataclass(slots=True, eq=False)
class WorkerEntry:
    """A worker, as one of those that share its client.

    Attributes:
        executions: Where its activities are found.
        request: Its polls, which name the control queue while that is polled.
        subject: Of its heartbeats; ``None`` if there are to be none.
        presence: Who sends them; set when it is enrolled.
    """

    executions: AttemptSet
    request: PollActivityTaskQueueRequest
    subject: Subject | None
    presence: WorkerHeartbeater | None = None

    def heartbeat(self) -> WorkerHeartbeat | None:
        """Write what the worker has to say of itself now; ``None`` if it is not to be heard of."""
        if self.presence is None or self.subject is None:
            return None
        return self.presence.heartbeat(self.subject)

    def taken(self, heartbeat: WorkerHeartbeat | None) -> None:
        """Learn that the server has taken *heartbeat*."""
        if heartbeat is not None and self.subject is not None:
            self.subject.vitals.taken(heartbeat)


class ClientWorkers:
    """Keeps the register of one client's workers."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._enrolled: set[WorkerEntry] = set()
        self._grouping_key = str(uuid.uuid4())
        self._presence: WorkerHeartbeater | None = None
        self._commands: Commands | None = None
        self._control_queue = ""

    def __repr__(self) -> str:
        return f"<ClientWorkers of {len(self._enrolled)} workers [{self._presence!r}, {self._commands!r}]>"

    def is_last(self, enrolment: WorkerEntry) -> bool:
        """Whether there is no worker but this one."""
        return self._enrolled == {enrolment}

    def add(self, enrolment: WorkerEntry, capabilities: NamespaceInfoCapabilities) -> None:
        """Let the server know of a worker, and the worker of the server's commands."""
        self._enrolled.add(enrolment)
        if enrolment.subject is not None:
            self._presence = enrolment.presence = self._presence or self._open_presence()
            self._presence.add(enrolment.subject)
        if capabilities.worker_commands and self._commands is None:
            self._open_commands(ends_polls=capabilities.worker_poll_complete_on_shutdown)
        enrolment.request.worker_control_task_queue = self._control_queue

    async def remove(self, enrolment: WorkerEntry) -> None:
        """Forget a worker that holds no activity any more. Waits for the server a few seconds at most."""
        self._enrolled.discard(enrolment)
        ending = []
        if self._presence is not None and enrolment.subject is not None:
            ending.append(self._presence.remove(enrolment.subject))
        if self._commands is not None and not self._enrolled:
            ending.append(self._commands.close())
        await asyncio.gather(*ending)

    def cancel(self, task_token: bytes) -> None:
        """Ask the activity with this task token to stop, whoever holds it."""
        holders = [it for it in self._enrolled if it.executions.find(task_token) is not None]
        # Where nobody holds it, it has ended, or is on its way to one of them.
        for enrolment in holders or self._enrolled:
            enrolment.executions.cancel(task_token, _CANCEL_REQUESTED)

    def _open_presence(self) -> WorkerHeartbeater:
        return WorkerHeartbeater(self._client.service, self._client.identity, self._grouping_key)

    def _open_commands(self, *, ends_polls: bool) -> None:
        from ._commands import Commands, control_queue

        self._control_queue = control_queue(self._client.namespace, self._grouping_key)
        self._commands = Commands(
            self._client.service,
            self._client.identity,
            self._control_queue,
            on_cancel=self.cancel,
            on_refused=self._lose_commands,
            ends_polls=ends_polls,
        )

    def _lose_commands(self) -> None:
        """Let no poll name the control queue any more: the server would push to nobody."""
        self._control_queue = ""
        for enrolment in self._enrolled:
            enrolment.request.worker_control_task_queue = ""


# There is an entry for as long as one of the client's workers runs.
_registrars: dict[Client, ClientWorkers] = {}


@asynccontextmanager
async def enrolled(
    client: Client, capabilities: NamespaceInfoCapabilities, enrolment: WorkerEntry
) -> AsyncIterator[None]:
    """Have a worker known to the server, and within reach of its commands, for the length of a block.

    When the block ends, the worker must not hold any activity.
    """
    registrar = _registrars.get(client)
    if registrar is None:
        registrar = _registrars[client] = ClientWorkers(client)
    registrar.add(enrolment, capabilities)
    try:
        yield
    finally:
        if registrar.is_last(enrolment):
            # Who comes from now on begins anew: this one only has to close.
            del _registrars[client]
        await registrar.remove(enrolment)
