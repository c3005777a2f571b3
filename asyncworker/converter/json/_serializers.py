"""Serializers: change how pydantic writes a type, where its own way would lose something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_core import SchemaSerializer, from_json, to_json

from ._schema import NO_SCHEMAS, Schema, changed

__all__ = ["own_serializer", "serializer_of"]


def serializer_of(schema: Schema, part: Callable[[Any], Any]) -> SchemaSerializer:
    """Return a serializer that writes values in full: ``NaN``, extra keys, and with *part* unknown objects.

    Its ``to_python`` returns what JSON has, and besides that ``NaN``, infinities and lone surrogates.
    """

    def change(node: dict[str, Any]) -> dict[str, Any]:
        kind = node["type"]
        if "ser_json_inf_nan" in node.get("config", {}):
            return node | {"serialization": {"type": "function-plain", "function": _by_its_own_config}}
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

    tree = changed(schema, change, NO_SCHEMAS - {"serialization"})
    return SchemaSerializer(tree, {"ser_json_inf_nan": "constants"}, False)


def _by_its_own_config(value: Any) -> Any:
    return from_json(to_json(value, polymorphic_serialization=True))


class _Whole:
    """Write an object of a class by that class's schema, and one of a subclass by its own."""

    def __init__(self, cls: type, part: Callable[[Any], Any]) -> None:
        self._cls = cls
        self._part = part

    def __call__(self, value: Any, handler: Callable[[Any], Any]) -> Any:
        return handler(value) if type(value) is self._cls else self._part(value)


def own_serializer(schema: Schema) -> SchemaSerializer:
    """Return a serializer that writes a model by its schema, and ``NaN`` and infinities by their names."""

    def change(node: dict[str, Any]) -> dict[str, Any]:
        if node["type"] in ("model", "dataclass", "typed-dict"):
            return node | {"config": {**node.get("config", {}), "ser_json_inf_nan": "constants"}}
        return node

    tree = changed(schema, change, NO_SCHEMAS - {"serialization"})
    return SchemaSerializer(tree, {"ser_json_inf_nan": "constants"}, False)
