"""The calls about standalone activities: from inputs to requests, from responses to values."""

from __future__ import annotations

import uuid
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

import anyio

from ..._arguments import check_duration
from ..._proto.temporal.api.common.v1 import ActivityType, Header, Payload, Payloads
from ..._rpc import _methods as methods
from ..._rpc._methods import Method
from ..._time import to_duration
from ...common import HeaderCodecBehavior
from ...converter import ActivitySerializationContext, DataConverter, PayloadCodec
from ...converter._codec import decode_headers, encode_headers
from ...exceptions import ActivityFailureError, RPCError, RPCStatusCode
from .._calls import Calls, as_annotated, encode_payloads
from .._errors import already_started, is_already_requested, not_found_as_such
from .._inputs import (
    CancelActivityInput,
    CountActivitiesInput,
    DeleteActivityInput,
    DescribeActivityInput,
    GetActivityResultInput,
    ListActivitiesInput,
    PauseActivityInput,
    ResetActivityInput,
    TerminateActivityInput,
    UnpauseActivityInput,
    UpdateActivityOptionsInput,
)
from .._shared_polls import Awaited
from ._description import ActivityExecution, ActivityExecutionCount, ActivityExecutionDescription, Contents
from ._handle import ActivityHandle
from ._options import (
    ActivityExecutionOptions,
    StartActivityInput,
    paths_of,
    start_fields,
    to_activity_options,
)

if TYPE_CHECKING:
    from ..._proto.temporal.api.activity.v1 import ActivityExecutionOutcome
    from ..._proto.temporal.api.sdk.v1 import UserMetadata
    from ..._proto.temporal.api.workflowservice.v1 import DescribeActivityExecutionResponse
    from ..._proto.temporal.wkt import Duration
    from ..._time import Seconds

__all__ = ["ActivityCalls"]

# Seconds from one long poll to the next at least: a proxy may respond at once where the server would not.
_POLL_INTERVAL = 0.1
# With a token in it, the same call waits.
_WAIT_FOR_CHANGE: Method[Any, Any] = Method("DescribeActivityExecution", long_poll=True)


class ActivityCalls(Calls):
    """Makes the calls about standalone activities."""

    async def _call_about(self, method: Method[Any, Any], input: Any, **fields: Any) -> Any:
        """Make a call about one activity."""
        fields |= {"activity_id": input.activity_id, "run_id": input.activity_run_id or ""}
        with not_found_as_such():
            return await self._call(method, fields, metadata=input.rpc_metadata, timeout=input.rpc_timeout)

    async def _command(self, method: Method[Any, Any], input: Any, **fields: Any) -> Any:
        """Make a call that changes one activity; the request id lets the server recognize a repetition."""
        return await self._call_about(
            method, input, identity=self._client.identity, request_id=str(uuid.uuid4()), **fields
        )

    def _converter(self, activity_id: str, activity_type: str, task_queue: str) -> DataConverter:
        return self._client.data_converter.with_context(
            ActivitySerializationContext(
                namespace=self._client.namespace,
                activity_id=activity_id,
                activity_type=activity_type or None,
                activity_task_queue=task_queue or None,
            )
        )

    def _header_codec(self, converter: DataConverter) -> PayloadCodec | None:
        return converter.codec if self._client.header_codec_behavior is HeaderCodecBehavior.CODEC else None

    # Start, and wait for the end

    async def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        converter = self._converter(input.id, input.activity_type, input.task_queue)
        fields = await _start_fields(input, converter)
        if (sent := fields["input"]) is not None:
            kind = input.activity_type
            self._client._size_warnings.check("the arguments", kind, sent.payloads, kind=kind)
        codec = self._header_codec(converter)
        if input.headers and codec is not None:
            fields["header"] = Header(fields=await encode_headers(codec, input.headers))
        try:
            response = await self._call(
                methods.START_ACTIVITY_EXECUTION,
                {"identity": self._client.identity, "request_id": str(uuid.uuid4())} | fields,
                metadata=input.rpc_metadata,
                timeout=input.rpc_timeout,
            )
        except RPCError as error:
            raise already_started(error, input.id, input.activity_type) from error.__cause__
        return ActivityHandle(
            self._client._outbound,
            input.id,
            run_id=response.run_id,
            result_type=input.result_type,
            activity_type=input.activity_type,
            task_queue=input.task_queue,
        )

    async def get_activity_result(self, input: GetActivityResultInput) -> Any:
        outcome = await self._wait_for_outcome(input)
        converter = self._converter(input.activity_id, input.activity_type, input.task_queue)
        if outcome.failure is not None:
            cause = await converter.decode_failure(outcome.failure)
            raise ActivityFailureError(f"activity {input.activity_id!r} failed", cause=cause) from cause
        payloads = outcome.result.payloads if outcome.result is not None else []
        # A function that returns nothing may be reported with no payload at all.
        return (await converter.decode(payloads[:1], [input.result_type]))[0] if payloads else None

    async def _wait_for_outcome(self, input: GetActivityResultInput) -> ActivityExecutionOutcome:
        request = methods.POLL_ACTIVITY_EXECUTION.request(
            namespace=self._client.namespace, activity_id=input.activity_id, run_id=input.activity_run_id or ""
        )
        awaited = Awaited(methods.POLL_ACTIVITY_EXECUTION.name, input.activity_id, input.activity_run_id or "")
        clock = get_running_loop().time
        timeout = self._timeout(input.rpc_timeout)
        until = None if timeout is None else clock() + timeout
        with not_found_as_such():
            while until is None or clock() < until:
                asked = clock()
                response = await self._client._polls.wait(
                    methods.POLL_ACTIVITY_EXECUTION,
                    request,
                    awaited,
                    until=until,
                    rules=self._waiting,
                    metadata=tuple(input.rpc_metadata.items()),
                )
                if response is not None and response.outcome is not None:
                    return response.outcome
                await anyio.sleep(max(0.0, asked + _POLL_INTERVAL - clock()))
        raise RPCError(f"activity {input.activity_id!r} has not ended in time", RPCStatusCode.DEADLINE_EXCEEDED)

    # Look at one

    async def describe_activity(self, input: DescribeActivityInput) -> ActivityExecutionDescription | None:
        if not input.long_poll_token:
            response = await self._call_about(methods.DESCRIBE_ACTIVITY_EXECUTION, input, **_describe_fields(input))
        else:
            response = await self._wait_for_change(input)
        if response is None or response.info is None:
            return None
        info = response.info
        converter = self._converter(
            info.activity_id, info.activity_type.name if info.activity_type else "", info.task_queue
        )
        contents = await _contents(response, converter, self._header_codec(converter))
        return ActivityExecutionDescription._from_response(response, self._client.namespace, contents)

    async def _wait_for_change(self, input: DescribeActivityInput) -> DescribeActivityExecutionResponse | None:
        clock = get_running_loop().time
        asked = clock()
        run_id = input.activity_run_id or ""
        fields = _describe_fields(input)
        request = _WAIT_FOR_CHANGE.request(
            namespace=self._client.namespace, activity_id=input.activity_id, run_id=run_id, **fields
        )
        timeout = self._timeout(input.rpc_timeout)
        with not_found_as_such():
            response: DescribeActivityExecutionResponse | None = await self._client._polls.wait(
                _WAIT_FOR_CHANGE,
                request,
                Awaited(_WAIT_FOR_CHANGE.name, input.activity_id, run_id, input.long_poll_token),
                asked_for=tuple(fields.values()),
                until=None if timeout is None else asked + timeout,
                rules=self._waiting,
                metadata=tuple(input.rpc_metadata.items()),
            )
        if response is None or response.info is None:
            await anyio.sleep(max(0.0, asked + _POLL_INTERVAL - clock()))
            return None
        return response

    # Change one

    async def cancel_activity(self, input: CancelActivityInput) -> None:
        try:
            await self._command(methods.REQUEST_CANCEL_ACTIVITY_EXECUTION, input, reason=input.reason)
        except RPCError as error:
            if not is_already_requested(error):
                raise

    async def terminate_activity(self, input: TerminateActivityInput) -> None:
        await self._command(methods.TERMINATE_ACTIVITY_EXECUTION, input, reason=input.reason)

    async def pause_activity(self, input: PauseActivityInput) -> None:
        await self._command(methods.PAUSE_ACTIVITY_EXECUTION, input, reason=input.reason)

    async def unpause_activity(self, input: UnpauseActivityInput) -> None:
        jitter = _jitter(input.jitter)
        await self._command(methods.UNPAUSE_ACTIVITY_EXECUTION, input, reason=input.reason, jitter=jitter)

    async def reset_activity(self, input: ResetActivityInput) -> None:
        await self._command(
            methods.RESET_ACTIVITY_EXECUTION,
            input,
            keep_paused=input.keep_paused,
            reset_heartbeat=input.reset_heartbeat,
            restore_original_options=input.restore_original_options,
            jitter=_jitter(input.jitter),
        )

    async def update_activity_options(self, input: UpdateActivityOptionsInput) -> ActivityExecutionOptions:
        from ..._proto.temporal.api.activity.v1 import ActivityOptions
        from ..._proto.temporal.wkt import FieldMask

        changes: dict[str, Any] = {"restore_original": True}
        if not input.restore_original:
            changes = {
                "update_mask": FieldMask(paths=paths_of(input.changes)),
                "activity_options": to_activity_options(input.changes),
            }
        response = await self._command(methods.UPDATE_ACTIVITY_EXECUTION_OPTIONS, input, **changes)
        return ActivityExecutionOptions._from_proto(response.activity_options or ActivityOptions())

    async def delete_activity(self, input: DeleteActivityInput) -> None:
        await self._call_about(methods.DELETE_ACTIVITY_EXECUTION, input)

    # Look for many

    async def list_activities(self, input: ListActivitiesInput) -> AsyncIterator[ActivityExecution]:
        remaining = input.limit
        token = b""
        while remaining is None or remaining > 0:
            size = input.page_size if remaining is None else min(input.page_size, remaining)
            page = await self._call(
                methods.LIST_ACTIVITY_EXECUTIONS,
                {"query": input.query, "page_size": size, "next_page_token": token},
                metadata=input.rpc_metadata,
                timeout=input.rpc_timeout,
            )
            # A server may send more than was asked for.
            for info in page.executions[:remaining]:
                yield ActivityExecution._from_proto(info, self._client.namespace)
            remaining = None if remaining is None else remaining - len(page.executions)
            token = page.next_page_token
            if not token:
                return

    async def count_activities(self, input: CountActivitiesInput) -> ActivityExecutionCount:
        response = await self._call(
            methods.COUNT_ACTIVITY_EXECUTIONS,
            {"query": input.query},
            metadata=input.rpc_metadata,
            timeout=input.rpc_timeout,
        )
        return ActivityExecutionCount._from_response(response)


def _describe_fields(input: DescribeActivityInput) -> dict[str, Any]:
    return {
        "include_input": input.include_input,
        "include_outcome": input.include_outcome,
        "include_heartbeat_details": input.include_heartbeat_details,
        "include_last_failure": input.include_last_failure,
        "long_poll_token": input.long_poll_token,
    }


async def _start_fields(input: StartActivityInput, converter: DataConverter) -> dict[str, Any]:
    return {
        **start_fields(input),
        "activity_type": ActivityType(name=input.activity_type),
        "input": await encode_payloads(converter, as_annotated(input.args, input.arg_types, converter)),
        "user_metadata": await _user_metadata(converter, input.summary, input.details),
    }


def _jitter(jitter: Seconds | None) -> Duration | None:
    return None if jitter is None else to_duration(check_duration("jitter", jitter, or_zero=True))


async def _user_metadata(converter: DataConverter, summary: str | None, details: str | None) -> UserMetadata | None:
    if summary is None and details is None:
        return None
    from ..._proto.temporal.api.sdk.v1 import UserMetadata

    texts = [text for text in (summary, details) if text is not None]
    payloads = iter(await converter.encode(texts))
    return UserMetadata(
        summary=None if summary is None else next(payloads), details=None if details is None else next(payloads)
    )


async def _contents(
    response: DescribeActivityExecutionResponse, converter: DataConverter, header_codec: PayloadCodec | None
) -> Contents:
    """Decode the users' values of a description."""
    info = response.info
    outcome = response.outcome
    assert info is not None

    async def opened(field: Payloads | None) -> Sequence[Payload] | None:
        return None if field is None else await converter.decode_payloads(field.payloads)

    async def text(payload: Payload | None) -> str | None:
        return None if payload is None else str((await converter.decode([payload]))[0])

    headers = {} if info.header is None else dict(info.header.fields)
    metadata = info.user_metadata
    failure = outcome.failure if outcome is not None else None
    return Contents(
        from_payload=converter.payload_converter.from_payload,
        headers=await decode_headers(header_codec, headers) if header_codec is not None else headers,
        heartbeat_details=await opened(info.heartbeat_details) or (),
        input=await opened(response.input),
        result=await opened(outcome.result) if outcome is not None else None,
        failure=None if failure is None else await converter.decode_failure(failure),
        last_failure=None if info.last_failure is None else await converter.decode_failure(info.last_failure),
        summary=await text(metadata.summary) if metadata is not None else None,
        details=await text(metadata.details) if metadata is not None else None,
    )
