"""What a link asks of the server: how its activity stands, whether a reset is pending, and its completion."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..._proto.temporal.api.common.v1 import Payload, WorkflowExecution
from ..._proto.temporal.api.enums.v1.lazy import PendingActivityState as WirePendingState, WorkflowExecutionStatus
from ..._rpc._methods import DESCRIBE_WORKFLOW_EXECUTION
from ..._time import to_datetime
from ...client import AsyncActivityHandle, Client, PendingActivityState
from ...common import RawValue
from ...exceptions import ActivityNotFoundError, ApplicationError, AsyncActivityCancelledError, RPCError, RPCStatusCode
from ._links import Link
from ._standing import Sighting, Standing, judge

__all__ = ["LinkedActivity"]

_WITH_WORKER = frozenset(
    {PendingActivityState.STARTED, PendingActivityState.CANCEL_REQUESTED, PendingActivityState.PAUSE_REQUESTED}
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An activity that has not closed, with the details of its last heartbeat."""

    sighting: Sighting
    details: Sequence[Payload] = field(default=(), repr=False)


class LinkedActivity:
    """The activity of a link, on its server.

    Args:
        client: Makes the calls, which raise :exc:`RPCError` when they are not served.
        link: Which activity it is.
        timeout: Seconds that one call may take.
    """

    def __init__(self, client: Client, link: Link, timeout: float) -> None:
        self._client = client
        self._link = link
        self._timeout = timeout
        self._seen: _Seen | None = None

    async def standing(self) -> Standing:
        """Return whether the link holds, as far as a description of its activity shows. Cancelling is safe."""
        self._seen = await self._look()
        return judge(self._link, None if self._seen is None else self._seen.sighting)

    @property
    def waits_for_retry(self) -> bool:
        """Whether there was no attempt under way, but another one is to come."""
        return self._seen is not None and not self._seen.sighting.is_started

    async def standing_for_completion(self) -> Standing:
        """Return whether a link that has just held is not void by a reset that is pending. Cancelling is safe.

        Only a heartbeat's reply shows that: one is sent, with the details that were there.
        """
        seen = self._seen
        if seen is None or not seen.sighting.is_started:
            return Standing.HOLDS
        try:
            await self._handle().heartbeat(*map(RawValue, seen.details), rpc_timeout=self._timeout)
        except AsyncActivityCancelledError as error:
            return Standing.VOID if error.details.reset else Standing.HOLDS
        except ActivityNotFoundError:
            return Standing.CLOSED
        return Standing.HOLDS

    async def complete(self, result: Any) -> None:
        """Complete the activity.

        Raises:
            ActivityNotFoundError: It has closed.
        """
        await self._handle().complete(result, rpc_timeout=self._timeout)

    async def fail(self, message: str) -> None:
        """Fail the activity without a retry.

        Raises:
            ActivityNotFoundError: It has closed.
        """
        error = ApplicationError(message, type=self._link.action, non_retryable=True)
        await self._handle().fail(error, rpc_timeout=self._timeout)

    def _handle(self) -> AsyncActivityHandle:
        link = self._link
        if link.workflow_id is None:
            handle = self._client.get_async_activity_handle(activity_id=link.activity_id, run_id=link.run_id)
        else:
            handle = self._client.get_async_activity_handle(
                workflow_id=link.workflow_id, run_id=link.run_id, activity_id=link.activity_id
            )
        return handle.with_context(link.context)

    async def _look(self) -> _Seen | None:
        try:
            return await (self._look_in_workflow() if self._link.workflow_id else self._look_at_standalone())
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def _look_at_standalone(self) -> _Seen | None:
        handle = self._client.get_activity_handle(self._link.activity_id, run_id=self._link.run_id)
        it = await handle.describe(include_last_failure=False, rpc_timeout=self._timeout)
        if it.status.is_closed:
            return None
        sighting = Sighting(
            attempt=it.attempt,
            is_started=it.run_state in _WITH_WORKER,
            started=it.last_started_time,
            changes=it.state_transition_count,
            heartbeats=it.total_heartbeat_count,
        )
        return _Seen(sighting, it._contents.heartbeat_details)

    async def _look_in_workflow(self) -> _Seen | None:
        link = self._link
        request = DESCRIBE_WORKFLOW_EXECUTION.request(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=link.workflow_id or "", run_id=link.run_id or ""),
        )
        until = get_running_loop().time() + self._timeout
        response = await self._client.service.call(
            DESCRIBE_WORKFLOW_EXECUTION, request, timeout=self._timeout, until=until
        )
        info = response.workflow_execution_info
        if info is None or info.status is not WorkflowExecutionStatus.RUNNING:
            return None
        it = next((it for it in response.pending_activities if it.activity_id == link.activity_id), None)
        if it is None:
            return None
        sighting = Sighting(
            attempt=it.attempt,
            is_started=it.state in _WIRE_WITH_WORKER,
            started=to_datetime(it.last_started_time),
        )
        details = [] if it.heartbeat_details is None else it.heartbeat_details.payloads
        converter = self._client.data_converter.with_context(link.context)
        return _Seen(sighting, await converter.decode_payloads(details) if details else ())


_WIRE_WITH_WORKER = frozenset(WirePendingState(int(state)) for state in _WITH_WORKER)
