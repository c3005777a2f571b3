"""Read a task: the context that its activity gets, and its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..._proto.temporal.api.common.v1 import Payload
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ...activity import Info
from ...common import RawValue
from ...converter import ActivitySerializationContext
from ...converter._stored import refuse_stored
from ...exceptions import ConverterError
from .._registry import raw_arguments

if TYPE_CHECKING:
    from ...converter import DataConverter
    from .._registry import RegisteredActivity

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
    task: PollActivityTaskQueueResponse, registered: RegisteredActivity, converter: DataConverter
) -> Sequence[Any]:
    """Read the arguments as the activity's parameters take them.

    Raises:
        ConverterError: They are not what it takes.
        StoredElsewhereError: One is a reference to external storage: elsewhere, or later, it may be read.
        Exception: Whatever the codec raises, and what a payload is not to blame for.
    """
    payloads: Sequence[Payload] = task.input.payloads if task.input is not None else ()
    if payloads and converter.has_codec:
        payloads = await converter.decode_payloads(payloads)
    if registered.definition.dynamic:
        refuse_stored(payloads)
        return raw_arguments(payloads)
    return registered.signature.decode_arguments(payloads, converter.payload_converter)


async def read_details(task: PollActivityTaskQueueResponse, converter: DataConverter) -> Sequence[Payload]:
    """Read the last heartbeat's details, as payloads: what type they are the activity says later.

    Raises:
        StoredElsewhereError: One is a reference to external storage. Without it the activity would begin anew.
        Exception: Whatever the codec raises.
    """
    if task.heartbeat_details is None or not task.heartbeat_details.payloads:
        return ()
    payloads = await converter.decode_payloads(task.heartbeat_details.payloads)
    refuse_stored(payloads)
    return payloads


def read_untyped(payloads: Sequence[Payload], converter: DataConverter) -> Sequence[Any]:
    """Read payloads as whatever they say they are; what says nothing we know stays as it is."""
    values = []
    for payload in payloads:
        try:
            values.append(converter.payload_converter.from_payload(payload, Any))
        except ConverterError:
            values.append(RawValue(payload))
    return tuple(values)
