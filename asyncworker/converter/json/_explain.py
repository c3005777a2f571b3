"""Explain why a payload is not of a type, without any of its data.

The server stores a failure's message as plain text, so nothing that a codec may be there to hide must be in it. That is
more than values: the keys of a dict, the names of unknown fields of a model and the unknown tag of a union are data
too, and so is what a message of a user's validator quotes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import pydantic_core

from ._adapter import Adapter, clip, describe_type
from ._schema_queries import has_types, words_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails, ValidationError

__all__ = ["explain", "quotes_any", "pieces_of", "message_of", "without"]

_MAX_PROBLEMS = 10
_HIDDEN = "…"
_HARMLESS = frozenset({"True", "False"})
# Kinds of errors for which the input's type is of no help.
_INPUT_IS_NO_HELP = frozenset({"missing", "json_invalid", "value_error", "assertion_error"})
# Kinds of errors whose message quotes the input, with a message that does not.
_INSTEAD = {
    "union_tag_invalid": "Input should have at {discriminator} one of the tags: {expected_tags}",
    "uuid_parsing": "Input should be a valid UUID",
    "bytes_invalid_encoding": "Data should be valid {encoding}",
    "timezone_offset": "Timezone offset of {tz_expected} required",
    "get_attribute_error": "Error extracting an attribute",
    "iteration_error": "Error iterating over object",
    "mapping_type": "Input should be a valid mapping",
    "datetime_object_invalid": "Invalid datetime object",
}
_PLACE = re.compile(r"[\w\-\[\](){}, .|'\"]+")
_WORD = re.compile(r"[\w-]+")


def message_of(error: BaseException) -> str:
    """Return an error's message, or an empty one if its ``__str__`` raises."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - __str__ is user code
        return ""


def explain(error: Exception, adapter: Adapter, data: bytes) -> str:
    """Explain why *data* is not of the adapter's type: one line for each problem, without pydantic's links."""
    wanted = describe_type(adapter.hint)
    if not isinstance(error, pydantic_core.ValidationError):
        return f"expected {wanted}: Invalid JSON: {clip(message_of(error))}"
    lines = _problems(error, adapter, data)
    if len(lines) == 1:
        return f"expected {wanted}: {lines[0]}"
    return f"expected {wanted}:" + "".join(f"\n  {line}" for line in lines)


def _problems(error: ValidationError, adapter: Adapter, data: bytes) -> list[str]:
    details = error.errors(include_url=False)
    words = words_of(adapter.schema)
    # A number is an index of a list, unless user code may have made a dict of the input.
    numbers = not (has_types(adapter.schema, "dict") and has_types(adapter.schema, "function-"))
    lines = [_problem(detail, words, data, numbers=numbers) for detail in details[:_MAX_PROBLEMS]]
    if len(details) > _MAX_PROBLEMS:
        lines.append(f"and {len(details) - _MAX_PROBLEMS} more")
    return lines


def _problem(detail: ErrorDetails, words: frozenset[str], data: bytes, *, numbers: bool) -> str:
    place = ".".join(_step(step, words, numbers=numbers) for step in detail["loc"])
    text = clip(" ".join(_text(detail, words, data).split()))
    if detail["type"] not in _INPUT_IS_NO_HELP:
        text += f" (got {type(detail['input']).__name__})"
    return f"{place}: {text}" if place else text


def _step(step: int | str, words: frozenset[str], *, numbers: bool) -> str:
    """Return one step of the path to a problem, or ``…`` if it is not part of the type, and so is data."""
    if isinstance(step, int):
        return str(step) if numbers else _HIDDEN
    found = _WORD.findall(step)
    is_known = found and words.issuperset(found) and _PLACE.fullmatch(step)
    return clip(step, 60) if is_known else _HIDDEN


def _text(detail: ErrorDetails, words: frozenset[str], data: bytes) -> str:
    kind, text, context = detail["type"], detail["msg"], detail.get("ctx", {})
    if kind in _INSTEAD:
        return _INSTEAD[kind].format_map(context)
    pattern = _texts_of_pydantic().get(kind)
    if pattern is not None and pattern.fullmatch(text):
        return text
    for value in context.values():
        if isinstance(value, str) and value:
            text = text.replace(value, _HIDDEN)
    return without(text, pieces_of(data), words)


@functools.cache
def _texts_of_pydantic() -> dict[str, re.Pattern[str]]:
    """Patterns of pydantic's own messages, by kind, without the two kinds that quote user code."""
    from pydantic_core._pydantic_core import list_all_errors

    found = {}
    for each in list_all_errors():
        templates = {each["message_template_python"], each.get("message_template_json", "")} - {""}
        either = "|".join(re.sub(r"\\\{\w+\\\}", ".*", re.escape(template)) for template in templates)
        found[each["type"]] = re.compile(either, re.DOTALL)
    return {kind: pattern for kind, pattern in found.items() if kind not in ("value_error", "assertion_error")}


def without(text: str, pieces: Iterable[str], words: frozenset[str] = frozenset()) -> str:
    """Replace pieces of a payload or value in a text by ``…``."""
    for each in pieces:
        if not each.strip() or each in _HARMLESS:
            continue
        for spelling in {each, repr(each)[1:-1]}:
            if len(spelling) > len(text) or spelling not in text or spelling in words:
                continue
            if len(spelling) < 4 or spelling.isdigit():
                text = re.sub(rf"(?<!\w){re.escape(spelling)}(?!\w)", _HIDDEN, text)
            else:
                text = text.replace(spelling, _HIDDEN)
    return text


def quotes_any(error: BaseException | None, pieces: Iterable[str]) -> bool:
    """Whether the message of an error, or of one of its causes, quotes a piece of a payload or value."""
    said: list[str] = []
    while error is not None and len(said) < 100:
        said.append(message_of(error))
        error = error.__cause__ or error.__context__
    text = "\n".join(said)
    return without(text, pieces) != text


def pieces_of(data: bytes) -> Iterator[str]:
    """Yield the keys and values in a payload's data, as Python would write them."""
    try:
        given = pydantic_core.from_json(data)
    except ValueError:
        given = data.decode("utf-8", "backslashreplace")
    found = [given]
    while found:
        each = found.pop()
        if isinstance(each, Mapping):
            found += each.keys()
            found += each.values()
        elif isinstance(each, list):
            found += each
        elif isinstance(each, str | int | float):
            yield str(each)
