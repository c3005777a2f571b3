from __future__ import annotations

from typing import Any

import pytest
from far_end import FarEnd

from asyncworker._proto.temporal.api.activity.v1 import ActivityExecutionInfo, ActivityExecutionOutcome
from asyncworker._proto.temporal.api.common.v1 import Payload, Payloads
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    DescribeActivityExecutionResponse,
    ListActivityExecutionsResponse,
    PollActivityExecutionResponse,
    StartActivityExecutionResponse,
)
from asyncworker.client import Client, Interceptor, OutboundInterceptor, StartActivityInput
from asyncworker.client._root_outbound import RootOutbound
from asyncworker.converter import DataConverter
from asyncworker.exceptions import ApplicationError

#: What an interceptor can wrap.
CALLS = [name for name in vars(OutboundInterceptor) if not name.startswith("_")]


class Recorder(Interceptor):
    """Notes the calls that pass, under a name of its own."""

    def __init__(self, name: str, seen: list[str]) -> None:
        self.name = name
        self.seen = seen

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        recorder = self

        class Link(OutboundInterceptor):
            def __getattribute__(self, attribute: str) -> Any:
                if attribute in CALLS:
                    recorder.seen.append(f"{recorder.name} {attribute}")
                return super().__getattribute__(attribute)

        return Link(next)


def answering() -> FarEnd:
    far_end = FarEnd()
    far_end.answer("StartActivityExecution", StartActivityExecutionResponse(run_id="r1"))
    result = Payloads(payloads=[Payload(metadata={"encoding": b"json/plain"}, data=b"1")])
    far_end.answer(
        "PollActivityExecution", PollActivityExecutionResponse(outcome=ActivityExecutionOutcome(result=result))
    )
    info = ActivityExecutionInfo(activity_id="a1", run_id="r1", status=2)
    far_end.answer("DescribeActivityExecution", DescribeActivityExecutionResponse(info=info))
    far_end.answer("ListActivityExecutions", ListActivityExecutionsResponse())
    return far_end


async def everything(client: Client) -> None:
    """Make every call that a client has."""
    handle = await client.start_activity("pack", id="a1", task_queue="depot", start_to_close_timeout=5)
    await handle.result()
    await handle.describe()
    await handle.cancel()
    await handle.terminate()
    await handle.pause()
    await handle.unpause()
    await handle.reset()
    await handle.update_options(heartbeat_timeout=1)
    await handle.delete()
    assert [each async for each in client.list_activities()] == []
    await client.count_activities()
    completing = client.get_async_activity_handle(task_token=b"token")
    await completing.heartbeat()
    await completing.complete()
    await completing.fail(ApplicationError("no"))
    await completing.report_cancellation()


async def test_every_call_passes_every_interceptor():
    """All calls of a client go through the chain, the first interceptor is the outermost."""
    seen: list[str] = []
    client = answering().client(interceptors=[Recorder("outer", seen), Recorder("inner", seen)])

    await everything(client)

    assert seen == [f"{name} {call}" for call in CALLS for name in ("outer", "inner")]


async def test_a_link_passes_on_what_it_does_not_care_about():
    """An interceptor that overrides nothing changes nothing."""

    class Idle(Interceptor):
        def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
            return OutboundInterceptor(next)

    plain, wrapped = answering(), answering()

    await everything(plain.client())
    await everything(wrapped.client(interceptors=[Idle()]))

    assert [name for name, _ in wrapped.requests] == [name for name, _ in plain.requests]


async def test_an_interceptor_may_change_what_is_sent():
    """What an interceptor adds to the headers and the arguments is sent."""

    class Stamp(Interceptor):
        def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
            return StampLink(next)

    class StampLink(OutboundInterceptor):
        async def start_activity(self, input: StartActivityInput) -> Any:
            input.headers = {**input.headers, "trace": Payload(data=b"7")}
            input.args = [*input.args, "stamped"]
            return await super().start_activity(input)

    far_end = answering()
    client = far_end.client(interceptors=[Stamp()])

    await client.start_activity(
        "pack", task_queue="depot", start_to_close_timeout=5, headers={"own": Payload(data=b"1")}
    )

    (request,) = far_end.asked("StartActivityExecution")
    assert {name: payload.data for name, payload in request.header.fields.items()} == {"own": b"1", "trace": b"7"}
    assert [payload.data for payload in request.input.payloads] == [b'"stamped"']


async def test_an_interceptor_may_answer_itself():
    """A link that does not call the next one keeps the call from being made."""

    class Canned(OutboundInterceptor):
        async def get_activity_result(self, input: Any) -> Any:
            return "canned"

    class Cache(Interceptor):
        def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
            return Canned(next)

    far_end = answering()

    assert await far_end.client(interceptors=[Cache()]).get_activity_handle("a1").result() == "canned"
    assert far_end.requests == []


async def test_an_interceptor_that_overrides_nothing_is_no_link():
    """The base class leaves the calls as they are."""
    far_end = FarEnd()
    client = await Client.connect(transport=far_end, interceptors=[Interceptor()])

    assert type(client._outbound) is type((await Client.connect(transport=far_end))._outbound)


async def test_without_interceptors_there_is_no_link():
    """Without interceptors a client's calls are at the end of the chain from the beginning."""
    client = answering().client()

    assert type(client._outbound) is RootOutbound


@pytest.mark.parametrize("call", CALLS)
def test_every_call_is_documented(call):
    """The author of an interceptor can read what each call is."""
    assert getattr(OutboundInterceptor, call).__doc__


@pytest.mark.parametrize("options", [{"interceptors": [Interceptor]}, {"data_converter": DataConverter}])
def test_a_class_in_place_of_its_instance_is_refused(options):
    """A class where an instance belongs is told at once, not at the first call."""
    with pytest.raises(TypeError, match=r"instance.*, got <class"):
        FarEnd().client(**options)
