"""Change what pydantic makes of a type, where its own way would lose or hide something.

pydantic turns a type into a *core schema*: a tree of dicts, which says how to read and to write. Here such trees are
looked through, and copied with some of their nodes replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, get_args, get_type_hints

from pydantic_core import CoreSchemaType, PydanticCustomError, SchemaSerializer, SchemaValidator, from_json, to_json

__all__ = [
    "SURROGATE",
    "Schema",
    "as_read",
    "as_read_from_bytes",
    "as_read_in_any_form",
    "classes_in",
    "encodes",
    "has_types",
    "is_written_by_itself",
    "no_payload_fits",
    "own_serializer",
    "plain_dataclasses_in",
    "serializer_of",
    "validator",
    "words_of",
]

Schema: TypeAlias = Any  # the tree: dicts, lists and tuples
Change: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]

# What is in a schema and is none: values and functions of the type's author, and how to write.
_NO_SCHEMAS = frozenset({"metadata", "default", "expected", "members", "config", "serialization", "function"})
SURROGATE = re.compile("[\ud800-\udfff]")
# Where no text of this world has a character, and as many of them as there are surrogates.
_PRIVATE = 0xF0000 - 0xD800


def validator(schema: Schema) -> SchemaValidator:
    """Build what reads as *schema* says; models in it must not be read as they would be alone."""
    return SchemaValidator(schema, None, False)


def _changed(node: Any, change: Change, skip: frozenset[str] = _NO_SCHEMAS) -> Any:
    """Copy a tree with each schema in it changed, from the leaves up; what does not change is not copied."""
    if isinstance(node, dict):
        new = {key: value if key in skip else _changed(value, change, skip) for key, value in node.items()}
        if all(new[key] is node[key] for key in node):
            new = node
        return change(new) if isinstance(new.get("type"), str) else new
    if isinstance(node, list | tuple):
        items = [_changed(each, change, skip) for each in node]
        return node if all(new is old for new, old in zip(items, node, strict=True)) else type(node)(items)
    return node


# Reading


def as_read(schema: Schema) -> Schema:
    """Return the schema as it is read here; the same, if nothing in it is read in another way than pydantic's.

    What pydantic would read lazily, and once, is a list. pydantic's version 1 reads its own models. A field that
    ``__init__`` does not take is what it was.
    """
    late: list[_LateFields] = []

    def change(node: dict[str, Any]) -> dict[str, Any]:
        match node:
            case {"type": "generator"}:
                return {**node, "type": "list"}
            case {"type": "chain", "steps": [{"type": "function-plain", "function": {"function": function}}]}:
                return _legacy_model(node, getattr(function, "__self__", None))
            case {"type": "dataclass"} if fields := _late_fields(node):
                late.append(_LateFields(node["cls"], fields))
                inner = {key: value for key, value in node.items() if key != "ref"}
                outer = {"type": "function-wrap", "function": {"type": "no-info", "function": late[-1]}}
                return outer | {"schema": inner} | ({"ref": node["ref"]} if "ref" in node else {})
        return node

    changed = _changed(schema, change)
    for each in late:
        each.definitions = changed.get("definitions", [])
    return changed


def _legacy_model(node: dict[str, Any], cls: Any) -> dict[str, Any]:
    if not hasattr(cls, "__fields__") or not hasattr(cls, "parse_obj"):
        return node
    return {"type": "function-plain", "function": {"type": "no-info", "function": _LegacyModel(cls)}}


class _LegacyModel:
    """Read a model of pydantic's version 1."""

    def __init__(self, cls: Any) -> None:
        self._cls = cls
        self.words = {name for field in cls.__fields__.values() for name in (field.name, field.alias)}

    def __call__(self, value: Any) -> Any:
        try:
            return self._cls.parse_obj(value)
        except ValueError as error:
            # Their own text may have values in it, and keys.
            found: list[Any] = getattr(error, "errors", list)()
            wrong = {str(each["loc"][0]): each["type"] for each in found if each["loc"]}
            said = ", ".join(f"{name}: {kind}" for name, kind in wrong.items() if name in self.words)
        text = f"Input should be a valid {self._cls.__name__}" + (f" ({said})" if said else "")
        raise PydanticCustomError("legacy_model", text)


def _late_fields(node: dict[str, Any]) -> dict[str, Schema]:
    """Find the fields of a dataclass that its ``__init__`` does not take; of some pydantic knows nothing."""
    arguments = node["schema"]
    while arguments["type"] != "dataclass-args":
        if "schema" not in arguments:
            return {}
        arguments = arguments["schema"]
    late = {name: each for name, each in getattr(node["cls"], "__dataclass_fields__", {}).items() if not each.init}
    known = {each["name"]: each["schema"] for each in arguments["fields"]}
    return {name: known.get(name) for name in node["fields"] if name in late}


class _LateFields:
    """Set what a dataclass was written with in the fields that its ``__init__`` does not take."""

    def __init__(self, cls: type, fields: dict[str, Schema]) -> None:
        self.definitions: list[Schema] = []
        self.words = set(fields)
        self._cls = cls
        self._fields = fields
        self._validators: dict[str, SchemaValidator] = {}

    def __call__(self, value: Any, handler: Callable[[Any], Any]) -> Any:
        if not isinstance(value, dict):
            return handler(value)
        made = handler({key: each for key, each in value.items() if key not in self._fields})
        for name in self._fields:
            if name in value:
                # As JSON, in which more is a date or a set than in Python.
                object.__setattr__(made, name, self._validator(name).validate_json(to_json(value[name])))
        return made

    def _validator(self, name: str) -> SchemaValidator:
        if name not in self._validators:
            schema = self._fields[name]
            if schema is None:
                from pydantic import TypeAdapter

                schema = as_read(TypeAdapter(get_type_hints(self._cls, include_extras=True)[name]).core_schema)
            elif self.definitions:
                schema = {"type": "definitions", "schema": schema, "definitions": self.definitions}
            self._validators[name] = validator(schema)
        return self._validators[name]


def as_read_in_any_form(schema: Schema) -> Schema:
    """Return the schema so that it takes more forms than pydantic's: for what it would refuse.

    Bytes may be a list of numbers, as temporalio writes them. Decimals may be no number, text may have lone
    surrogates. A model that forbids extra fields may have been written with those that it computes.
    """
    return _changed(schema, _in_any_form)


def _in_any_form(node: dict[str, Any]) -> dict[str, Any]:
    ref = {"ref": node["ref"]} if "ref" in node else {}
    alone = {key: value for key, value in node.items() if key != "ref"}
    match node:
        case {"type": "bytes"}:
            byte = {"type": "int", "ge": 0, "le": 255, "strict": True}
            numbers = {"type": "list", "items_schema": byte}
            function = {"type": "no-info", "function": bytes}
            again = {"type": "function-after", "function": function, "schema": numbers}
            choices = [alone, {"type": "chain", "steps": [again, alone]}]
            return (
                ref
                | {"type": "union", "mode": "left_to_right", "custom_error_type": "bytes_type"}
                | {"choices": choices}
            )
        case {"type": "decimal"} if "allow_inf_nan" not in node:
            return node | {"allow_inf_nan": True}
        case {"type": "str"}:
            function = {"type": "no-info", "function": _with_surrogates}
            return ref | {"type": "function-wrap", "function": function, "schema": alone}
        case {"type": "json-or-python", "json_schema": json}:
            return {**json, **ref}
        case {"type": "model", "schema": {"computed_fields": [_, *_] as computed}}:
            names = {name for each in computed for name in (each["property_name"], each.get("alias"))}
            function = {"type": "no-info", "function": lambda value: _without(value, names)}
            return ref | {"type": "function-before", "function": function, "schema": alone}
    return node


def _with_surrogates(value: Any, handler: Callable[[Any], Any]) -> Any:
    """Read a text that UTF-8 has no form of; while it is checked, characters that nothing is stand for those."""
    if not isinstance(value, str) or not SURROGATE.search(value):
        return handler(value)
    if any(0xF0000 <= ord(each) < 0xF0800 for each in value):
        raise ValueError("lone surrogates beside characters of a private plane")
    read = handler(SURROGATE.sub(lambda found: chr(ord(found[0]) + _PRIVATE), value))
    return re.sub("[\U000f0000-\U000f07ff]", lambda found: chr(ord(found[0]) - _PRIVATE), read)


def _without(value: Any, names: set[Any]) -> Any:
    return {key: each for key, each in value.items() if key not in names} if isinstance(value, dict) else value


def as_read_from_bytes(schema: Schema) -> Schema:
    """Return the schema for bytes that are a payload of their own: they are not encoded as inside of JSON."""

    def change(node: dict[str, Any]) -> dict[str, Any]:
        match node:
            case {"type": "function-after", "function": {"function": function}, "schema": {"type": "bytes"} as inner}:
                return inner if type(getattr(function, "__self__", None)).__name__ == "EncodedBytes" else node
        return node

    return _changed(schema, change)


# Looking


_NO_JSON = frozenset({"callable", "is-subclass"})
_PLAIN_CLASSES = (str, bytes, int, float, bool, list, dict, type(None))


def no_payload_fits(schema: Schema) -> bool:
    """Whether there is no payload that could be read as *schema*: functions, classes, what needs one of these."""
    definitions = {each["ref"]: each for each in schema.get("definitions", []) if "ref" in each}
    return _fits_nothing(schema, definitions, frozenset())


#: Where the schema stands that decides, in schemas around others.
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
            # Nothing of what came would be in it.
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


# Writing


def serializer_of(schema: Schema, part: Callable[[Any], Any]) -> SchemaSerializer:
    """Build what writes a value in full: numbers that are none, more than a schema knows of, with *part* for the rest.

    Its ``to_python`` returns what JSON has, but for those numbers and for lone surrogates.
    """

    def change(node: dict[str, Any]) -> dict[str, Any]:
        kind = node["type"]
        if "ser_json_inf_nan" in node.get("config", {}):
            return node | {"serialization": {"type": "function-plain", "function": _as_its_author_says}}
        if kind in ("model", "dataclass", "typed-dict"):
            node = node | {"config": {**node.get("config", {}), "ser_json_inf_nan": "constants"}}
        if kind == "typed-dict":
            node |= {"extra_behavior": "allow"}
        if "serialization" in node:
            return node
        if kind in ("model", "dataclass"):
            return node | {"serialization": {"type": "function-wrap", "function": _Whole(node["cls"], part)}}
        if kind in ("any", "is-instance", "generator"):
            return node | {"serialization": {"type": "function-plain", "function": part}}
        return node

    changed = _changed(schema, change, _NO_SCHEMAS - {"serialization"})
    return SchemaSerializer(changed, {"ser_json_inf_nan": "constants"}, False)


def _as_its_author_says(value: Any) -> Any:
    return from_json(to_json(value, polymorphic_serialization=True))


class _Whole:
    """Write an object of a class as that class's schema says, and one of a subclass as its own does."""

    def __init__(self, cls: type, part: Callable[[Any], Any]) -> None:
        self._cls = cls
        self._part = part

    def __call__(self, value: Any, handler: Callable[[Any], Any]) -> Any:
        return handler(value) if type(value) is self._cls else self._part(value)


def encodes(schema: Schema) -> bool:
    """Whether there is code in a schema that says what is written."""
    return any(
        isinstance(node, dict)
        and (node.get("computed_fields") or str((node.get("serialization") or {}).get("type")).startswith("function-"))
        for node in _everything(schema)
    )


def plain_dataclasses_in(schema: Schema) -> Iterator[type]:
    """Yield the dataclasses of a schema that pydantic does not write as what they are, being none of its own."""
    for node in _everything(schema):
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
    """Whether all that is in a model is written as its schema says: no place takes a model that is not in there."""
    if isinstance(schema, list | tuple):
        return all(map(is_written_by_itself, schema))
    if not isinstance(schema, dict):
        return True
    if isinstance(kind := schema.get("type"), str):
        if kind not in _WRITTEN_BY_SCHEMA or "ser_json_inf_nan" in schema.get("config", {}):
            return False
        writing = schema.get("serialization") or {}
        if str(writing.get("type")).startswith("function-"):
            # Of pydantic's own it is known that they return no models.
            code = getattr(writing["function"], "__func__", writing["function"])
            return str(getattr(code, "__module__", "")).startswith("pydantic.") and (
                is_written_by_itself(writing.get("schema"))
            )
    skip = _NO_SCHEMAS | {"python_schema", "strict_schema"}
    return all(is_written_by_itself(value) for key, value in schema.items() if key not in skip)


def classes_in(schema: Schema) -> Iterator[type]:
    """Yield the classes of models in a schema, and of what is written as they are."""
    for node in _everything(schema):
        match node:
            case {"type": "model" | "dataclass", "cls": cls}:
                yield cls


def own_serializer(schema: Schema) -> SchemaSerializer:
    """Build what writes a model as its schema says, but for numbers that are none, which it writes by their names."""

    def change(node: dict[str, Any]) -> dict[str, Any]:
        if node["type"] in ("model", "dataclass", "typed-dict"):
            return node | {"config": {**node.get("config", {}), "ser_json_inf_nan": "constants"}}
        return node

    changed = _changed(schema, change, _NO_SCHEMAS - {"serialization"})
    return SchemaSerializer(changed, {"ser_json_inf_nan": "constants"}, False)


# Looking at names


_NAMES = ("name", "property_name", "model_name", "dataclass_name", "cls_repr", "discriminator", "ref")
_WORD = re.compile(r"[\w-]+")
_KINDS = frozenset({*get_args(CoreSchemaType), "key", "constrained-str", "constrained-int", "constrained-float"})


def words_of(schema: Schema) -> frozenset[str]:
    """Collect the words that are the type's: names of fields and classes, tags, what pydantic calls its kinds."""
    words = set(_KINDS)
    for node in _everything(schema):
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
    """Whether there is a schema of one of these kinds in a tree."""
    return any(str(node.get("type")).startswith(kinds) for node in _everything(schema) if isinstance(node, dict))


def _everything(node: Any) -> Iterator[Any]:
    yield node
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in ("metadata", "default", "config"):
                yield from _everything(value)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from _everything(each)


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a name, or in paths of names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
