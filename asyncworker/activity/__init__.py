"""What activity code may say: declare an activity, and talk to the worker that runs it.

The functions below act on the attempt that the calling code belongs to, in coroutines and in the threads of ``def``
activities alike. Outside of an activity they raise :exc:`RuntimeError`. Names follow ``temporalio.activity``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from .._arguments import UNSET
from ..common import ActivityCancellationDetails, CancelReason
from ._context import Context, current
from ._definition import Definition, defn
from ._info import Info
from ._logger import logger

if TYPE_CHECKING:
    from ..client import Client
    from ..converter import PayloadConverter

__all__ = [
    # Declaring
    "Definition",
    "defn",
    # The running attempt
    "Context",
    "Info",
    "client",
    "context",
    "in_activity",
    "info",
    "logger",
    "payload_converter",
    # Heartbeats
    "has_heartbeat_details",
    "heartbeat",
    "heartbeat_details",
    # Stopping
    "ActivityCancellationDetails",
    "CancelReason",
    "cancellation_details",
    "is_cancelled",
    "is_worker_shutdown",
    "raise_complete_async",
    "wait_for_cancelled",
    "wait_for_cancelled_sync",
    "wait_for_worker_shutdown",
    "wait_for_worker_shutdown_sync",
]

T = TypeVar("T")
D = TypeVar("D")


def context() -> Context:
    """Return the context of the running attempt.

    Raises:
        RuntimeError: The caller is not part of an activity.
    """
    try:
        return current.get()
    except LookupError:
        raise RuntimeError("Not in activity context") from None


def in_activity() -> bool:
    """Whether the caller is part of an activity; the one function here that never raises."""
    return current.get(None) is not None


def info() -> Info:
    """Return what the server said of the running attempt."""
    return context().info


def client() -> Client:
    """Return the worker's own client, which shares its connection.

    It is a client for ``async def`` code; from a ``def`` activity's thread use ``anyio.from_thread.run``.
    """
    return context().client()


def payload_converter() -> PayloadConverter:
    """Return the converter that read this activity's arguments."""
    return context().payload_converter()


def heartbeat(*details: Any) -> None:
    """Tell the server that the activity is alive, and how far it is.

    A heartbeat without details keeps those of the one before, of an earlier attempt too.

    Does not wait: heartbeats are throttled to one per 0.8 × heartbeat timeout (30 s without one), the newest details
    win, and none of them is lost to a failure: the next attempt reads them with :func:`heartbeat_details`. The server's
    reply is how a cancellation arrives, so an activity that never heartbeats, and has no ``auto_heartbeat``, may learn
    of one only from a server that pushes.

    Raises:
        ConverterError: The details cannot be encoded; nothing was recorded.
        CancelledError: In the thread of a ``def`` activity, once, when the activity was cancelled.
    """
    context().heartbeat(*details)


def has_heartbeat_details() -> bool:
    """Whether an earlier attempt left heartbeat details."""
    return context().has_heartbeat_details()


@overload
def heartbeat_details() -> Any: ...
@overload
def heartbeat_details(type: type[T], *, index: int = 0) -> T: ...
@overload
def heartbeat_details(type: type[T], *, default: D, index: int = 0) -> T | D: ...
@overload
def heartbeat_details(type: Any = ..., *, default: Any = ..., index: int = 0) -> Any: ...


def heartbeat_details(type: Any = Any, *, default: Any = UNSET, index: int = 0) -> Any:
    """Return what an earlier attempt said in its last heartbeat, as a value of *type*.

    Args:
        type: What to read the detail as: a pydantic model, a dataclass, ``int``, …
        default: What to return if no attempt has heartbeated yet.
        index: Which detail, when a heartbeat had several.

    Raises:
        LookupError: There is no such detail, and no default.
        ConverterError: The detail is not a *type*. Let out of the activity, this is a failure that is not retried.
    """
    return context().heartbeat_details(type, default=default, index=index)


def is_cancelled() -> bool:
    """Whether the running activity was asked to stop."""
    return context().is_cancelled()


def cancellation_details() -> ActivityCancellationDetails | None:
    """Return why the running activity was asked to stop, or ``None`` if it was not."""
    return context().cancellation_details()


async def wait_for_cancelled() -> None:
    """Wait until the running activity is asked to stop. Cancelling is safe.

    In the activity's own task that is also the moment at which :exc:`asyncio.CancelledError` arrives.
    """
    await context().wait_for_cancelled()


def wait_for_cancelled_sync(timeout: float | None = None) -> bool:
    """Block the thread of a ``def`` activity until it is asked to stop, for at most *timeout* seconds.

    Returns:
        Whether it was asked to stop.
    """
    return context().wait_for_cancelled_sync(timeout)


def is_worker_shutdown() -> bool:
    """Whether the worker is stopping; the activity still has what is left of the grace period."""
    return context().is_worker_shutdown()


async def wait_for_worker_shutdown() -> None:
    """Wait until the worker begins to stop. Cancelling is safe."""
    await context().wait_for_worker_shutdown()


def wait_for_worker_shutdown_sync(timeout: float | None = None) -> bool:
    """Block the thread of a ``def`` activity until the worker begins to stop, for at most *timeout* seconds.

    Returns:
        Whether the worker is stopping.
    """
    return context().wait_for_worker_shutdown_sync(timeout)


def raise_complete_async() -> NoReturn:
    """Leave the activity open: its result will come from elsewhere, by its task token or its ids.

    See :meth:`asyncworker.client.Client.get_async_activity_handle`. What is raised is no ``Exception``, so that
    ``except Exception`` does not stop it.
    """
    context().raise_complete_async()
