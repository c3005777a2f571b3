"""Call an activity of temporalio's in one attempt of asyncworker's: its context, its exceptions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import temporalio.activity
import temporalio.common
from temporalio.activity import _CompleteAsyncError, _Context, _Definition
from temporalio.exceptions import CancelledError

from ...activity import Context
from ...activity._context import CompleteAsync, current
from ...common import Priority, RetryPolicy
from ...exceptions import CancelledError as OurCancelledError
from ._supported import known_fields, names_of_fields
from ._threads import ThreadCancellation, can_raise_in_threads

if TYPE_CHECKING:
    import temporalio.client

__all__ = ["Bridge", "bound"]


@dataclass(frozen=True, slots=True)
class Bridge:
    """What all activities of one interceptor get.

    Attributes:
        client: For ``activity.client()``.
        metric_meter: For ``activity.metric_meter()``.
    """

    client: temporalio.client.Client | None
    metric_meter: temporalio.common.MetricMeter


def bound(definition: _Definition, bridge: Bridge, *, is_async: bool) -> Callable[..., Any]:
    """Return what the worker calls: the activity, in temporalio's context."""
    return _in_loop(definition.fn, bridge) if is_async else _in_thread(definition, bridge)


def _in_loop(fn: Callable[..., Any], bridge: Bridge) -> Callable[..., Any]:
    async def call(*args: Any) -> Any:
        context = current.get()
        _Context.set(_context_of(context, bridge, client=bridge.client))
        awaitable = fn(*args)
        # The arguments are the activity's, which may let go of them long before its end.
        del args
        try:
            return await awaitable
        except (_CompleteAsyncError, CancelledError) as error:
            if (translated := _translated(error, context)) is None:
                raise
            raise translated from error.__cause__

    return call


def _in_thread(definition: _Definition, bridge: Bridge) -> Callable[..., Any]:
    fn, raises = definition.fn, not definition.no_thread_cancel_exception and can_raise_in_threads()

    def call(*args: Any) -> Any:
        context = current.get()
        cancellation = ThreadCancellation() if raises else None
        shield = None if cancellation is None else cancellation.shielded
        _Context.set(_context_of(context, bridge, shield=shield))
        try:
            if cancellation is None:
                return fn(*args)
            context._cancellation.call_when_raised(cancellation.cancel)
            return cancellation.run(fn, *args)
        except (_CompleteAsyncError, CancelledError) as error:
            if (translated := _translated(error, context)) is None:
                raise
            raise translated from error.__cause__

    return call


def _translated(error: _CompleteAsyncError | CancelledError, context: Context) -> BaseException | None:
    """Return what asks the worker for the same outcome; ``None`` for a failure like any other."""
    if isinstance(error, _CompleteAsyncError):
        return CompleteAsync()
    return OurCancelledError(error.message, *error.details) if context.is_cancelled() else None


# The context


def _context_of(
    context: Context,
    bridge: Bridge,
    *,
    client: temporalio.client.Client | None = None,
    shield: Callable[[], AbstractContextManager[None]] | None = None,
) -> _Context:
    converter: Any = context.payload_converter()
    # Objects that behave as temporalio's, and are made from nothing but the context.
    events: Any = (_Cancelled(context), _WorkerShutdown(context))
    details: Any = _CancellationDetails(context)
    return _Context(
        info=_Info(context),
        heartbeat=context.heartbeat,
        cancelled_event=events[0],
        worker_shutdown_event=events[1],
        shield_thread_cancel_exception=shield,
        payload_converter_class_or_instance=converter.theirs,
        runtime_metric_meter=bridge.metric_meter,
        client=client,
        cancellation_details=details,
    )


class _OfContext:
    __slots__ = ("_context",)

    def __init__(self, context: Context) -> None:
        self._context = context


class _Cancelled(_OfContext):
    """Whether the activity is to stop, as temporalio's ``_CompositeEvent``."""

    __slots__ = ()

    def is_set(self) -> bool:
        return self._context.is_cancelled()

    async def wait(self) -> None:
        await self._context.wait_for_cancelled()

    def wait_sync(self, timeout: float | None = None) -> None:
        self._context.wait_for_cancelled_sync(timeout)


class _WorkerShutdown(_OfContext):
    """Whether the worker stops, as temporalio's ``_CompositeEvent``."""

    __slots__ = ()

    def is_set(self) -> bool:
        return self._context.is_worker_shutdown()

    async def wait(self) -> None:
        await self._context.wait_for_worker_shutdown()

    def wait_sync(self, timeout: float | None = None) -> None:
        self._context.wait_for_worker_shutdown_sync(timeout)


class _CancellationDetails(_OfContext):
    """Why the activity is to stop, as temporalio's holder of the details."""

    __slots__ = ()

    @property
    def details(self) -> temporalio.activity.ActivityCancellationDetails | None:
        given = self._context.cancellation_details()
        if given is None:
            return None
        kind: Any = temporalio.activity.ActivityCancellationDetails
        made: temporalio.activity.ActivityCancellationDetails = kind(
            **{name: getattr(given, name) for name in names_of_fields(kind)}
        )
        return made


class _Info(_OfContext):
    """Returns temporalio's description of the attempt, which is made when it is asked for."""

    __slots__ = ("_info",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._info: temporalio.activity.Info | None = None

    def __call__(self) -> temporalio.activity.Info:
        if self._info is None:
            self._info = _info_of(self._context)
        return self._info


def _info_of(context: Context) -> temporalio.activity.Info:
    ours = context.info
    values = {name: getattr(ours, name) for name in _INFO if hasattr(ours, name)}
    values["heartbeat_details"] = list(ours.heartbeat_details)
    values["priority"] = _priority_of(ours.priority)
    values["retry_policy"] = None if ours.retry_policy is None else _retry_policy_of(ours.retry_policy)
    made: temporalio.activity.Info = _THEIR_INFO(**{name: values[name] for name in _INFO if name in values})
    return made


_THEIR_INFO: Any = temporalio.activity.Info
_INFO = tuple(names_of_fields(_THEIR_INFO))


def _priority_of(ours: Priority) -> Any:
    kind: Any = temporalio.common.Priority
    values = {name: getattr(ours, name) for name in ("priority_key", "fairness_key", "fairness_weight")}
    return kind(**known_fields(kind, values))


def _retry_policy_of(ours: RetryPolicy) -> Any:
    kind: Any = temporalio.common.RetryPolicy
    types = ours.non_retryable_error_types
    return kind(
        initial_interval=ours.initial_interval,
        backoff_coefficient=ours.backoff_coefficient,
        maximum_interval=ours.maximum_interval,
        maximum_attempts=ours.maximum_attempts,
        non_retryable_error_types=None if types is None else list(types),
    )
