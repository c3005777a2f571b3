"""Run one activity function without a server, and look at its heartbeats."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from .._arguments import UNSET
from .._proto.temporal.api.common.v1 import Payload
from ..activity import Context, Definition, Info
from ..activity._callables import is_awaitable
from ..activity._cancellation import Notice, cancel_message
from ..activity._context import current
from ..activity._dependencies._alone import injected
from ..common import ActivityCancellationDetails, CancelReason
from ..converter import DataConverter

if TYPE_CHECKING:
    from ..client import Client

__all__ = ["ActivityEnvironment"]

P = ParamSpec("P")
R = TypeVar("R")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def default_info() -> Info:
    """Return the default of an environment's info: the first attempt of a standalone activity."""
    return Info(
        activity_id="test",
        activity_type="test",
        attempt=1,
        namespace="default",
        task_queue="test",
        task_token=b"test",
        scheduled_time=_EPOCH,
        current_attempt_scheduled_time=_EPOCH,
        started_time=_EPOCH,
        start_to_close_timeout=timedelta(seconds=10),
        heartbeat_timeout=timedelta(seconds=10),
        activity_run_id="test-run",
    )


class ActivityEnvironment:
    """One attempt without a server: run a function in it, cancel it, look at its heartbeats.

    Args:
        info: The result of :func:`asyncworker.activity.info`; change :attr:`info` with :func:`dataclasses.replace`.
        heartbeat_details: The details of an earlier attempt's last heartbeat.
        headers: The task's headers.
        client: The result of :func:`asyncworker.activity.client`.
        state: The result of :func:`asyncworker.activity.state`: what the worker's lifespan yields.
        data_converter: Converts heartbeat details to payloads and back, as a worker does.
        on_heartbeat: Called with the details of each heartbeat, before any throttling.

    Attributes:
        heartbeats: The details of each heartbeat so far.

    An environment is for one run: a cancellation cannot be taken back.
    """

    def __init__(
        self,
        *,
        info: Info | None = None,
        heartbeat_details: Sequence[Any] = (),
        headers: Mapping[str, Payload] | None = None,
        client: Client | None = None,
        state: object = UNSET,
        data_converter: DataConverter = DataConverter.default,
        on_heartbeat: Callable[..., None] | None = None,
    ) -> None:
        self.info: Info = info or default_info()
        self.heartbeats: list[tuple[Any, ...]] = []
        self.on_heartbeat = on_heartbeat
        self._heartbeat_details = data_converter.payload_converter.to_payloads(heartbeat_details)
        self._headers = headers
        self._client = client
        self._state = state
        self._converter = data_converter.payload_converter
        self._cancellation = Notice()
        self._shutdown = Notice()
        self._task: asyncio.Task[Any] | None = None

    def __repr__(self) -> str:
        return (
            f"<ActivityEnvironment [{self._cancellation.reason or 'not cancelled'}, {len(self.heartbeats)} heartbeats]>"
        )

    @overload
    def run(self, fn: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> Awaitable[R]: ...
    @overload
    def run(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R: ...

    def run(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run *fn*: an ``async def`` function is awaited, a ``def`` function runs at once in this thread.

        An awaitable that a ``def`` function returns is to be awaited, as a worker does.

        Dependencies are made and closed as a worker does, those of the worker's scope for this run; one that is given
        by its parameter's name is used as it is.

        A first parameter annotated as :class:`~asyncworker.activity.Context` is filled in if *args* has none.

        Raises:
            asyncio.CancelledError: The activity was cancelled, and let that through.
            TypeError: *fn* cannot be an activity.

        Cancelling the returned awaitable cancels the activity's task, without a reason.
        """
        definition = Definition.of(fn)
        fn = injected(definition)
        context = self._context(definition)
        if definition.takes_context and not (args and isinstance(args[0], Context)):
            args = (context, *args)
        if definition.is_async:
            return self._run_async(fn, context, args, kwargs)
        token = current.set(context)
        try:
            result = fn(*args, **kwargs)
        finally:
            current.reset(token)
        if not is_awaitable(result):
            return result
        is_told = context._go_on_in_loop()
        return self._run_async(lambda: result, context, (), {}, is_told=is_told)

    def cancel(self, why: CancelReason | ActivityCancellationDetails = CancelReason.CANCEL_REQUESTED) -> None:
        """Ask the activity to stop, as a worker does. The first reason counts.

        For an ``async def`` activity this must be called on its event loop.
        """
        details = ActivityCancellationDetails(**{why.value: True}) if isinstance(why, CancelReason) else why
        if self._cancellation.raise_(details) and self._task is not None:
            self._task.cancel(cancel_message(details))

    def worker_shutdown(self) -> None:
        """Let the worker begin to stop; running activities still have their grace period."""
        self._shutdown.raise_(ActivityCancellationDetails(worker_shutdown=True))

    async def _run_async(
        self,
        fn: Callable[..., Any],
        context: Context,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        is_told: bool = False,
    ) -> Any:
        # A task of its own, as in a worker: the task that awaits the run is not cancelled with it.
        self._task = asyncio.get_running_loop().create_task(self._enter(fn, context, args, kwargs))
        try:
            if self._cancellation.is_raised and not is_told:
                self._task.cancel(cancel_message(self._cancellation.details))
            return await self._task
        finally:
            self._task.cancel()

    async def _enter(
        self, fn: Callable[..., Any], context: Context, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        current.set(context)
        return await fn(*args, **kwargs)

    def _context(self, definition: Definition) -> Context:
        return Context(
            _Outbound(self),
            cancellation=self._cancellation,
            shutdown=self._shutdown,
            payload_converter=self._converter,
            heartbeat_details=self._heartbeat_details,
            headers=self._headers,
            client=self._client,
            state=self._state,
            raise_on_heartbeat=not (definition.is_async or definition.no_thread_cancel_exception),
        )


class _Outbound:
    """Records an activity's heartbeats in its environment."""

    def __init__(self, environment: ActivityEnvironment) -> None:
        self._environment = environment

    def info(self) -> Info:
        return self._environment.info

    def heartbeat(self, *details: Any) -> None:
        environment = self._environment
        # Details that could not be encoded must not pass a test.
        environment._converter.to_payloads(details)
        environment.heartbeats.append(details)
        if environment.on_heartbeat is not None:
            environment.on_heartbeat(*details)
