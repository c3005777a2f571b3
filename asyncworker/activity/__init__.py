"""What activity code uses: declare an activity, and talk to the worker that runs it.

The functions below act on the attempt that the calling code belongs to, in coroutines and in the threads of ``def``
activities alike. Outside of an activity they raise :exc:`RuntimeError`. Names follow ``temporalio.activity``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from .._arguments import UNSET
from ..common import ActivityCancellationDetails, CancelReason
from ._context import Context, current
from ._definition import Definition, defn
from ._dependencies._marker import Depends
from ._info import Info
from ._logger import logger

if TYPE_CHECKING:
    from ..client import Client
    from ..converter import PayloadConverter

__all__ = [
    # Declaring
    "Definition",
    "Depends",
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
    "state",
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
    """Whether the caller is part of an activity; the one function here that raises nothing outside of one."""
    return current.get(None) is not None


def info() -> Info:
    """Return the server's description of the running attempt."""
    return context().info


def client() -> Client:
    """Return the worker's client, which shares its connection.

    It is for ``async def`` code; from a ``def`` activity's thread use ``anyio.from_thread.run``.

    Raises:
        RuntimeError: The caller is not part of an activity, or a test's environment has no client.
    """
    return context().client()


@overload
def state() -> Any: ...
@overload
def state(type: type[T]) -> T: ...


def state(type: Any = Any) -> Any:
    """Return what the worker's lifespan has yielded: what all of its activities share, such as a database pool.

    Args:
        type: What it is: a class, or a ``TypedDict``, of which only that it is a ``dict`` is checked.

    Raises:
        RuntimeError: The caller is not part of an activity, or the worker has no lifespan.
        TypeError: The lifespan has yielded something else than a *type*.
    """
    return context().state(type)


def payload_converter() -> PayloadConverter:
    """Return the converter that read this activity's arguments."""
    return context().payload_converter()


def heartbeat(*details: Any) -> None:
    """Record a heartbeat: the activity is alive, and *details* say how far it is.

    A heartbeat without details keeps those of the one before, of an earlier attempt too.

    It does not wait: heartbeats are sent at most once per 0.8 × heartbeat timeout (30 s without one), with the newest
    details. When the attempt fails, its last details are sent with the failure, and the next attempt reads them with
    :func:`heartbeat_details`. A cancellation arrives in a heartbeat's reply, so an activity that never heartbeats, and
    has no ``auto_heartbeat``, is cancelled only by a server that pushes.

    Args:
        details: Values for the next attempt, and for ``ActivityHandle.progress()``; encoded as results are.

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
    """Return a detail of the last heartbeat of an earlier attempt, as a value of *type*.

    Args:
        type: The type to read it as: a pydantic model, a dataclass, ``int``, …
        default: The value to return if no attempt has heartbeated yet.
        index: Which detail, when a heartbeat had several.

    Raises:
        LookupError: There is no such detail, and no default.
        ConverterError: The detail is not a *type*. If the activity lets it through, it fails without a retry.
    """
    return context().heartbeat_details(type, default=default, index=index)


def is_cancelled() -> bool:
    """Whether the running activity was asked to stop."""
    return context().is_cancelled()


def cancellation_details() -> ActivityCancellationDetails | None:
    """Return why the running activity was asked to stop, or ``None`` if it was not."""
    return context().cancellation_details()


async def wait_for_cancelled() -> None:
    """Wait until the running activity is asked to stop.

    In the activity's own task that is also the moment at which :exc:`asyncio.CancelledError` arrives.

    Raises:
        RuntimeError: The caller is not part of an activity.

    Cancelling is safe.
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
    """Wait until the worker begins to stop.

    Raises:
        RuntimeError: The caller is not part of an activity.

    Cancelling is safe.
    """
    await context().wait_for_worker_shutdown()


def wait_for_worker_shutdown_sync(timeout: float | None = None) -> bool:
    """Block the thread of a ``def`` activity until the worker begins to stop, for at most *timeout* seconds.

    Returns:
        Whether the worker is stopping.
    """
    return context().wait_for_worker_shutdown_sync(timeout)


def raise_complete_async() -> NoReturn:
    """Leave the activity open: it is completed from outside, by its task token or its ids.

    See :meth:`asyncworker.client.Client.get_async_activity_handle`. It raises a :exc:`BaseException`, which
    ``except Exception`` does not catch.
    """
    context().raise_complete_async()
