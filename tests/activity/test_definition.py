from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from asyncworker import RawValue, activity
from asyncworker.activity import Definition
from asyncworker.activity._definition import definitions_of

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
        """Timeouts and the like are there for whoever starts the activity."""

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
            (lambda: activity.defn(name="x", heartbeat_timeout=-1)(lambda: 0), ValueError, "above zero"),
            (lambda: activity.defn(name="x", timeout=1)(lambda: 0), TypeError, "does not take timeout; it takes"),
            (lambda: activity.defn(name="x")(lambda **kw: 0), TypeError, "arguments are positional"),
            (lambda: activity.defn(name="x")(lambda *, a: 0), TypeError, "keyword-only"),
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

    def test_without_any_are_refused(self):
        """An object without an activity method is a mistake."""
        with pytest.raises(TypeError, match="decorate its methods"):
            list(definitions_of(object()))

    def test_are_not_their_class(self):
        """A class has no self to call its methods with."""
        with pytest.raises(TypeError, match="pass an instance"):
            list(definitions_of(Warehouse))
