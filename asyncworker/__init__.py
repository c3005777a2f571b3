"""asyncworker: an asyncio-native worker framework for Temporal activities.

The names below are imported on their first use, so that a program pays for what it needs: a worker for no client of
standalone activities, a client for no worker.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if hasattr(sys.modules.get("temporalio"), "workflow"):
    # The sandbox of a workflow that names activities imports this once more; it shall have the program's modules.
    with sys.modules["temporalio"].workflow.unsafe.imports_passed_through():
        from ._lazy import attach, share_with_sandbox
    share_with_sandbox(sys.modules[__name__])
else:
    from ._lazy import attach

if TYPE_CHECKING:
    from . import activity as activity
    from .activity import Depends as Depends
    from .client import (
        ActivityExecutionStatus as ActivityExecutionStatus,
        ActivityHandle as ActivityHandle,
        AsyncActivityHandle as AsyncActivityHandle,
        Client as Client,
    )
    from .common import (
        ActivityIDConflictPolicy as ActivityIDConflictPolicy,
        ActivityIDReusePolicy as ActivityIDReusePolicy,
        CancelReason as CancelReason,
        Priority as Priority,
        RawValue as RawValue,
        RetryPolicy as RetryPolicy,
        WorkerDeploymentVersion as WorkerDeploymentVersion,
    )
    from .converter import DataConverter as DataConverter, PayloadCodec as PayloadCodec
    from .exceptions import (
        ApplicationError as ApplicationError,
        AsyncWorkerError as AsyncWorkerError,
        CancelledError as CancelledError,
        RPCError as RPCError,
        WorkerError as WorkerError,
    )
    from .worker import Worker as Worker

# Where each name lives; a module lives in itself.
_HOMES = {
    # Writing activities
    "activity": "activity",
    "Depends": "activity",
    "ApplicationError": "exceptions",
    "CancelledError": "exceptions",
    "CancelReason": "common",
    "RawValue": "common",
    # Running them
    "Worker": "worker",
    "WorkerDeploymentVersion": "common",
    "WorkerError": "exceptions",
    # Starting them, and completing them from elsewhere
    "Client": "client",
    "ActivityHandle": "client",
    "ActivityExecutionStatus": "client",
    "AsyncActivityHandle": "client",
    "ActivityIDConflictPolicy": "common",
    "ActivityIDReusePolicy": "common",
    "Priority": "common",
    "RetryPolicy": "common",
    # Values and errors
    "DataConverter": "converter",
    "PayloadCodec": "converter",
    "AsyncWorkerError": "exceptions",
    "RPCError": "exceptions",
}

__all__ = [
    "ActivityExecutionStatus",
    "ActivityHandle",
    "ActivityIDConflictPolicy",
    "ActivityIDReusePolicy",
    "ApplicationError",
    "AsyncActivityHandle",
    "AsyncWorkerError",
    "CancelReason",
    "CancelledError",
    "Client",
    "DataConverter",
    "Depends",
    "PayloadCodec",
    "Priority",
    "RPCError",
    "RawValue",
    "RetryPolicy",
    "Worker",
    "WorkerDeploymentVersion",
    "WorkerError",
    "activity",
]

# Hidden from type checkers: to them a module with a `__getattr__` has every name.
if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__, _HOMES)
