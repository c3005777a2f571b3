from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated

import pytest

from asyncworker import CancelledError, CancelReason, Depends, RawValue, activity
from asyncworker.converter import DataConverter, PayloadCodec, WithSerializationContext
from asyncworker.exceptions import ApplicationError, ConverterError
from asyncworker.testing import ActivityEnvironment, CompleteAsyncError, FakeTemporal
from asyncworker.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ContextPropagator,
    Interceptor,
)


@activity.defn
async def copy(pages: int) -> str:
    for page in range(activity.heartbeat_details(int, default=0), pages):
        activity.heartbeat(page)
        await asyncio.sleep(0)
    return activity.info().activity_id


@activity.defn
async def wait() -> None:
    activity.heartbeat("waiting")
    await asyncio.Event().wait()


@activity.defn
def in_a_thread(ctx: activity.Context, pages: int) -> int:
    for page in range(pages):
        ctx.heartbeat(page)
    return ctx.info.attempt


async def test_runs_a_coroutine_function():
    """An async activity runs with a context of its own, and its heartbeats are seen."""
    environment = ActivityEnvironment()

    result = await environment.run(copy, 3)

    assert result == "test"
    assert environment.heartbeats == [(0,), (1,), (2,)]


def test_runs_a_plain_function():
    """A def activity runs at once, and gets its context."""
    environment = ActivityEnvironment()

    assert environment.run(in_a_thread, 2) == 1
    assert environment.heartbeats == [(0,), (1,)]


async def test_awaits_what_a_plain_function_returns():
    """What can be awaited runs in the context, and is cancelled as a coroutine function is."""
    waiting = asyncio.Event()
    environment = ActivityEnvironment(on_heartbeat=lambda _: waiting.set())

    def pack() -> Awaitable[None]:
        return wait()

    running = asyncio.ensure_future(environment.run(pack))
    await waiting.wait()
    environment.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert environment.heartbeats == [("waiting",)]


async def test_a_plain_function_that_was_told_of_its_cancellation_cleans_up():
    """What it returns after its heartbeat has raised is not cancelled in its turn."""
    environment = ActivityEnvironment()
    environment.cancel()

    async def clean_up() -> str:
        await asyncio.sleep(0)
        activity.heartbeat("cleaning up")
        return "clean"

    def pack() -> Awaitable[str]:
        with contextlib.suppress(CancelledError):
            activity.heartbeat("going")
        return clean_up()

    assert await environment.run(pack) == "clean"
    assert environment.heartbeats == [("going",), ("cleaning up",)]


async def test_plays_a_later_attempt():
    """What an earlier attempt said is there to go on from."""
    environment = ActivityEnvironment(heartbeat_details=[2])

    await environment.run(copy, 3)

    assert environment.heartbeats == [(2,)]


async def test_info_can_be_chosen():
    """The attempt can be any."""
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, activity_id="a7")

    assert await environment.run(copy, 0) == "a7"


@pytest.mark.parametrize("reason", CancelReason, ids=lambda reason: reason.value)
async def test_cancels_for_any_reason(reason):
    """A cancellation comes as a CancelledError, and its reason can be asked for."""
    environment = ActivityEnvironment()
    seen = []

    @activity.defn
    async def watch() -> None:
        try:
            await wait()
        except asyncio.CancelledError:
            # Clean-up is not interrupted.
            await asyncio.sleep(0)
            seen.append(activity.context().cancel_reason)
            raise

    environment.on_heartbeat = lambda _: asyncio.get_running_loop().call_soon(environment.cancel, reason)
    with pytest.raises(asyncio.CancelledError):
        await environment.run(watch)

    assert seen == [reason]


def test_cancels_a_plain_function_at_its_next_heartbeat():
    """A def activity hears of it when it heartbeats."""
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda page: environment.cancel() if page == 1 else None

    with pytest.raises(CancelledError):
        environment.run(in_a_thread, 9)

    assert environment.heartbeats == [(0,), (1,)]


async def test_worker_shutdown_is_seen():
    """An activity can be told that its worker stops."""
    environment = ActivityEnvironment()

    @activity.defn
    async def hurry() -> bool:
        await activity.wait_for_worker_shutdown()
        return activity.is_worker_shutdown()

    running = asyncio.ensure_future(environment.run(hurry))
    await asyncio.sleep(0)
    environment.worker_shutdown()

    assert await running


async def test_details_that_could_not_be_sent_fail_the_test():
    """A heartbeat that a worker would refuse is refused here."""
    environment = ActivityEnvironment()

    @activity.defn
    async def bad() -> None:
        activity.heartbeat(object())

    with pytest.raises(ConverterError):
        await environment.run(bad)


def test_leaves_no_context_behind():
    """After a run the test is in no activity."""
    ActivityEnvironment().run(in_a_thread, 1)

    assert not activity.in_activity()
    with pytest.raises(RuntimeError, match="Not in activity context"):
        activity.info()


@activity.defn
async def approve() -> str:
    try:
        activity.raise_complete_async()
    except Exception:
        pytest.fail("stopped")


async def test_an_activity_that_leaves_itself_open_has_a_public_outcome():
    """raise_complete_async() is stopped by no except Exception in the activity, and is an Exception to the test."""
    with pytest.raises(CompleteAsyncError):
        await ActivityEnvironment().run(approve)


def test_a_plain_function_that_leaves_itself_open_has_the_same_outcome():
    """A def activity's raise_complete_async() is a CompleteAsyncError, too."""

    @activity.defn
    def ask() -> str:
        activity.raise_complete_async()

    with pytest.raises(CompleteAsyncError):
        ActivityEnvironment().run(ask)


@dataclass
class Order:
    id: str
    placed: dt.date


@activity.defn
async def pack(order: Order, boxes: tuple[str, ...] = ()) -> Order:
    assert isinstance(order, Order)
    return dataclasses.replace(order, id=f"{order.id} in {boxes!r}")


ORDER = Order("7", dt.date(2026, 1, 2))


class Reverses(PayloadCodec):
    """A codec that shows that it was there."""

    def __init__(self, *, waits: bool = False) -> None:
        self.encoded: list[bytes] = []
        self._waits = waits

    async def encode(self, payloads):
        if self._waits:
            await asyncio.sleep(0)
        self.encoded += [it.data for it in payloads]
        return [dataclasses.replace(it, data=it.data[::-1]) for it in payloads]

    async def decode(self, payloads):
        return [dataclasses.replace(it, data=it.data[::-1]) for it in payloads]


class TestConvert:
    """With convert=True, what passes between a client and a worker is converted as it is for them."""

    async def test_arguments_are_what_a_worker_would_decode(self):
        """A dict becomes the parameter's dataclass, a list its tuple."""
        environment = ActivityEnvironment(convert=True)

        packed = await environment.run(pack, {"id": "7", "placed": "2026-01-02"}, ["a"])

        assert packed == Order("7 in ('a',)", dt.date(2026, 1, 2))

    async def test_without_it_they_are_passed_as_they_are(self):
        """Without the option a test may pass what no payload could hold."""

        @activity.defn
        async def hold(thing: object) -> object:
            return thing

        thing = object()
        assert await ActivityEnvironment().run(hold, thing) is thing

    async def test_an_argument_of_another_type_is_refused(self):
        """What a worker could not decode fails the test, with the parameter's name."""
        with pytest.raises(ConverterError, match="order"):
            await ActivityEnvironment(convert=True).run(pack, 7)

    async def test_a_missing_argument_is_refused(self):
        """Arguments are counted as a worker counts them."""
        with pytest.raises(ConverterError, match="order: missing"):
            await ActivityEnvironment(convert=True).run(pack)

    async def test_an_argument_by_name_is_refused(self):
        """Payloads have no names."""
        with pytest.raises(TypeError, match="give boxes by position"):
            await ActivityEnvironment(convert=True).run(pack, ORDER, boxes=("a",))

    async def test_a_result_that_has_no_form_is_refused(self):
        """A result that a worker could not send fails the test."""

        @activity.defn
        async def bad() -> object:
            return object()

        with pytest.raises(ConverterError, match="the result of"):
            await ActivityEnvironment(convert=True).run(bad)

    async def test_the_result_is_what_a_client_gets(self):
        """A result that is not of the declared type is read as that type, as a client does."""

        @activity.defn
        async def count() -> int:
            return "7"  # type: ignore[return-value]

        assert await ActivityEnvironment(convert=True).run(count) == 7

    async def test_the_codec_is_run(self):
        """Arguments and result pass through the codec, which waits for the event loop."""
        codec = Reverses(waits=True)
        environment = ActivityEnvironment(convert=True, data_converter=DataConverter(payload_codec=codec))

        assert (await environment.run(pack, ORDER)).id == "7 in ()"
        assert [b"2026" in it for it in codec.encoded] == [True, True]

    async def test_a_dynamic_activity_gets_its_payloads_as_they_are(self):
        """A dynamic activity converts its arguments itself; its result passes through the codec as any other."""

        @activity.defn(dynamic=True)
        async def anything(args: Sequence[RawValue]) -> list[str]:
            return [str(activity.payload_converter().from_payload(each.payload, str)) for each in args]

        codec = Reverses()
        environment = ActivityEnvironment(convert=True, data_converter=DataConverter(payload_codec=codec))
        given = DataConverter.default.payload_converter.to_payload("a")

        assert await environment.run(anything, [RawValue(given)]) == ["a"]
        assert len(codec.encoded) == 1

    def test_a_plain_function_is_converted_too(self):
        """A def activity's arguments pass through a codec that does not wait."""

        @activity.defn
        def weigh(order: Order) -> str:
            return order.id

        codec = Reverses()
        environment = ActivityEnvironment(convert=True, data_converter=DataConverter(payload_codec=codec))

        assert environment.run(weigh, ORDER) == "7"
        assert len(codec.encoded) == 2

    async def test_a_codec_that_waits_cannot_be_run_around_a_plain_function(self):
        """The error names the tools that can."""
        environment = ActivityEnvironment(
            convert=True, data_converter=DataConverter(payload_codec=Reverses(waits=True))
        )

        with pytest.raises(RuntimeError, match="TestWorker or FakeTemporal"):
            environment.run(in_a_thread, 1)

    async def test_an_error_is_shown_as_a_client_gets_it(self):
        """The activity's own error is raised, and what a client would get is kept."""

        @activity.defn
        async def lose() -> None:
            raise LookupError("no such order")

        environment = ActivityEnvironment(convert=True)
        with pytest.raises(LookupError, match="no such order"):
            await environment.run(lose)

        assert isinstance(environment.failure, ApplicationError)
        assert environment.failure.type == "LookupError"

    async def test_the_context_of_the_conversion_is_the_attempt(self):
        """A converter that depends on the activity is given the environment's info."""
        seen = []

        class Watching(Reverses, WithSerializationContext):
            def with_context(self, context):
                seen.append(context.activity_id)
                return self

        environment = ActivityEnvironment(convert=True, data_converter=DataConverter(payload_codec=Watching()))
        environment.info = dataclasses.replace(environment.info, activity_id="a7")
        await environment.run(pack, ORDER)

        assert set(seen) == {"a7"}


class Notes(Interceptor):
    """Notes what passes, under its name."""

    def __init__(self, name: str, seen: list[str], *, waits: bool = False) -> None:
        self.name, self.seen, self.waits = name, seen, waits

    def intercept_activity(self, next):
        return _Inbound(self, next)


class _Inbound(ActivityInboundInterceptor):
    def __init__(self, notes: Notes, next: ActivityInboundInterceptor) -> None:
        super().__init__(next)
        self.notes = notes

    def init(self, outbound):
        super().init(_Outbound(self.notes, outbound))

    async def execute_activity(self, input):
        if self.notes.waits:
            await asyncio.sleep(0)
        self.notes.seen.append(f"{self.notes.name} {input.fn.__name__}{tuple(input.args)}")
        return await super().execute_activity(input)


class _Outbound(ActivityOutboundInterceptor):
    def __init__(self, notes: Notes, next: ActivityOutboundInterceptor) -> None:
        super().__init__(next)
        self.notes = notes

    def heartbeat(self, *details):
        self.notes.seen.append(f"{self.notes.name} heartbeat{details}")
        super().heartbeat(*details)


class TestInterceptors:
    """Interceptors are run as a worker runs them."""

    async def test_the_first_is_the_outermost(self):
        """Calls pass through all, and so do the heartbeats of the activity."""
        seen: list[str] = []
        environment = ActivityEnvironment(interceptors=[Notes("one", seen), Notes("two", seen, waits=True)])

        assert await environment.run(copy, 1) == "test"
        assert seen == ["one copy(1,)", "two copy(1,)", "two heartbeat(0,)", "one heartbeat(0,)"]
        assert environment.heartbeats == [(0,)]

    def test_a_plain_function_runs_at_once_within_them(self):
        """A def activity has its context, which they do not see among the arguments."""
        seen: list[str] = []
        environment = ActivityEnvironment(interceptors=[Notes("one", seen)])

        assert environment.run(in_a_thread, 1) == 1
        assert seen == ["one in_a_thread(1,)", "one heartbeat(0,)"]
        assert not activity.in_activity()

    async def test_what_a_plain_function_returns_is_awaited_within_them(self):
        """What can be awaited runs in a task of its own, and can be cancelled there."""
        waiting = asyncio.Event()
        environment = ActivityEnvironment(interceptors=[Notes("one", [])], on_heartbeat=lambda _: waiting.set())

        def pack() -> Awaitable[None]:
            return wait()

        running = asyncio.ensure_future(environment.run(pack))
        await waiting.wait()
        environment.cancel()

        with pytest.raises(asyncio.CancelledError):
            await running

    async def test_a_cancellation_passes_through_them(self):
        """An async activity is cancelled within its interceptors."""
        environment = ActivityEnvironment(interceptors=[Notes("one", [])])
        environment.on_heartbeat = lambda _: asyncio.get_running_loop().call_soon(environment.cancel)

        with pytest.raises(asyncio.CancelledError):
            await environment.run(wait)

    async def test_those_of_the_client_count(self):
        """A client's interceptors that a worker would have are run, and its converter is used."""
        variable: ContextVar[str] = ContextVar("tenant")

        @activity.defn
        async def tenant() -> str:
            return variable.get()

        async with FakeTemporal() as temporal:
            client = temporal.client(interceptors=[ContextPropagator(tenant=variable)])
            headers = {"tenant": DataConverter.default.payload_converter.to_payload("acme")}
            assert await ActivityEnvironment(client=client, headers=headers).run(tenant) == "acme"

    async def test_a_client_of_the_test_s_own_kind_is_passed_on(self):
        """What only stands for a client has neither interceptors nor a converter."""
        client = object()

        @activity.defn
        async def get() -> object:
            return activity.client()

        assert await ActivityEnvironment(client=client).run(get) is client  # type: ignore[arg-type]

    def test_a_class_is_refused(self):
        """An interceptor is an instance."""
        with pytest.raises(TypeError, match="instances of"):
            ActivityEnvironment(interceptors=[Interceptor])  # type: ignore[list-item]


def shelf() -> str:
    return f"shelf {activity.info().attempt}"


@activity.defn
async def store(order: Order, where: Annotated[str, Depends(shelf)]) -> str:
    return f"{order.id} on {where}"


async def test_dependencies_are_made_within_the_interceptors():
    """What an activity depends on takes no payload, is no argument to an interceptor, and can be given by name."""
    seen: list[str] = []
    environment = ActivityEnvironment(interceptors=[Notes("one", seen)], convert=True)

    assert await environment.run(store, ORDER) == "7 on shelf 1"  # type: ignore[call-arg]
    assert seen == [f"one store({ORDER!r},)"]
    assert await environment.run(store, ORDER, where="shelf 9") == "7 on shelf 9"
