"""Invoke an activity: its coroutine or a thread, its interceptors, and its own limits."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from anyio import to_thread

from ...activity import Context
from ...activity._callables import is_awaitable
from ...activity._context import Outbound
from ...activity._dependencies import _attempt_scope
from ...activity._dependencies._attempt_scope import AttemptScope, ThreadScope
from .._interceptor import ExecuteActivityInput, InnermostInterceptor, chain

if TYPE_CHECKING:
    from ...activity._dependencies._plan import Plan
    from .._registry import RegisteredActivity
    from ._run_environment import RunEnvironment

__all__ = ["from_activity_on", "invoke"]

# The modules that run a `def` activity.
_THREADS = str(Path(to_thread.__file__).parent) + os.sep
# The module that makes what an activity depends on.
_DEPENDENCIES = _attempt_scope.__file__


class InvokableAttempt(Protocol):
    """What :func:`invoke` needs of the attempt."""

    def continue_in_loop(self, *, has_raised: bool) -> None:
        """Await a ``def`` activity in the attempt's task from now on.

        Args:
            has_raised: Whether a heartbeat has raised its cancellation.
        """

    def continue_in_thread(self) -> None:
        """Run a ``def`` activity in its thread from now on, where it is not cancelled."""


def invoke(
    environment: RunEnvironment,
    registered: RegisteredActivity,
    context: Context,
    outbound: Outbound,
    arguments: Sequence[Any],
    attempt: InvokableAttempt,
) -> Awaitable[Any]:
    """Return what to await: without interceptors and limits it is the activity's own coroutine."""
    call: Awaitable[Any]
    if environment.interceptors:
        inbound = chain(environment.interceptors, _Innermost(environment, registered, context, attempt), outbound)
        call = inbound.execute_activity(ExecuteActivityInput(registered.fn, arguments, context.headers))
    else:
        call = _call(environment, registered, context, registered.fn, arguments, attempt)
    if registered.concurrency is None and registered.rate_limit is None:
        return call
    return _within_limits(registered, call)


def from_activity_on(trace: TracebackType | None, *callers: str) -> TracebackType | None:
    """Return *trace* from the activity's own frames on, without those of the worker and of its threads."""
    began, own = trace, {__file__, _DEPENDENCIES, *callers}
    while trace is not None and ((file := trace.tb_frame.f_code.co_filename) in own or file.startswith(_THREADS)):
        trace = trace.tb_next
    return trace or began


def _call(
    environment: RunEnvironment,
    registered: RegisteredActivity,
    context: Context,
    fn: Callable[..., Any],
    arguments: Sequence[Any],
    attempt: InvokableAttempt,
    named: dict[str, Any] | None = None,
) -> Awaitable[Any]:
    """Call *fn*, or return what does so; *named* is what the activity depends on, once it is made."""
    plan = registered.dependencies
    if plan is not None:
        if named is None:
            named = plan.ready(environment.dependencies.made)
        if named is None:
            return _within_dependencies(environment, plan, registered, context, fn, [*arguments], attempt)
        arguments = plan.positional(arguments, named)
        fn = functools.partial(fn, **named)
    if registered.takes_context:
        arguments = (context, *arguments)
    if registered.is_async:
        awaitable: Awaitable[Any] = fn(*arguments)
        return awaitable
    return _in_thread(environment, context, functools.partial(_call_and_drop, fn, [*arguments]), attempt)


async def _within_dependencies(
    environment: RunEnvironment,
    plan: Plan,
    registered: RegisteredActivity,
    context: Context,
    fn: Callable[..., Any],
    arguments: list[Any],
    attempt: InvokableAttempt,
) -> Any:
    """Make what the activity depends on, await it, and close what was made."""
    async with AttemptScope({}) as scope:
        try:
            if not registered.is_async:
                attempt.continue_in_loop(has_raised=False)
            scope.values.update(await environment.dependencies.provide(plan.worker_nodes))
            await scope.enter(plan.loop_steps)
            if not registered.is_async:
                attempt.continue_in_thread()
            if plan.thread_steps:
                inner = ThreadScope(scope.values)
                return await _within_thread(environment, plan, registered, context, fn, arguments, attempt, inner)
            call = _call(environment, registered, context, fn, arguments, attempt, plan.named(scope.values))
            # The arguments are the activity's, which may let go of them long before its end.
            del arguments
            return await call
        finally:
            if not registered.is_async:
                context._go_on_in_loop()
                # A cancellation that the activity has had is not one of what it depends on.
                attempt.continue_in_loop(has_raised=True)


async def _within_thread(
    environment: RunEnvironment,
    plan: Plan,
    registered: RegisteredActivity,
    context: Context,
    fn: Callable[..., Any],
    arguments: list[Any],
    attempt: InvokableAttempt,
    scope: ThreadScope,
) -> Any:
    """Run a ``def`` activity in a thread, and there before and after it what need not be awaited."""
    leading = (context,) if registered.takes_context else ()
    call = functools.partial(_call_in_scope, scope, plan, fn, leading, arguments)
    failed: BaseException | None = None
    result = None
    try:
        result = await _in_thread(environment, context, call, attempt)
    except GeneratorExit:
        raise
    except BaseException as error:
        if not scope.has_open:
            raise
        failed = error
    if scope.has_open:
        # It was left open for what the activity has returned, which was awaited here.
        failed = await to_thread.run_sync(scope.close, failed, limiter=environment.threads)
    if failed is None:
        return result
    try:
        raise failed
    finally:
        # Its traceback holds this frame.
        del failed


def _call_in_scope(
    scope: ThreadScope, plan: Plan, fn: Callable[..., Any], leading: Sequence[Any], arguments: list[Any]
) -> Any:
    with scope:
        scope.enter(plan.thread_steps)
        named = plan.named(scope.values)
        placed = [*leading, *plan.positional(arguments, named)]
        arguments.clear()
        result = _call_and_drop(functools.partial(fn, **named), placed)
        scope.is_kept = is_awaitable(result)
    return result


async def _in_thread(
    environment: RunEnvironment, context: Context, call: Callable[[], Any], attempt: InvokableAttempt
) -> Any:
    """Make *call* in a thread; an awaitable that it returns is awaited here, and not there."""
    result = await to_thread.run_sync(functools.partial(_returning_errors, call), limiter=environment.threads)
    if type(result) is _Raised:
        try:
            raise result.error
        finally:
            # It holds this frame.
            del result
    if not is_awaitable(result):
        return result
    attempt.continue_in_loop(has_raised=context._go_on_in_loop())
    return await result


class _Raised:
    """An error raised in a thread, on its way to the event loop."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _returning_errors(call: Callable[[], Any]) -> Any:
    """Return what *call* raises as a value: a future looks at an exception's class, which may raise in its turn."""
    try:
        return call()
    except BaseException as error:  # noqa: BLE001 - it is raised on the loop
        return _Raised(error)


def _call_and_drop(fn: Callable[..., Any], arguments: list[Any]) -> Any:
    """Call *fn* so that nothing but its own variables holds its arguments, as ``fn(*arguments)`` would."""
    take = arguments.pop
    match len(arguments):
        case 0:
            return fn()
        case 1:
            return fn(take(0))
        case 2:
            return fn(take(0), take(0))
        case 3:
            return fn(take(0), take(0), take(0))
        case number:
            return fn(*[take(0) for _ in range(number)])


async def _within_limits(registered: RegisteredActivity, call: Awaitable[Any]) -> Any:
    """Await *call* once the activity's own limits let it; the attempt's time runs on meanwhile."""
    try:
        if registered.rate_limit is not None:
            await asyncio.sleep(registered.rate_limit.take(asyncio.get_running_loop().time()))
        async with registered.concurrency or nullcontext():
            return await call
    finally:
        # Nothing happens to a coroutine that has run; one that never began is not to be reported as forgotten.
        if isinstance(call, Coroutine):
            call.close()


class _Innermost(InnermostInterceptor):
    """The end of the inbound chain: the activity itself."""

    def __init__(
        self, environment: RunEnvironment, registered: RegisteredActivity, context: Context, attempt: InvokableAttempt
    ) -> None:
        super().__init__(context)
        self._environment = environment
        self._registered = registered
        self._attempt = attempt

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        call = _call(self._environment, self._registered, self._context, input.fn, input.args, self._attempt)
        # The arguments are the activity's, which may let go of them long before its end.
        del input
        return await call
