"""What a user tests activities with, and what asyncworker's own tests use; each name is imported on its first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._dev_server import DevServer as DevServer, DevServerError as DevServerError
    from ._environment import ActivityEnvironment as ActivityEnvironment
    from ._fake_temporal import FakeActivity as FakeActivity, FakeTemporal as FakeTemporal

_HOMES = {
    "ActivityEnvironment": "._environment",
    "DevServer": "._dev_server",
    "DevServerError": "._dev_server",
    "FakeActivity": "._fake_temporal",
    "FakeTemporal": "._fake_temporal",
}

__all__ = ["ActivityEnvironment", "DevServer", "DevServerError", "FakeActivity", "FakeTemporal"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
