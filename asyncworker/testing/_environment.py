"""Run one activity function without a server, and look at its heartbeats."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context as Variables, copy_context
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, TypeVar, overload

from .._arguments import UNSET
from .._proto.temporal.api.common.v1 import Payload
from ..activity import Context, Definition, Info
from ..activity._callables import is_awaitable
from ..activity._cancellation import Notice, cancel_message
from ..activity._context import CompleteAsync, current
from ..client import Client
from ..common import ActivityCancellationDetails, CancelReason
from ..converter import DataConverter
from ..worker import Interceptor
from ..worker._checks import expect_sequence
from ..worker.attempts._decode import converter_for
from ._environment_call import CompleteAsyncError, EnvironmentCall, run_until_awaitable

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
        interceptors: Wrap the run, as those of a worker do; the client's that are such as well are the outermost.
        data_converter: Converts heartbeat details to payloads and back. Default: the client's, or the default one.
        convert: Whether it converts arguments, result and error too, its codec included, as between a client and a
            worker: the activity gets what a worker would decode, and the run returns what a client would get.
        on_heartbeat: Called with the details of each heartbeat, before any throttling.

    Attributes:
        heartbeats: The details of each heartbeat so far.
        info: The result of :func:`asyncworker.activity.info`.
        on_heartbeat: As above.

    Raises:
        TypeError: One of *interceptors* is none.

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
        interceptors: Sequence[Interceptor] = (),
        data_converter: DataConverter | None = None,
        convert: bool = False,
        on_heartbeat: Callable[..., None] | None = None,
    ) -> None:
        self.info: Info = info or default_info()
        self.heartbeats: list[tuple[Any, ...]] = []
        self.on_heartbeat = on_heartbeat
        if data_converter is None:
            data_converter = client.data_converter if isinstance(client, Client) else DataConverter.default
        self._data_converter = data_converter
        self._convert = convert
        self._interceptors = _checked(interceptors, client)
        self._heartbeat_details = data_converter.payload_converter.to_payloads(heartbeat_details)
        self._headers = headers
        self._client = client
        self._state = state
        self._converter = data_converter.payload_converter
        self._cancellation = Notice()
        self._shutdown = Notice()
        self._task: asyncio.Task[Any] | None = None
        self._call: EnvironmentCall | None = None

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
            CompleteAsyncError: It has left itself open, by :func:`asyncworker.activity.raise_complete_async`.
            ConverterError: With ``convert=True``: an argument or the result cannot be converted, or an argument is not
                of its parameter's type.
            TypeError: *fn* cannot be an activity, or an argument that is to be converted is given by name.
            RuntimeError: An interceptor or a codec waits for the event loop around a ``def`` activity.

        Cancelling the returned awaitable cancels the activity's task, without a reason.
        """
        definition = Definition.of(fn)
        context = self._context(definition)
        call = EnvironmentCall(
            definition, context, args, kwargs, interceptors=self._interceptors, converter=self._full_converter()
        )
        self._call = call
        if definition.is_async:
            return self._run_async(call.call if call.is_plain else call.run, context)
        try:
            result = self._run_at_once(call, context)
        except CompleteAsync as outcome:
            raise CompleteAsyncError from outcome
        return result

    @property
    def failure(self) -> BaseException | None:
        """What a client would get as the cause of the failure, if the last run raised and ``convert=True``."""
        return None if self._call is None else self._call.failure

    @staticmethod
    def default_info() -> Info:
        """Return the default of :attr:`info`: the first attempt of a standalone activity."""
        return default_info()

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

    def _run_at_once(self, call: EnvironmentCall, context: Context) -> Any:
        """Run a ``def`` activity in this thread; return its result, or what is to be awaited for that."""
        variables = copy_context()
        variables.run(current.set, context)
        if call.is_plain:
            result = variables.run(call.call)
            if not is_awaitable(result):
                return result
            rest: Callable[[], Any] = lambda: result  # noqa: E731
        else:
            result, going_on = run_until_awaitable(call.run(), variables)
            if going_on is None:
                return result
            rest = going_on
        is_told = context._go_on_in_loop()
        return self._run_async(rest, context, variables, is_told=is_told)

    async def _run_async(
        self,
        call: Callable[[], Awaitable[Any]],
        context: Context,
        variables: Variables | None = None,
        *,
        is_told: bool = False,
    ) -> Any:
        # A task of its own, as in a worker: the task that awaits the run is not cancelled with it.
        variables = variables or copy_context()
        self._task = asyncio.get_running_loop().create_task(_awaiting(call, context), context=variables)
        try:
            if self._cancellation.is_raised and not is_told:
                self._task.cancel(cancel_message(self._cancellation.details))
            return await self._task
        except CompleteAsync as outcome:
            raise CompleteAsyncError from outcome
        finally:
            self._task.cancel()

    def _full_converter(self) -> DataConverter | None:
        return converter_for(self._data_converter, self.info, None) if self._convert else None

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


async def _awaiting(call: Callable[[], Awaitable[Any]], context: Context) -> Any:
    current.set(context)
    return await call()


def _checked(interceptors: Sequence[Interceptor], client: Client | None) -> Sequence[Interceptor]:
    """Return the interceptors, those of the client's that are such as well first."""
    expect_sequence("interceptors", interceptors)
    for each in interceptors:
        if not isinstance(each, Interceptor):
            raise TypeError(f"interceptors must be instances of asyncworker.worker.Interceptor, got {each!r}")
    own = client.interceptors if isinstance(client, Client) else ()
    return (*(each for each in own if isinstance(each, Interceptor)), *interceptors)


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
