"""What temporalio reads of our declarations, and ours beside its own on one function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any
from unittest.mock import AsyncMock

import pytest
import temporalio.activity
import temporalio.client
import temporalio.common
import temporalio.worker

from asyncworker import RawValue, activity
from asyncworker.activity._objects import definitions_of
from asyncworker.testing import DevServer

if TYPE_CHECKING:
    from nowhere import Nowhere


# What temporalio compares a dynamic activity's parameter with: of `typing` or of `collections.abc`, by its version.
RawValues = temporalio.activity.Sequence[temporalio.common.RawValue]


class Parcel:
    """What is packed; its class is named by strings."""


def read_by_temporalio(fn: Callable[..., Any]) -> Any:
    """Find the declaration of a function as temporalio's workflows and clients do."""
    return temporalio.activity._Definition.must_from_callable(fn)


@pytest.fixture
async def client(dev_server: DevServer) -> temporalio.client.Client:
    """A client of temporalio's; its workers want one that is connected."""
    return await temporalio.client.Client.connect(dev_server.target)


def copies(fn: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make two functions of one, each to be declared in its own way."""

    def copy() -> Callable[..., Any]:
        made = type(fn)(fn.__code__, fn.__globals__, fn.__name__, fn.__defaults__, fn.__closure__)  # type: ignore[misc]
        made.__annotations__, made.__qualname__ = dict(fn.__annotations__), fn.__qualname__
        return made

    return copy(), copy()


class Warehouse:
    @activity.defn
    async def store(self, item: str) -> Parcel: ...

    @activity.defn
    def fetch(self, ctx: activity.Context, item: str) -> Parcel: ...


async def plain(order: str, boxes: int = 1) -> list[Parcel]: ...
async def bare(order, boxes): ...
async def partly(order: str, boxes) -> None: ...
async def variadic(order: str, *boxes: int) -> Parcel: ...
async def annotated(order: Annotated[str, "an id"]) -> Annotated[int, "cents"]: ...
async def optional(order: str | None = None) -> Parcel | None: ...
def threaded(order: str) -> dict[str, Parcel]: ...


class TestScheduledByTheFunction:
    @pytest.mark.parametrize(
        "fn", [plain, bare, partly, variadic, annotated, optional, threaded], ids=lambda fn: fn.__name__
    )
    def test_a_declaration_is_read_as_temporalios_own_is(self, fn):
        """The name and the types are those that temporalio's decorator finds, in string annotations too."""
        ours, theirs = copies(fn)

        found, expected = (
            read_by_temporalio(activity.defn(ours)),
            read_by_temporalio(temporalio.activity.defn(theirs)),
        )

        assert (found.name, found.arg_types, found.ret_type, found.no_thread_cancel_exception, found.fn) == (
            expected.name,
            expected.arg_types,
            expected.ret_type,
            expected.no_thread_cancel_exception,
            ours,
        )

    def test_a_context_is_no_argument(self):
        """What the worker passes is not among the arguments that a workflow gives."""

        @activity.defn(name="pack-it")
        async def pack(ctx: activity.Context, order: str) -> Parcel: ...

        found = read_by_temporalio(pack)

        assert (found.name, found.arg_types, found.ret_type) == ("pack-it", [str], Parcel)

    def test_methods_are_scheduled_without_their_object(self):
        """A method is named through its class or its object, with the arguments after self."""

        class Orders:
            @activity.defn
            async def pack(self, ctx: activity.Context, order: str) -> Parcel: ...

            @activity.defn
            @classmethod
            async def audit(cls, order: str) -> int: ...

            @staticmethod
            @activity.defn
            def fetch(order: str) -> bool: ...

        for fn, name, result in (
            (Orders.pack, "pack", Parcel),
            (Orders().pack, "pack", Parcel),
            (Orders.audit, "audit", int),
            (Orders.fetch, "fetch", bool),
        ):
            found = read_by_temporalio(fn)
            assert (found.name, found.ret_type) == (name, result)

    def test_methods_of_module_level_classes_lose_their_self(self):
        """Without a context too, the object is no argument."""
        found = read_by_temporalio(Warehouse.store)

        assert (found.arg_types, found.ret_type) == ([str], Parcel)

    def test_callable_objects_and_partials_are_scheduled_as_declared(self):
        """What carries a declaration itself can be named, with the arguments that are left."""

        class Pack:
            async def __call__(self, order: str) -> Parcel: ...

        class Unpack:
            @activity.defn
            async def __call__(self, order: str) -> int: ...

        declared = activity.defn(name="pack")(Pack())
        partial = activity.defn(name="rest")(functools.partial(plain, "7"))

        found = [read_by_temporalio(fn) for fn in (declared, partial, Unpack.__call__)]

        assert [(each.name, each.arg_types, each.ret_type) for each in found] == [
            ("pack", [str], Parcel),
            ("rest", [int], list[Parcel]),
            ("Unpack", [str], int),
        ]

    def test_a_wrapper_is_scheduled_as_what_it_wraps(self):
        """A decorator on top of the declaration keeps it, as it does with temporalio's."""

        @activity.defn(name="pack")
        async def pack(order: str) -> Parcel: ...

        @functools.wraps(pack)
        async def wrapper(*args: Any) -> Any: ...

        assert (read_by_temporalio(wrapper).name, read_by_temporalio(wrapper).ret_type) == ("pack", Parcel)

    def test_a_name_may_be_defined_further_down(self):
        """Types are found when they are first read, not when the function is declared."""

        @activity.defn
        async def pack() -> Later: ...  # type: ignore[name-defined] # noqa: F821 - defined below, as in a module that is read from top to bottom

        globals()["Later"] = Parcel
        try:
            assert read_by_temporalio(pack).ret_type is Parcel
        finally:
            del globals()["Later"]

    def test_a_result_that_cannot_be_found_is_an_error_where_it_is_scheduled(self):
        """Its type would be lost in silence; the message names the type and the ways out."""

        @activity.defn
        async def pack(order: Nowhere) -> Nowhere: ...

        found = read_by_temporalio(pack)

        assert (found.name, found.arg_types) == ("pack", None)
        with pytest.raises(
            TypeError, match=r"the type of .*pack's result, 'Nowhere', cannot be found .*import it at run"
        ):
            _ = found.ret_type

    def test_a_result_that_is_awaited_is_of_the_type_that_it_gives(self):
        """A worker awaits what a `def` function returns, so that is what a workflow gets."""

        @activity.defn
        def pack(order: str) -> Awaitable[Parcel]: ...

        @activity.defn
        def unpack(order: str) -> Coroutine[None, None, list[Parcel]]: ...

        assert read_by_temporalio(pack).ret_type is Parcel
        assert read_by_temporalio(unpack).ret_type == list[Parcel]

    def test_a_raw_value_is_temporalios_own_to_temporalio(self):
        """A payload that is to be left as it is, is left so."""

        @activity.defn
        async def relay(value: RawValue) -> RawValue: ...

        found = read_by_temporalio(relay)

        assert (found.arg_types, found.ret_type) == ([temporalio.common.RawValue], temporalio.common.RawValue)

    def test_a_dynamic_activity_cannot_be_scheduled_by_its_function(self):
        """It has no name, which temporalio refuses with a message, as it does with its own."""

        @activity.defn(dynamic=True)
        async def anything(args: Sequence[RawValue]) -> None: ...

        assert read_by_temporalio(anything).name is None


class TestTemporaliosWorker:
    @pytest.mark.parametrize(
        ("fn", "hint"),
        [
            (Warehouse().store, "put temporalio's @activity.defn below asyncworker's"),
            (Warehouse().fetch, "which passes its Context"),
            (activity.defn(copies(plain)[0]), "put temporalio's @activity.defn below asyncworker's"),
            (activity.defn(copies(threaded)[0]), "put temporalio's @activity.defn below asyncworker's"),
        ],
        ids=["method", "def method with a context", "async def", "def"],
    )
    @pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(1)], ids=["no executor", "executor"])
    async def test_refuses_what_only_our_decorator_declares(self, client, fn, hint, executor):
        """It has no context of ours: creating it fails, and the message says where the activity can run."""
        with pytest.raises(
            TypeError, match="temporalio's Worker cannot run it: run it on asyncworker's Worker"
        ) as error:
            temporalio.worker.Worker(client, task_queue="q", activities=[fn], activity_executor=executor)

        assert hint in str(error.value)

    async def test_takes_what_both_declare(self, client):
        """With temporalio's decorator below ours, the function runs on either worker."""

        @activity.defn(max_concurrent=2)
        @temporalio.activity.defn(name="pack-it")
        async def pack(order: str) -> Parcel: ...

        temporalio.worker.Worker(client, task_queue="q", activities=[pack])
        (ours,) = definitions_of(pack)

        assert (ours.name, ours.max_concurrent) == ("pack-it", 2)


class TestBothDecorators:
    def test_ours_goes_by_the_name_that_temporalios_gives(self):
        """A workflow schedules the one name, so the worker runs it under the same, given twice or once."""
        names = [
            next(definitions_of(ours(temporalio.activity.defn(name="pack-it")(copies(plain)[0])))).name
            for ours in (activity.defn, activity.defn(name="pack-it"))
        ]

        assert names == ["pack-it", "pack-it"]

    def test_dynamic_ones_fit_as_well(self):
        """Both say that it takes every type."""

        @activity.defn(dynamic=True)
        @temporalio.activity.defn(dynamic=True)
        async def anything(args: RawValues) -> None: ...

        assert next(definitions_of(anything)).dynamic
        assert read_by_temporalio(anything).fn is anything

    @pytest.mark.parametrize(
        ("theirs", "ours", "message"),
        [
            ({"name": "a"}, {"name": "b"}, "is declared as 'a' with temporalio's .* and as 'b' with asyncworker's"),
            ({}, {"name": "b"}, "is declared as 'raw' with temporalio's .* and as 'b' with asyncworker's"),
            ({"dynamic": True}, {}, "is declared as a dynamic activity with .* and as 'raw' with asyncworker's"),
            ({"name": "a"}, {"dynamic": True}, "is declared as 'a' with .* and as a dynamic activity with"),
        ],
    )
    def test_that_disagree_are_refused(self, theirs, ours, message):
        """A workflow would schedule what no worker runs; found out where the function is declared."""

        async def raw(args: RawValues) -> None: ...

        raw.__qualname__ = "raw"
        declared = temporalio.activity.defn(**theirs)(raw)

        with pytest.raises(ValueError, match=message):
            activity.defn(**ours)(declared)

    def test_a_wrapper_may_be_declared_as_another_activity(self):
        """What a wrapper has copied is not its own: another name is another activity, and workflows schedule that."""

        @temporalio.activity.defn
        async def pack(order: str) -> Parcel: ...

        @activity.defn(name="pack-twice")
        @functools.wraps(pack)
        async def twice(order: str) -> list[Parcel]: ...

        @activity.defn
        @functools.wraps(pack)
        async def same(order: str) -> Parcel: ...

        assert (read_by_temporalio(twice).name, next(definitions_of(twice)).name) == ("pack-twice", "pack-twice")
        assert (read_by_temporalio(same).name, next(definitions_of(same)).name) == ("pack", "pack")
        assert read_by_temporalio(same).is_async

    async def test_with_a_context_temporalios_worker_is_out(self, client):
        """It would call the function without one, so ours alone counts, and its worker refuses the function."""

        @activity.defn
        @temporalio.activity.defn
        async def pack(ctx: activity.Context, order: str) -> Parcel: ...

        assert read_by_temporalio(pack).arg_types == [str]
        with pytest.raises(TypeError, match="which passes its Context"):
            temporalio.worker.Worker(client, task_queue="q", activities=[pack])

    def test_temporalios_on_top_of_ours_is_refused_by_temporalio(self):
        """It takes no function that is declared; the guide to migrating says which comes first."""
        with pytest.raises(ValueError, match="already contains activity definition"):
            temporalio.activity.defn(activity.defn(copies(plain)[0]))

    def test_a_mock_is_declared_by_neither(self):
        """An object that has every attribute is no declaration of temporalio's."""
        mock = AsyncMock(__name__="mock", __qualname__="mock", __signature__=inspect.signature(plain))

        assert next(definitions_of(activity.defn(name="mock")(mock))).name == "mock"
