"""The calls that complete an activity from outside: by its task token, or by its ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .._proto.temporal.api.common.v1 import Payloads
from .._rpc import _methods as methods
from .._rpc._methods import Method
from .._rpc._retry import COMPLETION, HEARTBEAT, RetryRules
from .._safe_logger import get_logger
from ..common import ActivityCancellationDetails
from ..converter import ensure_application_failure
from ..exceptions import AsyncActivityCancelledError
from ._calls import Calls, encode_payloads
from ._errors import not_found_as_such
from ._inputs import (
    CompleteAsyncActivityInput,
    FailAsyncActivityInput,
    HeartbeatAsyncActivityInput,
    ReportCancellationAsyncActivityInput,
)

__all__ = ["CompletionCalls"]

_logger = get_logger(__name__)

# The work is done, so an outage is waited out. A refusal is final at once: the caller may be waiting.
_COMPLETION = COMPLETION._replace(budget=60.0, grace=0.0)
_HEARTBEATS = HEARTBEAT.with_grace(0.0)


class _Methods(NamedTuple):
    """The methods of a call that names an activity by its task token, or by its ids."""

    by_token: Method[Any, Any]
    by_id: Method[Any, Any]


_HEARTBEAT = _Methods(methods.RECORD_ACTIVITY_TASK_HEARTBEAT, methods.RECORD_ACTIVITY_TASK_HEARTBEAT_BY_ID)
_COMPLETE = _Methods(methods.RESPOND_ACTIVITY_TASK_COMPLETED, methods.RESPOND_ACTIVITY_TASK_COMPLETED_BY_ID)
_FAIL = _Methods(methods.RESPOND_ACTIVITY_TASK_FAILED, methods.RESPOND_ACTIVITY_TASK_FAILED_BY_ID)
_CANCEL = _Methods(methods.RESPOND_ACTIVITY_TASK_CANCELED, methods.RESPOND_ACTIVITY_TASK_CANCELED_BY_ID)


class CompletionCalls(Calls):
    """Makes the calls that complete an activity from outside."""

    async def _respond(self, call: _Methods, input: Any, *, retry: RetryRules = _COMPLETION, **fields: Any) -> Any:
        target = input.id_or_token
        if isinstance(target, bytes):
            method = call.by_token
            fields["task_token"] = target
        else:
            method = call.by_id
            fields["workflow_id"] = target.workflow_id or ""
            fields["run_id"] = target.run_id or ""
            fields["activity_id"] = target.activity_id
        fields["identity"] = self._client.identity
        with not_found_as_such(or_closed=True):
            return await self._call(method, fields, metadata=input.rpc_metadata, timeout=input.rpc_timeout, retry=retry)

    async def _encode(self, what: str, input: Any, values: Sequence[Any]) -> Payloads | None:
        encoded = await encode_payloads(input.data_converter, values)
        if encoded is not None:
            self._client._size_warnings.check(what, _name_of(input), encoded.payloads)
        return encoded

    async def heartbeat_async_activity(self, input: HeartbeatAsyncActivityInput) -> None:
        details = await self._encode("the heartbeat's details", input, input.details)
        reply = await self._respond(_HEARTBEAT, input, retry=_HEARTBEATS, details=details)
        cancellation = ActivityCancellationDetails._from_heartbeat_reply(reply)
        if cancellation is not None:
            raise AsyncActivityCancelledError(cancellation)

    async def complete_async_activity(self, input: CompleteAsyncActivityInput) -> None:
        result = await self._encode("the result", input, input.result)
        await self._respond(_COMPLETE, input, result=result)

    async def fail_async_activity(self, input: FailAsyncActivityInput) -> None:
        failure = ensure_application_failure(await input.data_converter.encode_failure(input.error))
        self._client._size_warnings.check_failure(_name_of(input), failure)
        details = await self._encode("the heartbeat's details", input, input.last_heartbeat_details)
        reply = await self._respond(_FAIL, input, failure=failure, last_heartbeat_details=details)
        for stored in reply.failures:
            _logger.warning("The server has stored another failure than the one it was sent: %s", stored.message)

    async def report_cancellation_async_activity(self, input: ReportCancellationAsyncActivityInput) -> None:
        details = await self._encode("the cancellation's details", input, input.details)
        await self._respond(_CANCEL, input, details=details)


def _name_of(input: Any) -> str:
    # A token is an address, not for people.
    target = input.id_or_token
    return "of a task token" if isinstance(target, bytes) else repr(target.activity_id)
