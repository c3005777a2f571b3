"""Questions about a type, answered from its core schema: whether a payload can be read as it, what it is written by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, get_args

from pydantic_core import CoreSchemaType

from ._schema import NO_SCHEMAS, Schema, nodes_of

__all__ = [
    "classes_in",
    "encodes",
    "has_types",
    "is_written_by_itself",
    "no_payload_fits",
    "plain_dataclasses_in",
    "words_of",
]

_PLAIN_CLASSES = (str, bytes, int, float, bool, list, dict, type(None))


def no_payload_fits(schema: Schema) -> bool:
    """Whether no payload can be read as *schema*, as for functions, classes, and types that need one of these."""
    definitions = {each["ref"]: each for each in schema.get("definitions", []) if "ref" in each}
    return _fits_nothing(schema, definitions, frozenset())


# The key of the inner schema that decides, by the kind of the outer one.
_INSIDE = {
    "json-or-python": "json_schema",
    "lax-or-strict": "lax_schema",
    "list": "items_schema",
    "set": "items_schema",
    "frozenset": "items_schema",
    "dict": "values_schema",
    "function-after": "schema",
    "custom-error": "schema",
    "definitions": "schema",
    "model": "schema",
    "dataclass": "schema",
}


def _fits_nothing(schema: Schema, definitions: dict[str, Schema], seen: frozenset[str]) -> bool:
    def check(inner: Schema) -> bool:
        return _fits_nothing(inner, definitions, seen)

    match schema:
        case {"type": "callable" | "is-subclass"}:
            return True
        case {"type": "is-instance", "cls": cls}:
            return not (isinstance(cls, type) and any(issubclass(each, cls) for each in _PLAIN_CLASSES))
        case {"type": "union" | "tagged-union" | "tuple" | "chain"}:
            return _combines_nothing(schema, check)
        case {"type": "model-fields" | "typed-dict" | "dataclass-args", "fields": fields}:
            all_fields = fields.values() if isinstance(fields, dict) else fields
            return any(check(each["schema"]) for each in all_fields if each.get("required", True))
        case {"type": "model", "cls": cls} if cls.__module__ == "pydantic.main" and cls.__name__ == "BaseModel":
            # It would keep nothing of the payload.
            return True
        case {"type": "definition-ref", "schema_ref": ref}:
            return ref in definitions and ref not in seen and _fits_nothing(definitions[ref], definitions, seen | {ref})
        case {"type": kind} if _INSIDE.get(kind) in schema:
            return check(schema[_INSIDE[kind]])
    return False


def _combines_nothing(schema: Schema, check: Callable[[Schema], bool]) -> bool:
    match schema:
        case {"type": "union", "choices": choices}:
            return all(check(each[0] if isinstance(each, tuple) else each) for each in choices)
        case {"type": "tagged-union", "choices": choices}:
            return all(isinstance(each, dict) and check(each) for each in choices.values())
        case {"type": "chain", "steps": [first, *_]}:
            return check(first)
        case {"type": "tuple", "items_schema": items}:
            return "variadic_item_index" not in schema and any(map(check, items))
    return False


def encodes(schema: Schema) -> bool:
    """Whether values are written by a function in the schema."""
    return any(
        isinstance(node, dict)
        and (node.get("computed_fields") or str((node.get("serialization") or {}).get("type")).startswith("function-"))
        for node in nodes_of(schema)
    )


def plain_dataclasses_in(schema: Schema) -> Iterator[type]:
    """Yield the standard library's dataclasses in a schema, whose subclasses pydantic does not write in full."""
    for node in nodes_of(schema):
        match node:
            case {"type": "dataclass", "cls": cls} if not hasattr(cls, "__pydantic_serializer__"):
                yield cls


_WRITTEN_BY_SCHEMA = frozenset(
    "model model-fields model-field dataclass dataclass-args dataclass-field typed-dict typed-dict-field default"  # noqa: SIM905
    " computed-field str int float bool none nullable list dict set frozenset tuple union bytes date time datetime"
    " timedelta uuid url decimal literal function-after function-before definitions definition-ref"
    " json-or-python lax-or-strict".split()
)


def is_written_by_itself(schema: Schema) -> bool:
    """Whether a model is written as its schema says at every level, as no field accepts models of other schemas."""
    if isinstance(schema, list | tuple):
        return all(map(is_written_by_itself, schema))
    if not isinstance(schema, dict):
        return True
    if isinstance(kind := schema.get("type"), str):
        if kind not in _WRITTEN_BY_SCHEMA or "ser_json_inf_nan" in schema.get("config", {}):
            return False
        writing = schema.get("serialization") or {}
        if str(writing.get("type")).startswith("function-"):
            # pydantic's own functions return no models.
            code = getattr(writing["function"], "__func__", writing["function"])
            return str(getattr(code, "__module__", "")).startswith("pydantic.") and (
                is_written_by_itself(writing.get("schema"))
            )
    skip = NO_SCHEMAS | {"python_schema", "strict_schema"}
    return all(is_written_by_itself(value) for key, value in schema.items() if key not in skip)


def classes_in(schema: Schema) -> Iterator[type]:
    """Yield the classes of the models and dataclasses in a schema."""
    for node in nodes_of(schema):
        match node:
            case {"type": "model" | "dataclass", "cls": cls}:
                yield cls


_NAMES = ("name", "property_name", "model_name", "dataclass_name", "cls_repr", "discriminator", "ref")
_WORD = re.compile(r"[\w-]+")
_KINDS = frozenset({*get_args(CoreSchemaType), "key", "constrained-str", "constrained-int", "constrained-float"})


def words_of(schema: Schema) -> frozenset[str]:
    """Return the words that belong to the type: names of fields and classes, tags, and pydantic's names of kinds."""
    words = set(_KINDS)
    for node in nodes_of(schema):
        if not isinstance(node, dict):
            continue
        texts = [*_texts(node.get("alias")), *_texts(node.get("validation_alias")), *_texts(node.get("expected"))]
        texts += [each for key in _NAMES for each in _texts(node.get(key))]
        texts += [each for key in ("cls", "function") for each in _texts(getattr(node.get(key), "__qualname__", None))]
        words |= getattr(node.get("function"), "words", set())
        for key in ("fields", "choices"):
            if isinstance(node.get(key), dict):
                texts += [str(getattr(each, "value", each)) for each in node[key]]
        words.update(word for text in texts for word in _WORD.findall(text))
    return frozenset(words)


def has_types(schema: Schema, *kinds: str) -> bool:
    """Whether a schema of one of *kinds* is in a tree."""
    return any(str(node.get("type")).startswith(kinds) for node in nodes_of(schema) if isinstance(node, dict))


def _texts(value: Any) -> Iterator[str]:
    """Yield the strings of a name, or of paths of names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
