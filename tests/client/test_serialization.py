from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from far_end import FarEnd

from asyncworker._proto.temporal.api.activity.v1 import ActivityExecutionInfo, ActivityExecutionOutcome
from asyncworker._proto.temporal.api.common.v1 import ActivityType, Payload, Payloads
from asyncworker._proto.temporal.api.failure.v1 import ApplicationFailureInfo, Failure
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    DescribeActivityExecutionResponse,
    PollActivityExecutionResponse,
)
from asyncworker.converter import (
    ActivitySerializationContext,
    DataConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
)
from asyncworker.exceptions import ActivityFailureError, ApplicationError


class Sealed(PayloadCodec, WithSerializationContext):
    """A codec whose key is the activity: what it writes says for which one, and it reads only that."""

    def __init__(self, seen: list[SerializationContext], context: SerializationContext | None = None) -> None:
        self.seen = seen
        self.context = context

    def with_context(self, context: SerializationContext) -> Sealed:
        self.seen.append(context)
        return Sealed(self.seen, context)

    def key(self) -> bytes:
        context = self.context
        return context.activity_id.encode() if isinstance(context, ActivitySerializationContext) else b"no context"

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [replace(each, metadata={**each.metadata, "key": self.key()}, data=each.data[::-1]) for each in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        for each in payloads:
            assert each.metadata["key"] == self.key()
        return [replace(each, data=each.data[::-1]) for each in payloads]


def sealed(data: bytes) -> Payloads:
    return Payloads(payloads=[Payload(metadata={"encoding": b"json/plain", "key": b"a1"}, data=data[::-1])])


async def test_the_codec_knows_the_activity_that_is_started():
    """Arguments, summary and details are encoded for the activity: its id, type, queue and namespace."""
    seen: list[SerializationContext] = []
    far_end = FarEnd()
    client = far_end.client(data_converter=DataConverter(payload_codec=Sealed(seen)))

    await client.start_activity(
        "pack", "order", id="a1", task_queue="depot", start_to_close_timeout=5, summary="Packing", details="All"
    )

    (request,) = far_end.asked("StartActivityExecution")
    assert seen == [
        ActivitySerializationContext(
            namespace="space", activity_id="a1", activity_type="pack", activity_task_queue="depot"
        )
    ]
    assert [payload.data for payload in request.input.payloads] == [b'"redro"']
    assert (request.user_metadata.summary.data, request.user_metadata.details.data) == (b'"gnikcaP"', b'"llA"')


async def test_the_codec_knows_the_activity_whose_result_it_is():
    """A result and a failure are decoded with what is known of the activity: its id if nothing else."""
    far_end = FarEnd()
    client = far_end.client(data_converter=DataConverter(payload_codec=Sealed([])))
    failure = Failure(message="broken", application_failure_info=ApplicationFailureInfo(details=sealed(b"7")))
    far_end.answer(
        "PollActivityExecution",
        PollActivityExecutionResponse(outcome=ActivityExecutionOutcome(result=sealed(b'"done"'))),
        PollActivityExecutionResponse(outcome=ActivityExecutionOutcome(failure=failure)),
    )

    assert await client.get_activity_handle("a1").result() == "done"
    with pytest.raises(ActivityFailureError) as caught:
        await client.get_activity_handle("a1").result()
    assert isinstance(caught.value.cause, ApplicationError)
    assert list(caught.value.cause.details) == [7]


async def test_a_description_is_decoded_before_it_is_read():
    """What a description holds has been through the codec: reading it does not wait."""
    seen: list[SerializationContext] = []
    far_end = FarEnd()
    client = far_end.client(data_converter=DataConverter(payload_codec=Sealed(seen)))
    info = ActivityExecutionInfo(
        activity_id="a1",
        activity_type=ActivityType(name="pack"),
        task_queue="depot",
        heartbeat_details=sealed(b"12"),
        status=2,
    )
    far_end.answer(
        "DescribeActivityExecution",
        DescribeActivityExecutionResponse(
            info=info, input=sealed(b'"order"'), outcome=ActivityExecutionOutcome(result=sealed(b'"done"'))
        ),
    )

    found = await client.get_activity_handle("a1").describe(include_input=True, include_outcome=True)

    assert (found.heartbeat_details(int), found.input(str), found.result(str)) == (12, ["order"], "done")
    assert seen == [
        ActivitySerializationContext(
            namespace="space", activity_id="a1", activity_type="pack", activity_task_queue="depot"
        )
    ]


async def test_a_completion_is_for_whom_the_caller_says():
    """Who completes from outside says which activity the codec is to work for; else it is told of none."""
    far_end = FarEnd()
    client = far_end.client(data_converter=DataConverter(payload_codec=Sealed([])))
    handle = client.get_async_activity_handle(task_token=b"token")
    context = ActivitySerializationContext(namespace="space", activity_id="a1")

    await handle.complete("done")
    await handle.with_context(context).complete("done")

    first, second = far_end.asked("RespondActivityTaskCompleted")
    assert first.result.payloads[0].metadata["key"] == b"no context"
    assert second.result == sealed(b'"done"')
