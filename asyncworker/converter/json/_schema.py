"""pydantic's core schemas: trees of dicts that say how a type is read and written; walk them, and copy with changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

__all__ = ["NO_SCHEMAS", "Schema", "changed", "nodes_of"]

Schema: TypeAlias = Any  # the tree: dicts, lists and tuples
Change: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]

#: Keys whose values are no schemas: values and functions of the type's author, and how to write.
NO_SCHEMAS = frozenset({"metadata", "default", "expected", "members", "config", "serialization", "function"})


def changed(node: Any, change: Change, skip: frozenset[str] = NO_SCHEMAS) -> Any:
    """Copy a tree with *change* applied to each schema in it, leaves first; unchanged parts are not copied."""
    if isinstance(node, dict):
        new = {key: value if key in skip else changed(value, change, skip) for key, value in node.items()}
        if all(new[key] is node[key] for key in node):
            new = node
        return change(new) if isinstance(new.get("type"), str) else new
    if isinstance(node, list | tuple):
        items = [changed(each, change, skip) for each in node]
        return node if all(new is old for new, old in zip(items, node, strict=True)) else type(node)(items)
    return node


def nodes_of(node: Any) -> Iterator[Any]:
    """Yield all dicts, lists and values of a tree."""
    yield node
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in ("metadata", "default", "config"):
                yield from nodes_of(value)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from nodes_of(each)
