"""The version of this package, as the server is told it."""

from __future__ import annotations

from functools import cache

__all__ = ["client_version"]


@cache
def client_version() -> str:
    """Return the installed version of this package; ``0`` where it is not installed."""
    # Slow to import, and as a rule imported by then.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("temporal-asyncworker")
    except PackageNotFoundError:
        return "0"
