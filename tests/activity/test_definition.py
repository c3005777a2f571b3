from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING
from unittest.mock import AsyncMock

import pytest

from asyncworker import RawValue, activity
from asyncworker.activity import Definition
from asyncworker.activity._objects import definitions_of

if TYPE_CHECKING:
    from nowhere import Nowhere

Ctx = activity.Context


@activity.defn
async def pack(order: str) -> str:
    return order


class Warehouse:
    @activity.defn
    async def store(self, ctx: activity.Context, item: str) -> str:
        return item

    @activity.defn(name="fetch-it")
    def fetch(self, item: str) -> str:
        return item

    @property
    def broken(self) -> str:
        raise AssertionError("a property must not run")

    async def plain(self) -> None: ...


class Callable_:
    async def __call__(self, item: str) -> str:
        return item


class TestDeclaring:
    def test_leaves_the_function_as_it_is(self):
        """A declared function is called, and tested, as before."""

        def fn(x: int) -> int:
            return x + 1

        assert activity.defn(fn) is fn
        assert fn(1) == 2

    def test_names_it_after_the_function(self):
        """The activity type is the function's name unless another is given."""
        assert Definition.of(pack).name == "pack"

    def test_keeps_what_is_said(self):
        """Timeouts and the like are the defaults of a start."""

        @activity.defn(name="p", start_to_close_timeout=5, task_queue="orders", max_concurrent=3)
        async def fn() -> None: ...

        found = Definition.of(fn)
        assert (found.name, found.start_to_close_timeout, found.task_queue, found.max_concurrent) == (
            "p",
            5,
            "orders",
            3,
        )

    @pytest.mark.parametrize(
        ("fn", "is_async"),
        [
            (pack, True),
            (Warehouse().store, True),
            (Warehouse().fetch, False),
            (functools.partial(pack, "7"), True),
            (Callable_(), True),
        ],
        ids=["function", "method", "def method", "partial", "callable object"],
    )
    def test_knows_what_is_a_coroutine_function(self, fn, is_async):
        """Whether an activity runs on the loop or in a thread is seen through partials and objects."""
        if isinstance(fn, functools.partial):
            fn = activity.defn(name="partial")(fn)

        assert Definition.of(fn).is_async is is_async

    def test_knows_a_coroutine_function_by_its_mark(self):
        """What says of itself that it returns coroutines is believed, as by asyncio and inspect."""
        assert Definition.of(AsyncMock(__name__="mock", __signature__=inspect.signature(pack))).is_async

    def test_is_that_of_what_a_partial_completes(self):
        """A partial of a declared function is the same activity, with fewer arguments."""

        @activity.defn(name="charge-card", max_concurrent=2)
        async def charge(pool: object, cents: int) -> None: ...

        (found,) = definitions_of(functools.partial(functools.partial(charge), "pool"))

        assert (found.name, found.max_concurrent, found.is_async) == ("charge-card", 2, True)
        assert found.fn is not charge

    def test_of_a_callable_object_is_named_after_its_class(self):
        """Where `__call__` is declared, the object is called by its class's name, or as the declaration says."""

        class Pack:
            @activity.defn
            async def __call__(self) -> None: ...

        class Unpack:
            @activity.defn(name="un-pack", task_queue="orders")
            def __call__(self) -> None: ...

        (pack_,), (unpack,) = definitions_of(Pack()), definitions_of(Unpack())

        assert (pack_.name, pack_.is_async) == ("Pack", True)
        assert (unpack.name, unpack.is_async, unpack.task_queue) == ("un-pack", False, "orders")

    def test_sees_a_context_parameter(self):
        """A first parameter annotated as Context is not an argument, also behind self."""
        assert Definition.of(Warehouse().store).takes_context
        assert not Definition.of(Warehouse().fetch).takes_context

    def test_of_a_dynamic_activity(self):
        """A dynamic activity has no name of its own."""

        @activity.defn(dynamic=True)
        async def anything(args: Sequence[RawValue]) -> None: ...

        assert Definition.of(anything).dynamic


class TestNamesForTypeCheckers:
    def test_context_beside_a_result_that_only_type_checkers_know(self):
        """What the result is said to be has no say in whether a context is taken, by whatever name that is known."""

        async def taking(ctx: Ctx, order: str) -> Nowhere: ...

        async def not_taking(order: str) -> Nowhere: ...

        assert Definition.of(taking).takes_context
        assert not Definition.of(not_taking).takes_context


class Slotted:
    """A callable object that takes no attribute."""

    __slots__ = ()

    def __call__(self) -> None: ...


class Largest:
    """A callable object whose signature Python does not know."""

    __call__ = max


class TestMisuse:
    @pytest.mark.parametrize(
        ("declare", "error", "message"),
        [
            (lambda: activity.defn(3), TypeError, "takes options by keyword"),
            (lambda: activity.defn(Warehouse), TypeError, "is a class"),
            (lambda: activity.defn(lambda: 0), TypeError, "give one with"),
            (lambda: activity.defn(pack), ValueError, "decorate it once"),
            (lambda: activity.defn(name="")(lambda: 0), ValueError, "must not be empty"),
            (lambda: activity.defn(name="__temporal_x")(lambda: 0), ValueError, "Temporal's own"),
            (lambda: activity.defn(name="x", dynamic=True)(lambda args: 0), TypeError, "takes every type"),
            (lambda: activity.defn(dynamic=True)(lambda: 0), TypeError, "must take one"),
            (lambda: activity.defn(name="x", max_concurrent=0)(lambda: 0), ValueError, "above zero"),
            (lambda: activity.defn(name="x", auto_heartbeat_limit=0)(lambda: 0), ValueError, "auto_heartbeat_limit of"),
            (
                lambda: activity.defn(name="x", auto_heartbeat_limit=True)(lambda: 0),
                TypeError,
                "auto_heartbeat_limit of",
            ),
            (lambda: activity.defn(name="x", heartbeat_timeout=-1)(lambda: 0), ValueError, "above zero"),
            (lambda: activity.defn(name="x", timeout=1)(lambda: 0), TypeError, "does not take timeout; it takes"),
            (lambda: activity.defn(name="x")(lambda **kw: 0), TypeError, "arguments are positional"),
            (lambda: activity.defn(name="x")(lambda *, a: 0), TypeError, "keyword-only"),
            (lambda: activity.defn(functools.partialmethod(pack)), TypeError, "takes options by keyword"),
            (
                lambda: activity.defn(name="x")(7),  # type: ignore[type-var]
                TypeError,
                "7 is not callable: an activity is a function",
            ),
            (lambda: activity.defn(name="x")(Slotted()), TypeError, "cannot carry a declaration"),
            (lambda: activity.defn(name="x")(Largest()), TypeError, "the signature of .* cannot be read"),
        ],
    )
    def test_is_an_error_at_once(self, declare, error, message):
        """What cannot be an activity is refused where it is declared, and the message says what to do."""
        with pytest.raises(error, match=message):
            declare()

    def test_generators_return_no_value(self):
        """A generator is refused: progress is what heartbeats are for."""

        async def generator():
            yield 1

        with pytest.raises(TypeError, match="heartbeat to report progress"):
            activity.defn(generator)


class TestObjects:
    def test_bring_their_activity_methods(self):
        """An object stands for all of its methods that are declared, and for nothing else of it."""
        found = {definition.name for definition in definitions_of(Warehouse())}

        assert found == {"store", "fetch-it"}

    @pytest.mark.parametrize(
        "wraps", [(activity.defn, kind) for kind in (classmethod, staticmethod)], ids=["classmethod", "staticmethod"]
    )
    @pytest.mark.parametrize("outermost", [0, 1], ids=["declared outside", "declared inside"])
    def test_bring_what_is_bound_to_their_class(self, wraps, outermost):
        """The declaration may stand above or below of what binds the method, or does not."""

        def method(cls, ctx: activity.Context, item: str) -> None: ...

        def static(ctx: activity.Context, item: str) -> None: ...

        fn = method if classmethod in wraps else static
        outer, inner = wraps[outermost], wraps[1 - outermost]
        Orders = type("Orders", (), {"pack": outer(inner(fn))})

        (found,) = definitions_of(Orders())

        assert (found.name, found.takes_context) == (fn.__name__, True)
        assert list(inspect.signature(found.fn).parameters) == ["ctx", "item"]

    def test_bring_private_ones(self):
        """A declared method is an activity whatever its name."""

        class Orders:
            @activity.defn
            async def _pack(self) -> None: ...

            @activity.defn
            async def __unpack(self) -> None: ...

        assert {found.name for found in definitions_of(Orders())} == {"_pack", "__unpack"}

    @pytest.mark.parametrize("slots", [False, True])
    def test_bring_functions_that_they_keep(self, slots):
        """A declared function in an attribute is one of the object's activities."""

        @dataclasses.dataclass(slots=slots)  # type: ignore[literal-required]
        class Orders:
            pack: object
            _fetch: object
            plain: object = len

        found = list(definitions_of(Orders(pack, Warehouse().fetch)))

        assert {each.name for each in found} == {"pack", "fetch-it"}

    def test_bring_methods_that_a_subclass_overrides(self):
        """An override goes by the declaration of what it overrides: its name, its limits. How it runs is its own."""

        class Charges:
            @activity.defn(name="charge-card", max_concurrent=2)
            async def charge(self, cents: int) -> int:
                return cents

            @activity.defn
            async def refund(self, cents: int) -> int:
                return cents

            @activity.defn
            @classmethod
            async def audit(cls, cents: int) -> int:
                return cents

        class Slow(Charges):
            def charge(self, ctx: activity.Context, cents: int) -> int:
                return cents + 1

            @activity.defn(name="refund-card")
            async def refund(self, cents: int) -> int:
                return cents

        class Audited(Slow):
            @classmethod
            def audit(cls, cents: int) -> int:
                return cents + 2

        found = {each.name: each for each in definitions_of(Audited())}
        charge = found["charge-card"]

        assert set(found) == {"charge-card", "refund-card", "audit"}
        assert (charge.is_async, charge.takes_context, charge.max_concurrent) == (False, True, 2)
        assert (charge.fn(None, 1), found["audit"].fn(1)) == (2, 3)
        assert Definition.of(Audited().charge).name == "charge-card"
        assert Definition.of(Audited.audit).name == "audit"

    def test_bring_what_takes_a_method_s_place(self):
        """An attribute that hides a declared method is what is run under its name."""
        warehouse = Warehouse()

        async def store(item: str) -> str:
            return f"{item}!"

        warehouse.store = store  # type: ignore[method-assign, assignment]
        found = {each.name: each for each in definitions_of(warehouse)}

        assert found["store"].fn is store
        assert not found["store"].takes_context

    def test_leave_out_what_is_set_to_none(self):
        """A subclass takes an activity out by saying so."""

        class Closed(Warehouse):
            store = None  # type: ignore[assignment]

        assert [found.name for found in definitions_of(Closed())] == ["fetch-it"]

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (property(lambda self: None), "Spoilt.store is declared as an activity, but is a property"),
            (functools.cached_property(lambda self: None), "Spoilt.store is declared as an activity, but is a prop"),
            (7, "Spoilt.store is declared as an activity, but is not callable"),
            (lambda self, **options: None, r"takes \*\*options"),
            (lambda self: (yield), "is a generator"),
            (staticmethod(Warehouse.fetch), "is a method without its object"),
        ],
        ids=["property", "cached property", "value", "keywords", "generator", "method without object"],
    )
    def test_that_spoil_an_activity_are_refused(self, spoil, message):
        """What was declared and can be none is named, not left out."""
        Spoilt = type("Spoilt", (Warehouse,), {"store": spoil})

        with pytest.raises(TypeError, match=message):
            list(definitions_of(Spoilt()))

    def test_are_not_run_to_be_looked_at(self):
        """Neither properties nor what an object keeps are asked anything."""

        class Proxy:
            def __getattribute__(self, name: str) -> object:
                raise AssertionError("there is nothing behind it yet")

        class Orders(Warehouse):
            shared = Proxy()

        orders = Orders()
        orders.own = Proxy()  # type: ignore[attr-defined]

        assert len(list(definitions_of(orders))) == 2

    def test_without_any_are_refused(self):
        """An object without an activity method is a mistake."""
        with pytest.raises(TypeError, match="decorate its methods"):
            list(definitions_of(object()))

    def test_are_not_their_class(self):
        """A class has no self to call its methods with."""
        with pytest.raises(TypeError, match="pass an instance"):
            list(definitions_of(Warehouse))


class TestForeign:
    """What is declared with temporalio's decorator only would run under another name, and outside of its context."""

    def test_declarations_are_refused(self):
        """A function, a method, a partial, an object: the message says what to do."""
        defn = pytest.importorskip("temporalio.activity").defn

        @defn(name="charge-card")
        async def charge(cents: int) -> None: ...

        @functools.wraps(charge)
        async def wrapper(cents: int) -> None: ...

        class Orders:
            @activity.defn
            async def pack(self) -> None: ...

            @defn
            async def charge(self) -> None: ...

        class Override(Orders):
            @staticmethod
            @defn
            async def pay() -> None: ...

        class Calls:
            @defn
            async def __call__(self) -> None: ...

        for thing in (charge, wrapper, functools.partial(charge, 5), Orders(), Orders().charge, Override(), Calls()):
            with pytest.raises(TypeError, match=r"is declared with temporalio's @activity\.defn only: declare it with"):
                list(definitions_of(thing))
