"""Decode what a task has brought: by the converter for its attempt, and by a codec where there is one."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..._proto.temporal.api.common.v1 import Payload, Payloads
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ...activity import Info
from ...common import HeaderCodecBehavior, RawValue
from ...converter import ActivitySerializationContext, _codec
from ...exceptions import ConverterError
from .._events import PayloadRetrieved, PayloadStored

if TYPE_CHECKING:
    from ...converter import DataConverter
    from ...converter.storage._external import Operation, StorageWatch
    from .._events import StorageOutcome
    from .._observers import Observers

__all__ = ["convert_untyped", "converter_for", "decode_headers", "decode_payloads"]


def converter_for(converter: DataConverter, info: Info, observers: Observers | None) -> DataConverter:
    """Return the converter for one attempt: the same one, unless a part of it takes the attempt as its context."""
    if not converter.takes_context:
        return converter
    bound = converter.with_context(
        ActivitySerializationContext(
            namespace=info.namespace,
            activity_id=info.activity_id,
            activity_type=info.activity_type,
            activity_task_queue=info.task_queue,
            workflow_id=info.workflow_id,
            workflow_type=info.workflow_type,
            activity_run_id=info.activity_run_id,
            workflow_run_id=info.workflow_run_id,
        )
    )
    if observers is None or bound.external_storage is None:
        return bound
    return replace(bound, external_storage=bound.external_storage.watched(_notifying(observers, info)))


def _notifying(observers: Observers, info: Info) -> StorageWatch:
    """Call the observers with each use of the external storage."""

    def begin(operation: Operation, driver: str) -> Callable[[Sequence[int], BaseException | None], None]:
        event = PayloadStored if operation == "store" else PayloadRetrieved
        began_at = monotonic()

        def end(sizes: Sequence[int], error: BaseException | None) -> None:
            took = monotonic() - began_at
            outcome: StorageOutcome = "completed" if error is None else "failed"
            if isinstance(error, CancelledError):
                outcome = "canceled"
            for size in sizes:
                observers.notify(event(info, driver, size, took, outcome, error))

        return end

    return begin


def convert_untyped(payloads: Sequence[Payload], converter: DataConverter) -> Sequence[Any]:
    """Convert payloads by their metadata alone; one of an unknown encoding stays a :class:`RawValue`."""
    values = []
    for payload in payloads:
        try:
            values.append(converter.payload_converter.from_payload(payload, Any))
        except ConverterError:
            values.append(RawValue(payload))
    return tuple(values)


async def decode_headers(
    task: PollActivityTaskQueueResponse, converter: DataConverter, behavior: HeaderCodecBehavior
) -> Mapping[str, Payload] | None:
    """Return the headers, decoded if *behavior* is that the codec is for them too.

    Raises:
        Exception: From the codec.
    """
    headers = None if task.header is None else task.header.fields
    if headers and behavior is HeaderCodecBehavior.CODEC and converter.codec is not None:
        return await _codec.decode_headers(converter.codec, headers)
    return headers


async def decode_payloads(message: Payloads | None, converter: DataConverter) -> Sequence[Payload]:
    """Decode the payloads, if there are any.

    Raises:
        Exception: From the codec.
    """
    return await converter.decode_payloads(message.payloads) if message is not None and message.payloads else ()
