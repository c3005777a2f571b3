"""Tools to test activities, workers and clients with; each name is imported on its first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import attach

if TYPE_CHECKING:
    from ._dev_server import DevServer as DevServer, DevServerError as DevServerError
    from ._environment import ActivityEnvironment as ActivityEnvironment
    from ._fake_temporal import FakeActivity as FakeActivity, FakeTemporal as FakeTemporal

_HOMES = {
    "ActivityEnvironment": "_environment",
    "DevServer": "_dev_server",
    "DevServerError": "_dev_server",
    "FakeActivity": "_fake_temporal",
    "FakeTemporal": "_fake_temporal",
}

__all__ = ["ActivityEnvironment", "DevServer", "DevServerError", "FakeActivity", "FakeTemporal"]

# Hidden from type checkers: to them a module with a `__getattr__` has every name.
if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__, _HOMES)
