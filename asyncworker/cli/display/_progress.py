"""Read an activity's progress from its heartbeat details, in the forms that are common."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Progress", "progress_of", "status_of"]

_DONE = ("done", "completed", "current", "processed")
_FRACTION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/|of)\s*(\d+(?:\.\d+)?)\s*")
_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")


@dataclass(frozen=True, slots=True)
class Progress:
    """How much is done of a total.

    Attributes:
        done: Between 0 and *total*.
        total: Above 0.
    """

    done: float
    total: float

    def __str__(self) -> str:
        return f"{self.done:g}/{self.total:g}"


def progress_of(details: Sequence[Any]) -> Progress | None:
    """Read ``3, 10``, ``[3, 10]``, ``"3/10"``, ``"30%"``, ``0.3`` or ``{"done": 3, "total": 10}``."""
    match details:
        case [done, total] if _is_number(done) and _is_number(total):
            return _checked(done, total)
        case [[done, total]] if _is_number(done) and _is_number(total):
            return _checked(done, total)
        case [float(fraction)] if 0 <= fraction <= 1:
            return Progress(round(100 * fraction, 1), 100)
        case [str(text)]:
            return _of_text(text)
        case [{"total": total} as fields] if _is_number(total):
            return _of_fields(fields, total)
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checked(done: float, total: float) -> Progress | None:
    return Progress(done, total) if 0 <= done <= total and total > 0 else None


def _of_text(text: str) -> Progress | None:
    if match := _FRACTION.fullmatch(text):
        return _checked(float(match[1]), float(match[2]))
    if match := _PERCENT.fullmatch(text):
        return _checked(float(match[1]), 100)
    return None


def _of_fields(fields: Mapping[str, Any], total: float) -> Progress | None:
    done = next((fields[name] for name in _DONE if _is_number(fields.get(name))), None)
    return None if done is None else _checked(done, total)


def status_of(details: Sequence[Any]) -> str:
    """Return details that are no progress as one line of at most 80 characters."""
    text = ", ".join(value if isinstance(value, str) else json.dumps(value, default=str) for value in details)
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
