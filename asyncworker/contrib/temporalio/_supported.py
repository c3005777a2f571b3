"""Decide whether the installed temporalio is one that the bridge works with.

The bridge sets up temporalio's activity context, which is private. A version in which it is another one would fail in
the middle of an activity, so what is used of it is looked for when this package is imported.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

__all__ = ["EXTRA", "OLDEST", "names_of_fields", "problem_with", "refuse_unsupported", "too_old"]

#: The oldest version that the bridge's tests pass with; see `make bridge`.
OLDEST = (1, 16, 0)
EXTRA = 'pip install "temporal-asyncworker[temporalio]"'

# What the bridge passes.
_CONTEXT = frozenset(
    {
        "info",
        "heartbeat",
        "cancelled_event",
        "worker_shutdown_event",
        "shield_thread_cancel_exception",
        "payload_converter_class_or_instance",
        "runtime_metric_meter",
        "client",
        "cancellation_details",
    }
)
_DEFINITION = frozenset({"name", "fn", "is_async", "no_thread_cancel_exception", "arg_types"})


def too_old(installed: str) -> bool:
    """Whether a version, as its distribution names it, is older than the oldest supported."""
    numbers = []
    for part in installed.split(".")[:3]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        numbers.append(int(digits or 0))
    return tuple(numbers) < OLDEST


def problem_with(module: Any) -> str | None:
    """Return what ``temporalio.activity`` lacks of what the bridge uses, or has beyond it; ``None`` if it fits."""
    context, definition = getattr(module, "_Context", None), getattr(module, "_Definition", None)
    if not (dataclasses.is_dataclass(context) and dataclasses.is_dataclass(definition)):
        return "it has no _Context or no _Definition"
    if not hasattr(context, "set") or not hasattr(module, "_CompleteAsyncError"):
        return "it has no _Context.set or no _CompleteAsyncError"
    has, needs = names_of_fields(context), _required(context)
    if missing := _CONTEXT - has:
        return f"its _Context has no {_listed(missing)}"
    if unknown := needs - _CONTEXT:
        return f"its _Context needs {_listed(unknown)}"
    if missing := _DEFINITION - names_of_fields(definition):
        return f"its _Definition has no {_listed(missing)}"
    return None


def refuse_unsupported(module: Any) -> None:
    """Refuse a ``temporalio.activity`` that the bridge does not fit.

    Raises:
        ImportError: It is outside of the supported range; the message says why, and what to install.
    """
    installed = version("temporalio")
    oldest = ".".join(map(str, OLDEST))
    problem = f"it is older than {oldest}" if too_old(installed) else problem_with(module)
    if problem is not None:
        raise ImportError(
            f"asyncworker.contrib.temporalio does not work with temporalio {installed}: {problem}; what it works with:"
            f" {EXTRA}",
            name="temporalio",
        )


def names_of_fields(kind: Any) -> frozenset[str]:
    """Return the names of a dataclass's fields."""
    return frozenset(each.name for each in dataclasses.fields(kind))


def known_fields(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *values* that a dataclass has a field for in the installed version."""
    names = names_of_fields(kind)
    return {name: value for name, value in values.items() if name in names}


def _required(kind: Any) -> frozenset[str]:
    missing = dataclasses.MISSING
    return frozenset(
        each.name
        for each in dataclasses.fields(kind)
        if each.init and each.default is missing and each.default_factory is missing
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
