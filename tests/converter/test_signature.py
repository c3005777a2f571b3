"""Arguments: payloads into what a function's parameters say."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, NewType, TypeVar
from uuid import UUID

import pytest
from pydantic import BaseModel, BeforeValidator, Field, ImportString, field_validator
from typing_extensions import TypedDict

from asyncworker.converter import (
    CompositePayloadConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    Parameter,
    Payload,
    PayloadConverter,
    RawValue,
    Signature,
)
from asyncworker.exceptions import ApplicationError, ConverterError

if TYPE_CHECKING:
    from nowhere import Missing

CONVERTER = DefaultPayloadConverter()
T = TypeVar("T")
U = TypeVar("U")


class Context:
    pass


class Order(BaseModel):
    id: str
    items: list[float] = []


@dataclass
class Point:
    x: int
    y: int = 0


class Move(TypedDict):
    to: Point


class Tree(BaseModel):
    children: list[Leaf]  # type: ignore[name-defined] # noqa: F821 - completed by a test


class Fussy(BaseModel):
    x: int

    @field_validator("x")
    @classmethod
    def _check(cls, x):
        if x:
            raise ApplicationError("later", next_retry_delay=1)
        raise KeyError("oops")


Name = NewType("Name", str)


class Page(BaseModel, Generic[T]):
    items: list[T]


def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


class Shelf(Generic[T]):
    def put(self, item: T) -> None: ...

    def put_all(self, items: list[T], by_name: dict[str, T | None], count: int) -> None: ...

    def put_both(self, first: T, second: T) -> None: ...

    def put_page(self, page: Page[T]) -> None: ...

    @wrapped
    def put_wrapped(self, item: T) -> None: ...

    @classmethod
    def put_by_class(cls, item: T) -> None: ...


class PointShelf(Shelf[Point]):
    pass


class Middle(Shelf[U], Generic[U]):
    pass


class LowerShelf(Middle[Point]):
    pass


class Labelled:
    pass


class Diamond(Labelled, LowerShelf):
    pass


class PageShelf(Shelf[Page[Point]]):
    pass


class Pair(Shelf[T], Generic[T, U]):
    def put_pair(self, first: T, second: U) -> None: ...


class PointPair(Pair[Point, str]):
    pass


class Turned(Pair[U, T], Generic[T, U]):
    pass


class Swapped(Turned[str, Point]):
    pass


class Call(Generic[T]):
    def __call__(self, item: T) -> None: ...


class PointCall(Call[Point]):
    pass


def pack(order: Order, count: int = 1, tag: str | None = None) -> UUID: ...


def decode(function, *values, **options):
    return Signature(function, **options).decode_arguments(CONVERTER.to_payloads(values), CONVERTER)


class TestDecoding:
    def test_arguments_are_read_as_their_parameters_types(self):
        """Payloads become what the annotations say, by position."""
        assert decode(pack, {"id": "7"}, "3", None) == [Order(id="7"), 3, None]

    def test_fewer_arguments_keep_their_types(self):
        """Optional parameters that get nothing are left to Python; the others lose nothing by it."""
        assert decode(pack, {"id": "7"}) == [Order(id="7")]

    @pytest.mark.parametrize(
        ("hint", "value", "expected"),
        [
            (Move, {"to": {"x": 1}}, {"to": Point(1)}),
            (Name, "n", "n"),
            (Literal["on", "off"], "on", "on"),
            (Annotated[int, Field(gt=0)], 1, 1),
            (int | Point, {"x": 1}, Point(1)),
            (Page[Point], {"items": [{"x": 1}]}, Page[Point](items=[Point(1)])),
            (Any, {"x": 1}, {"x": 1}),
            (object, [1], [1]),
            (None, None, None),
            (bytes, b"\xff", b"\xff"),
            (T, "x", "x"),
        ],
    )
    def test_parameters_of_many_types_are_read(self, hint, value, expected):
        """Every type that pydantic reads can be a parameter's."""

        def activity(value): ...

        activity.__annotations__["value"] = hint

        assert decode(activity, value) == [expected]

    def test_parameter_without_annotation_takes_anything(self):
        """A parameter without an annotation gets plain lists, dicts and scalars."""
        assert decode(lambda x, y: None, {"x": 1}, b"y") == [{"x": 1}, b"y"]

    def test_further_arguments_have_the_type_of_args(self):
        """*args takes each further payload as its type."""

        def activity(name: str, *points: Point) -> None: ...

        assert decode(activity, "a", {"x": 1}, {"x": 2}) == ["a", Point(1), Point(2)]
        assert decode(activity, "a") == ["a"]
        assert decode(lambda *args: None, 1, "a") == [1, "a"]

    def test_parameter_with_default_none_takes_none(self):
        """A parameter that defaults to None takes None, whatever its annotation says."""

        def activity(point: Point = None, name: str = "n") -> None: ...  # type: ignore[assignment]

        assert decode(activity, None, "a") == [None, "a"]
        with pytest.raises(ConverterError, match="name: expected str"):
            decode(activity, None, None)

    def test_raw_value_parameter_gets_the_payload(self):
        """A raw parameter gets the payload, of whatever encoding, and may default to None."""
        strange = RawValue(Payload(metadata={"encoding": b"my/own"}, data=b"x"))

        def activity(a: RawValue, b: RawValue | None = None, c: RawValue = None, *rest: RawValue) -> None: ...  # type: ignore[assignment]

        assert decode(activity, *[strange] * 5) == [strange] * 5

    def test_keyword_only_parameters_keep_their_defaults(self):
        """A keyword-only parameter takes no payload, and its annotation need not even exist."""

        def activity(x: int, *, client: Missing = None) -> None: ...

        assert decode(activity, 1) == [1]

    def test_adapters_are_built_on_first_use(self):
        """A signature that was not prepared prepares itself; a model may be completed after it was made."""

        def activity(tree: Tree) -> None: ...

        signature = Signature(activity)
        Tree.model_rebuild(_types_namespace={"Leaf": Point})

        [tree] = signature.decode_arguments(CONVERTER.to_payloads([{"children": [{"x": 1}]}]), CONVERTER)
        assert tree.children == [Point(1)]


class TestBadArguments:
    def bad(self, function, *values):
        with pytest.raises(ConverterError) as caught:
            decode(function, *values)
        assert caught.value.__cause__ is None
        return str(caught.value).splitlines()

    def test_all_bad_arguments_are_named_at_once(self):
        """Each bad or missing argument has a line, with the expected type and the reason."""

        def activity(order: Order, count: int, flag: bool, point: Point) -> None: ...

        assert self.bad(activity, {"items": ["a"]}, "many", True) == [
            "bad arguments for TestBadArguments.test_all_bad_arguments_are_named_at_once.<locals>.activity():",
            "  order: expected Order:",
            "    id: Field required",
            "    items.0: Input should be a valid number, unable to parse string as a number (got str)",
            "  count: expected int: Input should be a valid integer, unable to parse string as an integer (got str)",
            "  point: missing, expected Point",
        ]

    def test_bad_further_arguments_are_numbered(self):
        """An argument of *args is named with its index."""

        def activity(*points: Point) -> None: ...

        assert self.bad(activity, {"x": 1}, 2)[1:] == [
            "  points[1]: expected Point: Input should be an object (got int)"
        ]

    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (lambda: None, "TestBadArguments.<lambda>() takes 0 arguments (none), got 4"),
            (lambda a, b: None, "TestBadArguments.<lambda>() takes 2 arguments (a, b), got 4"),
            (pack, "pack() takes at most 3 arguments (order, count, tag), got 4"),
        ],
    )
    def test_too_many_arguments_are_counted(self, function, message):
        """Too many arguments are counted, and the parameters named."""
        assert self.bad(function, 1, 2, 3, 4) == [message]

    def test_missing_arguments_are_named(self):
        """A required argument that is missing is named with its type."""
        assert self.bad(pack) == ["bad arguments for pack():", "  order: missing, expected Order"]

    def test_argument_of_unknown_encoding_is_bad(self):
        """An unknown encoding is a bad argument."""
        strange = RawValue(Payload(metadata={"encoding": b"my/own"}))

        assert self.bad(pack, strange)[1].startswith("  order: the payload's encoding 'my/own' is unknown; known: ")

    def test_values_of_bad_arguments_are_not_shown(self):
        """No value gets into the message, which the server keeps in plain text."""
        assert "s3cret" not in "\n".join(self.bad(pack, {"id": ["s3cret"]}, "s3cret", {"s3cret": 1}))

    def test_messages_use_the_given_name(self):
        """The function can be called by its activity type."""
        with pytest.raises(ConverterError, match="bad arguments for Pack"):
            decode(pack, name="Pack")

    def test_error_in_a_validator_is_a_bad_argument(self):
        """A validator that breaks is a bad argument with its error as the cause; one that fails the activity does."""

        def activity(fussy: Fussy) -> None: ...

        with pytest.raises(ConverterError, match="fussy: expected Fussy: KeyError: 'oops'") as caught:
            decode(activity, {"x": 0})
        assert isinstance(caught.value.__cause__, KeyError)
        with pytest.raises(ApplicationError):
            decode(activity, {"x": 1})


class TestSkipping:
    def context(self, ctx: Context, x: int) -> None: ...

    def test_leading_parameters_are_skipped_by_number(self):
        """Leading parameters can be left out by number, whatever their annotations."""

        def activity(self, ctx: Missing, x: int) -> None: ...

        assert Signature(activity, skip=2).parameters == (Parameter("x", int),)

    def test_first_parameter_is_skipped_by_its_type(self):
        """The first parameter is left out if its type says so."""

        def plain(x: int) -> None: ...

        def is_context(hint):
            return hint is Context

        assert Signature(self.context, skip=is_context).parameters == (Parameter("x", int),)
        assert Signature(plain, skip=is_context).parameters == (Parameter("x", int),)
        assert Signature(lambda *args: None, skip=is_context).parameters == ()
        assert Signature(lambda: None, skip=is_context).parameters == ()


class TestFunctions:
    def method(self, x: int) -> str: ...

    @classmethod
    def of_class(cls, x: int) -> str: ...

    @staticmethod
    def static(x: int) -> str: ...

    async def coroutine(self, x: int) -> str: ...

    def __call__(self, x: int) -> str: ...

    @pytest.mark.parametrize("name", ["method", "of_class", "static", "coroutine", "__call__"])
    def test_methods_have_signatures_without_self(self, name):
        """Bound methods of all kinds lose their self or cls."""
        signature = Signature(getattr(self, name))

        assert signature.parameters == (Parameter("x", int),)
        assert signature.result_hint is str

    def test_callable_object_has_the_signature_of_its_call(self):
        """A callable object is read by its __call__, and named by its class."""
        signature = Signature(self)

        assert (signature.parameters, signature.name) == ((Parameter("x", int),), "TestFunctions")

    def test_partial_has_the_remaining_parameters(self):
        """Arguments that a partial has bound are no parameters."""

        def activity(a: Missing, b: int, c: str = "c", d: Order = None) -> None: ...  # type: ignore[assignment]

        bound = functools.partial(activity, 1, d=None)

        assert Signature(bound).parameters == (Parameter("b", int), Parameter("c", str, optional=True))

    def test_wrapped_function_has_the_inner_signature(self):
        """functools.wraps leads to the wrapped function."""

        @functools.wraps(pack)
        def wrapper(*args, **kwargs): ...

        assert [each.name for each in Signature(wrapper).parameters] == ["order", "count", "tag"]
        assert Signature(wrapper).result_hint is UUID

    def test_annotations_may_name_locals_of_an_enclosing_function(self):
        """An annotation may name what the function itself uses of the function around it."""

        class Local(BaseModel):
            x: int

        def activity(local: Local) -> Local:
            return Local(x=local.x)

        assert Signature(activity).parameters == (Parameter("local", Local),)

    def test_quoted_names_inside_types_are_resolved(self):
        """A name in quotes inside a type is resolved too, and extras are kept."""

        def activity(orders: list["Order"], x: Annotated[int, "note"]) -> None: ...  # noqa: UP037

        orders, x = Signature(activity).parameters
        assert (orders.hint, x.hint) == (list[Order], Annotated[int, "note"])

    def test_result_type_is_read(self):
        """The type of the result is None's where that is said, and nothing where nothing is."""

        def returns_none() -> None: ...

        assert Signature(returns_none).result_hint is type(None)
        assert Signature(lambda: None).result_hint is None

    def test_result_type_that_only_type_checkers_know_is_ignored(self):
        """A result is written from what it is, so that a name in its annotation need not exist at run time."""

        def by_name(x: int) -> Missing: ...

        def within(x: int) -> dict[str, list[Missing.Inner]]: ...

        def no_type(x: int): ...

        no_type.__annotations__["return"] = "1 +"

        for function in (by_name, within, no_type):
            assert Signature(function).result_hint is None
            assert [each.hint for each in Signature(function).parameters] == [int]

    def test_repr_of_a_signature_names_the_parameters(self):
        """A signature shows the parameters."""

        def activity(a: int, *more: str) -> None: ...

        assert repr(Signature(activity, name="go")) == "Signature(go(a, *more))"


class TestTypeVariables:
    """What a class binds its bases' type variables to is what its methods take."""

    @pytest.mark.parametrize(
        ("function", "hints"),
        [
            (PointShelf().put, [Point]),
            (PointShelf().put_all, [list[Point], dict[str, Point | None], int]),
            (PointPair().put, [Point]),
            (PointPair().put_pair, [Point, str]),
            (Swapped().put_pair, [Point, str]),
            (Shelf[Point]().put, [Point]),
            (LowerShelf().put, [Point]),
            (Diamond().put, [Point]),
            (PointShelf().put_wrapped, [Point]),
            (PointShelf.put_by_class, [Point]),
            (functools.partial(PointShelf().put_both, Point(1, 2)), [Point]),
            (PointCall(), [Point]),
            (PageShelf().put, [Page[Point]]),
            (PageShelf().put_page, [Page[Page[Point]]]),
        ],
    )
    def test_bound_type_variable_is_the_type(self, function, hints):
        """A type variable that is bound somewhere between the object's class and the method's is no longer one."""
        assert [each.hint for each in Signature(function).parameters] == hints

    def test_unbound_type_variable_stays(self):
        """A type variable that nothing binds is what pydantic makes of it."""
        assert [each.hint for each in Signature(Shelf().put).parameters] == [T]
        assert decode(Shelf().put, {"x": 1}) == [{"x": 1}]

    def test_arguments_are_of_the_bound_type(self):
        """What comes is read as that type, at every depth."""
        assert decode(PointShelf().put, {"x": 1}) == [Point(1)]
        assert decode(PointShelf().put_all, [{"x": 1}], {"a": {"x": 2}}, 1) == [[Point(1)], {"a": Point(2)}, 1]

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is of Python 3.12")
    def test_type_variables_of_the_new_syntax_are_bound(self):
        """Type parameters of a class are found by their names, too."""
        names: dict[str, Any] = {}
        source = """
from __future__ import annotations
class Shelf[T]:
    def put(self, item: T, items: list[T]) -> T: ...
class IntShelf(Shelf[int]): ...
"""
        exec(source, names)

        assert [each.hint for each in Signature(names["IntShelf"]().put).parameters] == [int, list[int]]
        assert Signature(names["IntShelf"]().put).result_hint is int


class Empty(BaseModel):
    pass


class HasFunction(BaseModel):
    call: Callable[[], None]


class MayHaveFunction(BaseModel):
    call: Callable[[], None] | None = None


@dataclass
class HasClass:
    kind: type[int]


class TestNoPayload:
    """An annotation that no payload can satisfy is known when the activity is registered."""

    @pytest.mark.parametrize(
        "hint",
        [
            Callable[[int], int],
            Callable,
            type[int],
            type,
            list[Callable[[int], int]],
            dict[str, type[int]],
            tuple[int, Callable[[], None]],
            Annotated[Callable[[], None], "note"],
            Callable[[], None] | type[int],
            HasFunction,
            HasClass,
            list[HasFunction],
            BaseModel,
            list[BaseModel],
        ],
    )
    def test_annotation_that_no_payload_satisfies_is_refused(self, hint):
        """It is refused with the parameter's name, before the first task comes."""

        def activity(first: int, second: Any) -> None: ...

        activity.__annotations__["second"] = hint

        with pytest.raises(TypeError, match=r"activity\(\) has parameters of types .*\n  second: no payload can be a"):
            Signature(activity).prepare(CONVERTER)

    @pytest.mark.parametrize(
        "hint",
        [
            Callable[[int], int] | None,
            Callable[[int], int] | str,
            MayHaveFunction,
            Empty,
            ImportString,
            Hashable,
            Annotated[Callable[[], None], BeforeValidator(lambda name: print)],
            tuple[Any, ...],
            object,
            T,
        ],
    )
    def test_annotation_that_some_payload_satisfies_is_accepted(self, hint):
        """Whatever can be read in some case is a matter of the payload."""

        def activity(first: int, second: Any) -> None: ...

        activity.__annotations__["second"] = hint

        Signature(activity).prepare(CONVERTER)


class TestMisuse:
    def test_annotation_with_an_unknown_name_is_refused(self):
        """An annotation that cannot be resolved is refused with its parameter, its name and what to do."""

        def by_parameter(x: int, y: list[Missing]) -> None: ...

        with pytest.raises(TypeError, match=r"annotation of parameter 'y', 'list\[Missing\]', has the name 'Missing'"):
            Signature(by_parameter)

    def test_annotation_that_is_no_type_is_refused(self):
        """An annotation that is no type at all is refused."""

        def activity(x): ...

        activity.__annotations__["x"] = "1 +"

        with pytest.raises(TypeError, match=r"annotation of parameter 'x', '1 \+', is not a type"):
            Signature(activity)

    def test_required_keyword_parameters_are_refused(self):
        """Keyword parameters that cannot be filled are refused."""

        def required(x: int, *, y: int) -> None: ...

        def any_at_all(x: int, **options: int) -> None: ...

        with pytest.raises(TypeError, match="keyword-only parameter 'y' without a default"):
            Signature(required)
        with pytest.raises(TypeError, match=r"takes \*\*options, .* use functools.wraps"):
            Signature(any_at_all)

    def test_parameters_that_pydantic_cannot_read_are_refused(self):
        """Types without a schema are refused on preparing, all at once, by parameter."""

        def activity(a: Context, b: int, c: list[Context], *rest: Context) -> None: ...

        with pytest.raises(TypeError) as caught:
            Signature(activity).prepare(CONVERTER)
        lines = str(caught.value).splitlines()
        assert "give the client a payload converter that can" in lines[0]
        assert [line.split(":")[0] for line in lines[1:]] == ["  a", "  c", "  rest[0]"]
        assert lines[1].startswith("  a: pydantic cannot read Context: Unable to generate pydantic-core schema")


class Pickled(EncodingPayloadConverter):
    encoding = "json/plain"

    def to_payload(self, value):
        return Payload(metadata={"encoding": b"json/plain"}, data=type(value).__name__.encode())

    def from_payload(self, payload, type_hint=None):
        return type_hint() if type_hint else payload.data


class Own(PayloadConverter):
    def to_payloads(self, values):
        return [Payload(data=repr(value).encode()) for value in values]

    def from_payloads(self, payloads, type_hints=None):
        return [(each.data, hint) for each, hint in zip(payloads, type_hints or [None] * len(payloads), strict=True)]


class TestOtherConverters:
    @pytest.mark.parametrize("converter", [CompositePayloadConverter(Pickled()), Own()])
    def test_other_converters_may_read_any_type(self, converter):
        """With a converter of the user's own, types need not be known to pydantic."""

        def activity(a: Context, b=None) -> None: ...

        signature = Signature(activity)
        signature.prepare(converter)
        a, b = signature.decode_arguments(converter.to_payloads([1, 2]), converter)

        assert (isinstance(a, Context), b) == (True, b"int") or (a, b) == ((b"1", Context), (b"2", None))

    def test_subclass_of_our_converter_reads_arguments(self):
        """Overriding one of our converters is enough."""

        class Upper(JSONPlainPayloadConverter):
            def from_payload(self, payload, type_hint=None):
                return super().from_payload(payload, type_hint).upper()

        def activity(a: str, b: Context = None) -> None: ...  # type: ignore[assignment]

        converter = CompositePayloadConverter(Upper())
        signature = Signature(activity)
        signature.prepare(converter)

        assert signature.decode_arguments(converter.to_payloads(["a"]), converter) == ["A"]


class TestResults:
    def test_result_is_written_by_its_own_type(self):
        """A result is written in full, even if its annotation has fewer fields."""

        def activity() -> object: ...

        signature = Signature(activity)

        assert signature.encode_result(Point(1), CONVERTER).data == b'{"x":1,"y":0}'

    def test_result_none_is_a_payload(self):
        """None is a null payload, as from temporalio."""
        assert Signature(pack).encode_result(None, CONVERTER) == Payload(metadata={"encoding": b"binary/null"})

    def test_unwritable_result_is_a_converter_error(self):
        """A result that cannot be written is named as the activity's."""
        with pytest.raises(ConverterError, match=r"the result of pack\(\): a value of type Context cannot be written"):
            Signature(pack).encode_result(Context(), CONVERTER)
