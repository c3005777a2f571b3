"""Read JSON or a Python value as a type, through pydantic adapters that are built once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

import pydantic_core

from ..common import RawValue
from ..exceptions import ConverterError

if TYPE_CHECKING:
    from pydantic_core import CoreSchema, ErrorDetails, ValidationError

__all__ = ["Adapter", "adapter_for", "describe_type", "explain"]

_MAX_CACHED = 1024
_MAX_PROBLEMS = 10
_MAX_TEXT = 200
# Kinds of error whose input says nothing about what is wrong.
_INPUT_IS_NO_HELP = frozenset({"missing", "json_invalid", "value_error", "assertion_error"})
_BUFFERS = (bytearray, memoryview)
# What pydantic makes of these by itself. An activity that takes no more need not import its adapters: 40 ms, 2.5 MB.
_BUILT_IN: dict[Any, CoreSchema] = {
    str: {"type": "str"},
    int: {"type": "int"},
    float: {"type": "float"},
    bool: {"type": "bool"},
    dict: {"type": "dict"},
    list: {"type": "list"},
}


class Adapter:
    """How values of one type are read.

    Attributes:
        hint: The type; ``None`` when nothing is known about it.
        is_untyped: Whether any value will do.
        is_raw: Whether the payload itself is wanted (:class:`~asyncworker.common.RawValue`).
        message_class: The type, or what is optional about it, if that is a message class of google's protobuf runtime.
        problem: Why pydantic cannot read this type, or ``None``. A converter of the user's own still may.
        validate_json: Read JSON text; raises pydantic's ``ValidationError`` or ``ValueError``.
        validate_python: Read a Python value; raises pydantic's ``ValidationError`` or ``ValueError``.
    """

    __slots__ = ("hint", "is_raw", "is_untyped", "message_class", "problem", "validate_json", "validate_python")

    def __init__(self, hint: Any) -> None:
        core, optional = _without_none(hint)
        self.hint = hint
        self.is_untyped = any(hint is anything for anything in (None, Any, object))
        self.is_raw = core is RawValue
        self.message_class: Any = core if is_message_class(core) else None
        self.problem: str | None = None
        self.validate_json: Callable[[bytes], Any] = pydantic_core.from_json
        self.validate_python: Callable[[Any], Any] = _as_it_is
        if self.message_class is not None:
            self._adapt_message(optional)
        elif core in _BUFFERS:
            self._adapt(bytes | None if optional else bytes, lambda data: data if data is None else core(data))
        elif isinstance(core, type) and core in _BUILT_IN:
            self._adapt_built_in(_BUILT_IN[core], optional)
        elif not (self.is_raw or self.is_untyped):
            self._adapt(hint)

    def __repr__(self) -> str:
        return f"Adapter({describe_type(self.hint)})"

    def _adapt_built_in(self, schema: CoreSchema, optional: bool) -> None:
        validator = pydantic_core.SchemaValidator({"type": "nullable", "schema": schema} if optional else schema)
        self.validate_json, self.validate_python = validator.validate_json, validator.validate_python

    def _adapt_message(self, optional: bool) -> None:
        if optional:
            self._adapt(type(None))
        else:
            self._refuse(f"expected {describe_type(self.hint)}: the payload is not a protobuf message")

    def _adapt(self, hint: Any, then: Callable[[Any], Any] | None = None) -> None:
        # pydantic's adapters cost 40 ms to import, which a client that is only connecting need not pay.
        from pydantic import TypeAdapter

        try:
            adapter: TypeAdapter[Any] = TypeAdapter(hint)
            # A model whose own annotations are not resolved yet has no validator, and says so only when used.
            adapter.rebuild(raise_errors=True)
        except Exception as error:  # noqa: BLE001 - pydantic runs the type's own code, which may raise anything
            self.problem = f"pydantic cannot read {describe_type(hint)}: {_first_line(error)}"
            self._refuse(self.problem)
            return
        if then is None:
            self.validate_json, self.validate_python = adapter.validate_json, adapter.validate_python
        else:
            self.validate_json = lambda data: then(adapter.validate_json(data))
            self.validate_python = lambda value: then(adapter.validate_python(value))

    def _refuse(self, problem: str) -> None:
        def refuse(_: Any) -> Any:
            raise ConverterError(problem)

        self.validate_json = self.validate_python = refuse


def _without_none(hint: Any) -> tuple[Any, bool]:
    """Split ``X | None`` into ``X`` and that it is optional."""
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

    Types that cannot be hashed are adapted anew each time.
    """
    try:
        return _cached_adapter(hint, "" if isinstance(hint, type) else repr(hint))
    except TypeError:
        return Adapter(hint)


def is_message_class(hint: Any) -> bool:
    """Whether *hint* is a message class of google's protobuf runtime; decided without importing it."""
    return isinstance(hint, type) and hasattr(hint, "DESCRIPTOR") and hasattr(hint, "ParseFromString")


def describe_type(hint: Any) -> str:
    """Name a type as a person would write it."""
    if hint is None:
        return "any value"
    if isinstance(hint, type) and not hasattr(hint, "__origin__"):
        return "None" if hint is type(None) else hint.__name__
    return clip(repr(hint).replace("typing.", ""))


def clip(text: str, limit: int = _MAX_TEXT) -> str:
    """Cut a text that came from outside to a length that a message can carry."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def explain(error: Exception, hint: Any) -> str:
    """Say why a value is not of a type: one line a problem, no link, and nothing of the value but its type.

    What the server stores of a failure's message is plain text: a value, which a codec may be there to hide, must
    not get into it.
    """
    if not isinstance(error, pydantic_core.ValidationError):
        return f"expected {describe_type(hint)}: {clip(str(error))}"
    lines = _problems(error)
    if len(lines) == 1:
        return f"expected {describe_type(hint)}: {lines[0]}"
    return f"expected {describe_type(hint)}:" + "".join(f"\n  {line}" for line in lines)


def _problems(error: ValidationError) -> list[str]:
    details = error.errors(include_url=False, include_context=False)
    lines = [_problem(detail) for detail in details[:_MAX_PROBLEMS]]
    if len(details) > _MAX_PROBLEMS:
        lines.append(f"and {len(details) - _MAX_PROBLEMS} more")
    return lines


def _problem(detail: ErrorDetails) -> str:
    place = ".".join(clip(str(step), 60) for step in detail["loc"])
    text = clip(" ".join(detail["msg"].split()))
    if detail["type"] not in _INPUT_IS_NO_HELP:
        text += f" (got {type(detail['input']).__name__})"
    return f"{place}: {text}" if place else text


def _first_line(error: Exception) -> str:
    return clip(str(error).partition("\n")[0].partition(". Set `")[0] or type(error).__name__)
