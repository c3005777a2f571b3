"""Read JSON or a Python value as a type, through pydantic adapters that are built once."""

from __future__ import annotations

import functools
import json
import re
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Reversible
from contextlib import contextmanager
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, is_typeddict

import pydantic_core

from ...common import RawValue
from ...exceptions import ConverterError
from ._schema import Schema
from ._schema_queries import no_payload_fits
from ._validators import as_read, as_read_from_bytes, as_read_in_any_form, validator

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import CoreSchema, SchemaValidator

__all__ = ["Adapter", "adapter_for", "clip", "describe_type", "is_message_class", "type_adapter"]

_MAX_CACHED = 1024
_MAX_TEXT = 200
# Errors after which a value is read again, with forms that pydantic does not accept by itself.
_OTHER_FORMS = frozenset({"json_invalid", "bytes_type", "finite_number", "extra_forbidden"})
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BUFFERS = (bytearray, memoryview)
# pydantic's own schemas. With only these types an activity need not import pydantic's adapters: 40 ms, 2.5 MB.
_BUILT_IN: dict[Any, CoreSchema] = {
    str: {"type": "str"},
    int: {"type": "int"},
    float: {"type": "float"},
    bool: {"type": "bool"},
    dict: {"type": "dict"},
    list: {"type": "list"},
}


class Adapter:
    """Reads values of one type.

    Attributes:
        hint: The type; ``None`` for an unknown one.
        is_untyped: Whether any value is of the type.
        is_raw: Whether the type is the payload itself (:class:`~asyncworker.common.RawValue`).
        message_class: The type, without ``None``, if that is a message class of google's protobuf runtime.
        problem: Why pydantic cannot read this type, or ``None``. A user's own converter may still read it.
        schema: pydantic's core schema of the type, with our changes.
        validate_json: Read JSON text; raises pydantic's ``ValidationError`` or ``ValueError``.
        validate_python: Read a Python value; raises pydantic's ``ValidationError`` or ``ValueError``.
        validate_bytes: Read bytes that are no JSON; raises the same.
    """

    __slots__ = (
        "_in_any_form",
        "_then",
        "hint",
        "is_raw",
        "is_untyped",
        "message_class",
        "problem",
        "schema",
        "validate_bytes",
        "validate_json",
        "validate_python",
    )

    def __init__(self, hint: Any) -> None:
        core, optional = _without_none(hint)
        self.hint: Any = hint
        self.is_untyped: bool = any(hint is anything for anything in (None, Any, object))
        self.is_raw: bool = core is RawValue
        self.message_class: Any = core if is_message_class(core) else None
        self.problem: str | None = None
        self.validate_json: Callable[[bytes], Any] = pydantic_core.from_json
        self.validate_python: Callable[[Any], Any] = _as_it_is
        self.schema: Schema = {"type": "any"}
        self._in_any_form: SchemaValidator | None = None
        self._then: Callable[[Any], Any] | None = None
        if self.message_class is not None:
            self._adapt_message(optional)
        elif core in _BUFFERS:
            self._adapt(bytes | None if optional else bytes, lambda data: data if data is None else core(data))
        elif isinstance(core, type) and core in _BUILT_IN:
            self._adapt_built_in(_BUILT_IN[core], optional)
        elif not (self.is_raw or self.is_untyped):
            self._adapt(hint)
        encoded = as_read_from_bytes(self.schema)
        self.validate_bytes: Callable[[Any], Any] = (
            self.validate_python if encoded is self.schema else validator(encoded).validate_python
        )

    def __repr__(self) -> str:
        return f"Adapter({describe_type(self.hint)})"

    def read_again(self, data: bytes, error: ValueError) -> Any:
        """Read JSON again, after *error*, with the forms that are slower to read.

        Raises:
            ValueError: *error*, or a better one.
        """
        try:
            lone = _ESCAPED_SURROGATE.search(data) is not None
            if isinstance(error, pydantic_core.ValidationError):
                kinds = {each["type"] for each in error.errors(include_url=False, include_context=False)}
                if _OTHER_FORMS.isdisjoint(kinds) or (not lone and kinds == {"json_invalid"}):
                    raise error
            elif not lone:
                raise error
            try:
                # pydantic's parser takes no lone surrogates, Python's does.
                given = json.loads(data) if lone else None
            except (ValueError, RecursionError):
                raise error from None
            if self._in_any_form is None:
                self._in_any_form = validator(as_read_in_any_form(self.schema))
            form = self._in_any_form
            value = form.validate_python(given) if lone else form.validate_json(data)
            return value if self._then is None else self._then(value)
        finally:
            # Its traceback refers to this frame.
            del error

    def _adapt_built_in(self, schema: CoreSchema, optional: bool) -> None:
        self.schema = {"type": "nullable", "schema": schema} if optional else schema
        self._use(pydantic_core.SchemaValidator(self.schema))

    def _adapt_message(self, optional: bool) -> None:
        if optional:
            self._adapt(type(None))
        else:
            self._refuse(f"expected {describe_type(self.hint)}: the payload is not a protobuf message")

    def _adapt(self, hint: Any, then: Callable[[Any], Any] | None = None) -> None:
        try:
            try:
                adapter = type_adapter(hint)
            except Exception:
                if (known := _of_iterables(hint)) is hint:
                    raise
                adapter = type_adapter(known)
            self.schema = as_read(adapter.core_schema)
            own = adapter.validator if self.schema is adapter.core_schema else validator(self.schema)
        except Exception as error:  # noqa: BLE001 - pydantic runs the type's own code, which may raise anything
            self.problem = f"pydantic cannot read {describe_type(hint)}: {_first_line(error)}"
            self._refuse(self.problem)
            return
        if no_payload_fits(self.schema):
            self.problem = f"no payload can be a {describe_type(hint)}"
            self._refuse(self.problem)
            return
        self._use(own)
        if then is not None:
            self._then = then
            self.validate_json = lambda data: then(own.validate_json(data))
            self.validate_python = lambda value: then(own.validate_python(value))

    def _use(self, own: Any) -> None:
        self.validate_json, self.validate_python = own.validate_json, own.validate_python

    def _refuse(self, problem: str) -> None:
        def refuse(_: Any) -> Any:
            raise ConverterError(problem)

        self.validate_json = self.validate_python = refuse


_LIKE_ITERABLES = (Iterator, Collection, Reversible)


def _of_iterables(hint: Any) -> Any:
    """Replace the types that pydantic reads only under the name ``Iterable``, at any depth of a type."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in _LIKE_ITERABLES:
        return Iterable[_of_iterables(inner[0])]  # type: ignore[misc]
    known = tuple(each if isinstance(each, list) else _of_iterables(each) for each in inner)
    if all(new is old for new, old in zip(known, inner, strict=True)):
        return hint
    if origin in (Union, UnionType):
        return Union[known]  # noqa: UP007 - of a tuple
    return Annotated[known] if origin is Annotated else origin[known]


def type_adapter(hint: Any) -> TypeAdapter[Any]:
    """Return pydantic's adapter for a type.

    Raises:
        Exception: pydantic cannot read the type, or code of the type raised it.
    """
    # pydantic's adapters cost 40 ms to import, which a client that is only connecting need not pay.
    from pydantic import TypeAdapter

    with _any_typed_dict(), warnings.catch_warnings():
        # It warns of models of its version 1, which are then read otherwise.
        warnings.filterwarnings("ignore", "Mixing V1 models", UserWarning)
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        # A model whose own annotations are not resolved yet has no validator, and says so only when used.
        adapter.rebuild(raise_errors=True)
    return adapter


@contextmanager
def _any_typed_dict() -> Iterator[None]:
    """Let pydantic read ``typing.TypedDict``, which it refuses before Python 3.12.

    Only the bases of generic ones are missing there; the fields of others are all in the class itself.
    """
    if sys.version_info >= (3, 12):
        yield
        return
    from pydantic._internal import _decorators, _generate_schema

    decorators: Any = _decorators
    _PYDANTIC.setdefault("get_bases", decorators.get_bases)
    decorators.get_bases = _bases_of
    _generate_schema._SUPPORTS_TYPEDDICT = True
    try:
        yield
    finally:
        _generate_schema._SUPPORTS_TYPEDDICT, decorators.get_bases = False, _PYDANTIC["get_bases"]


# pydantic's own function. Kept once: a thread that builds an adapter meanwhile would find our replacement.
_PYDANTIC: dict[str, Callable[[Any], Any]] = {}


def _bases_of(cls: Any) -> Any:
    return getattr(cls, "__orig_bases__", ()) if is_typeddict(cls) else _PYDANTIC["get_bases"](cls)


def _without_none(hint: Any) -> tuple[Any, bool]:
    """Return ``X`` and whether *hint* is ``X | None``."""
    if get_origin(hint) not in (Union, UnionType):
        return hint, False
    rest = [each for each in get_args(hint) if each is not type(None)]
    return (rest[0], True) if len(rest) == 1 and len(get_args(hint)) == 2 else (hint, False)


def _as_it_is(value: Any) -> Any:
    return value


@functools.lru_cache(maxsize=_MAX_CACHED)
def _cached_adapter(hint: Any, spelling: str) -> Adapter:  # noqa: ARG001 - unions of another order are equal
    return Adapter(hint)


def adapter_for(hint: Any) -> Adapter:
    """Return the adapter for a type, built on first use; the most recently used 1024 are kept.

    For types that cannot be hashed a new one is built each time.
    """
    try:
        return _cached_adapter(hint, "" if isinstance(hint, type) else repr(hint))
    except TypeError:
        return Adapter(hint)


def is_message_class(hint: Any) -> bool:
    """Whether *hint* is a message class of google's protobuf runtime; decided without importing it."""
    return isinstance(hint, type) and hasattr(hint, "DESCRIPTOR") and hasattr(hint, "ParseFromString")


def describe_type(hint: Any) -> str:
    """Return a type's name as it is written in an annotation."""
    if hint is None:
        return "any value"
    if isinstance(hint, type) and not hasattr(hint, "__origin__"):
        return "None" if hint is type(None) else hint.__name__
    return clip(repr(hint).replace("typing.", ""))


def clip(text: str, limit: int = _MAX_TEXT) -> str:
    """Shorten a text of unknown length for a message."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _first_line(error: Exception) -> str:
    return clip(str(error).partition("\n")[0].partition(". Set `")[0] or type(error).__name__)
