"""``asyncworker run``."""

from __future__ import annotations

from ._command import run

__all__ = ["run"]
