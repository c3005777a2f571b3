"""Validators: change how pydantic reads a type, where its own way would lose something or refuse too much."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, get_type_hints

from pydantic_core import PydanticCustomError, SchemaValidator, to_json

from ._schema import Schema, changed

__all__ = ["SURROGATE", "as_read", "as_read_from_bytes", "as_read_in_any_form", "validator"]

SURROGATE = re.compile("[\ud800-\udfff]")
# Offset from a lone surrogate to a character of a private plane that stands for it.
_PRIVATE = 0xF0000 - 0xD800


def validator(schema: Schema) -> SchemaValidator:
    """Return a validator for *schema*, also where it contains models with a prebuilt validator of their own."""
    return SchemaValidator(schema, None, False)


def as_read(schema: Schema) -> Schema:
    """Return the schema that we read a type with; the same object, if nothing in it has to change.

    An iterator, which pydantic would read lazily and once, becomes a list. pydantic's version 1 reads its own models.
    Fields that a dataclass's ``__init__`` does not take are restored.
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

    tree = changed(schema, change)
    for each in late:
        each.definitions = tree.get("definitions", [])
    return tree


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
            # Their own message may quote values and keys.
            found: list[Any] = getattr(error, "errors", list)()
            wrong = {str(each["loc"][0]): each["type"] for each in found if each["loc"]}
            said = ", ".join(f"{name}: {kind}" for name, kind in wrong.items() if name in self.words)
        text = f"Input should be a valid {self._cls.__name__}" + (f" ({said})" if said else "")
        raise PydanticCustomError("legacy_model", text)


def _late_fields(node: dict[str, Any]) -> dict[str, Schema]:
    """Return the fields of a dataclass that its ``__init__`` does not take with their schemas, or ``None``."""
    arguments = node["schema"]
    while arguments["type"] != "dataclass-args":
        if "schema" not in arguments:
            return {}
        arguments = arguments["schema"]
    late = {name: each for name, each in getattr(node["cls"], "__dataclass_fields__", {}).items() if not each.init}
    known = {each["name"]: each["schema"] for each in arguments["fields"]}
    return {name: known.get(name) for name in node["fields"] if name in late}


class _LateFields:
    """Set the fields of a dataclass that its ``__init__`` does not take."""

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
                # As JSON, from which e.g. dates and sets are read that are not accepted as Python objects.
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
    """Return a schema that accepts more forms than pydantic does.

    Bytes may be a list of numbers, as temporalio writes them. Decimals may be ``NaN`` or infinite, and texts may have
    lone surrogates. A model that forbids extra fields accepts its own computed ones.
    """
    return changed(schema, _in_any_form)


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
    """Read a text with lone surrogates, which are replaced by private characters while it is validated."""
    if not isinstance(value, str) or not SURROGATE.search(value):
        return handler(value)
    if any(0xF0000 <= ord(each) < 0xF0800 for each in value):
        raise ValueError("lone surrogates beside characters of a private plane")
    read = handler(SURROGATE.sub(lambda found: chr(ord(found[0]) + _PRIVATE), value))
    return re.sub("[\U000f0000-\U000f07ff]", lambda found: chr(ord(found[0]) - _PRIVATE), read)


def _without(value: Any, names: set[Any]) -> Any:
    return {key: each for key, each in value.items() if key not in names} if isinstance(value, dict) else value


def as_read_from_bytes(schema: Schema) -> Schema:
    """Return the schema for bytes that are a payload of their own, which are not encoded as they are inside JSON."""

    def change(node: dict[str, Any]) -> dict[str, Any]:
        match node:
            case {"type": "function-after", "function": {"function": function}, "schema": {"type": "bytes"} as inner}:
                return inner if type(getattr(function, "__self__", None)).__name__ == "EncodedBytes" else node
        return node

    return changed(schema, change)
