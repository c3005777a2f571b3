"""Tools to test activities, workers and clients with; each name is imported on its first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import attach

if TYPE_CHECKING:
    from ._activity_run import ActivityRun as ActivityRun
    from ._dev_server import DevServer as DevServer, DevServerError as DevServerError
    from ._environment import ActivityEnvironment as ActivityEnvironment
    from ._environment_call import CompleteAsyncError as CompleteAsyncError
    from ._fake._time._attempts import FakeAttempt as FakeAttempt
    from ._fake_temporal import FakeActivity as FakeActivity, FakeTemporal as FakeTemporal
    from ._test_worker import TestWorker as TestWorker
    from ._virtual._time import DeadlockError as DeadlockError, VirtualTime as VirtualTime

_HOMES = {
    "ActivityEnvironment": "_environment",
    "ActivityRun": "_activity_run",
    "CompleteAsyncError": "_environment_call",
    "DeadlockError": "_virtual._time",
    "DevServer": "_dev_server",
    "DevServerError": "_dev_server",
    "FakeActivity": "_fake_temporal",
    "FakeAttempt": "_fake._time._attempts",
    "FakeTemporal": "_fake_temporal",
    "TestWorker": "_test_worker",
    "VirtualTime": "_virtual._time",
}

__all__ = [
    "ActivityEnvironment",
    "ActivityRun",
    "CompleteAsyncError",
    "DeadlockError",
    "DevServer",
    "DevServerError",
    "FakeActivity",
    "FakeAttempt",
    "FakeTemporal",
    "TestWorker",
    "VirtualTime",
]

# Hidden from type checkers: to them a module with a `__getattr__` has every name.
if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__, _HOMES)
