"""``asyncworker check``: what would keep a worker from its work, without taking any."""

from __future__ import annotations

from ._command import check

__all__ = ["check"]
