"""Decode a task: the arguments and heartbeat details that its activity gets."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..._proto.temporal.api.common.v1 import Payload
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ...activity import Info
from ...common import RawValue
from ...converter import ActivitySerializationContext
from ...converter._stored import refuse_stored
from ...exceptions import ConverterError
from .._events import PayloadRetrieved, PayloadStored
from .._registry import raw_arguments

if TYPE_CHECKING:
    from ...converter import DataConverter
    from ...converter.storage._external import Operation, StorageWatch
    from .._events import Observers, StorageOutcome
    from .._registry import RegisteredActivity

__all__ = ["converter_for", "decode_arguments", "decode_details", "decode_untyped"]


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


async def decode_arguments(
    task: PollActivityTaskQueueResponse, registered: RegisteredActivity, converter: DataConverter
) -> Sequence[Any]:
    """Decode the arguments as the types of the activity's parameters.

    Raises:
        ConverterError: They are not of these types.
        StoredElsewhereError: One is a reference to external storage, which another worker may have.
        Exception: From the codec, and from converters for other reasons than the payload.
    """
    payloads: Sequence[Payload] = task.input.payloads if task.input is not None else ()
    if payloads and converter.has_codec:
        payloads = await converter.decode_payloads(payloads)
    if registered.takes_raw_arguments:
        refuse_stored(payloads)
        return raw_arguments(payloads)
    return registered.signature.decode_arguments(payloads, converter.payload_converter)


async def decode_details(task: PollActivityTaskQueueResponse, converter: DataConverter) -> Sequence[Payload]:
    """Return the last heartbeat's details as payloads: their types are named later, by the activity.

    Raises:
        StoredElsewhereError: One is a reference to external storage. Without it the activity would start anew.
        Exception: From the codec.
    """
    if task.heartbeat_details is None or not task.heartbeat_details.payloads:
        return ()
    payloads = await converter.decode_payloads(task.heartbeat_details.payloads)
    refuse_stored(payloads)
    return payloads


def decode_untyped(payloads: Sequence[Payload], converter: DataConverter) -> Sequence[Any]:
    """Decode payloads by their metadata alone; one of an unknown encoding stays a :class:`RawValue`."""
    values = []
    for payload in payloads:
        try:
            values.append(converter.payload_converter.from_payload(payload, Any))
        except ConverterError:
            values.append(RawValue(payload))
    return tuple(values)
