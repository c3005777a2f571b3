"""Read a task: the context that its activity gets, and its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._proto.temporal.api.common.v1 import Payload
from .._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ..activity import Info
from ..common import RawValue
from ..converter import ActivitySerializationContext
from ..exceptions import ConverterError
from ._registry import raw_arguments

if TYPE_CHECKING:
    from ..converter import DataConverter
    from ._registry import Registered

__all__ = ["converter_for", "read_arguments", "read_details", "read_untyped"]


def converter_for(converter: DataConverter, info: Info) -> DataConverter:
    """The converter as it works for one attempt: the same one, unless a part of it wants to know which."""
    if not converter.takes_context:
        return converter
    return converter.with_context(
        ActivitySerializationContext(
            namespace=info.namespace,
            activity_id=info.activity_id,
            activity_type=info.activity_type,
            activity_task_queue=info.task_queue,
            workflow_id=info.workflow_id,
            workflow_type=info.workflow_type,
        )
    )


async def read_arguments(
    task: PollActivityTaskQueueResponse, registered: Registered, converter: DataConverter
) -> Sequence[Any]:
    """Read the arguments as the activity's parameters take them.

    Raises:
        ConverterError: They are not what it takes.
        Exception: Whatever the codec raises.
    """
    payloads: Sequence[Payload] = task.input.payloads if task.input is not None else ()
    if payloads and converter.has_codec:
        payloads = await converter.decode_payloads(payloads)
    if registered.definition.dynamic:
        return raw_arguments(payloads)
    return registered.signature.decode_arguments(payloads, converter.payload_converter)


async def read_details(task: PollActivityTaskQueueResponse, converter: DataConverter) -> Sequence[Payload]:
    """Read the last heartbeat's details, as payloads: what type they are the activity says later.

    Raises:
        Exception: Whatever the codec raises.
    """
    if task.heartbeat_details is None or not task.heartbeat_details.payloads:
        return ()
    return await converter.decode_payloads(task.heartbeat_details.payloads)


def read_untyped(payloads: Sequence[Payload], converter: DataConverter) -> Sequence[Any]:
    """Read payloads as whatever they say they are; what says nothing we know stays as it is."""
    values = []
    for payload in payloads:
        try:
            values.append(converter.payload_converter.from_payload(payload, Any))
        except ConverterError:
            values.append(RawValue(payload))
    return tuple(values)
