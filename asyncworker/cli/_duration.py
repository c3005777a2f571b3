"""Parse durations of the command line: ``90``, ``1.5s``, ``500ms``, ``1h30m``."""

from __future__ import annotations

import re

import typer

__all__ = ["parse_duration"]

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def parse_duration(text: str | float) -> float:
    """Return a duration in seconds; it is a bare number, or numbers with units as in Go.

    Raises:
        typer.BadParameter: It is neither.
    """
    if isinstance(text, int | float):
        return float(text)
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not text or _PART.sub("", text):
        raise typer.BadParameter(f"expected seconds, or a duration such as 500ms, 30s or 1h30m; got {text!r}")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
