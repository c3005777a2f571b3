"""One run of a worker: begin, poll, and end in the order in which things depend on each other.

Theory of operation
-------------------
Blocks are nested, and end from the inside out::

    health probes ⊃ connection ⊃ lifespan ⊃ watchdog ⊃ control (worker heartbeats, commands) ⊃ shutdown timer ⊃ watch
    ⊃ dependencies ⊃ attempts ⊃ announcement ⊃ polling

*Polling* ends when no poll is open. The *announcement* tells the server that the worker stops (``ShutdownWorker``);
where the namespace says ``worker_poll_complete_on_shutdown`` it answers the open polls at once. It does so without
regard to a task that it is just handing out to one of them, which is then started with nothing to run it (measured on
Server 1.32 with 50 tasks a second: at every fifth shutdown). So the polls of a busy queue are left to bring their
tasks, and the server is told in a lull. So are those of a worker that has not run long enough to know whether its
queue is busy. Where the server does not end polls they run into their own deadline, which is short for that reason.
The *attempts* have ended when each has been replied to; then the *dependencies* that they shared are closed. The
*shutdown timer* cancels the attempts once the grace period is over, and abandons those that do not heed that. The
*watch* brings cancellations of attempts that do not heartbeat.
*Control* keeps the worker known to the server, and within reach of its commands, to the very end. The *watchdog* is a
thread, which sees when the event loop is blocked. The *lifespan* is the user's: it has the connection, and outlasts
each reply.

A shutdown is an event (:mod:`.._stages`): polling ends by it, and never by cancelling its scope, as the tasks of open
polls would be lost. An error in a supervising task begins a shutdown, and is raised at its end.

All this is one task, which only the end of the event loop cancels; what waits for it may be cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from .._supervision import first_error
from ..attempts.reporting._reply import import_failures
from ..health._serving import serving_health
from ..health._watchdog import watchdog_running
from ._assembly import RunParts, assemble
from ._connection import connected
from ._health import report_of
from ._reports import report_end, report_start, report_stop

if TYPE_CHECKING:
    from ._state import RunState

__all__ = ["run_worker"]

# Seconds after the first polls until what a failure needs is imported.
_IMPORT_FAILURES_AFTER = 0.05
# Seconds that attempts get to report that the event loop is torn down; each takes no longer by itself.
_LAST_REPORTS = 5.5
# Seconds that a codec which still encodes a heartbeat after the last attempt's end has to heed its cancellation.
_CODEC_TIMEOUT = 1.0


async def run_worker(run: RunState) -> None:
    """Run until stopped.

    Raises:
        WorkerError: The worker could not begin, the server refused its polls for good, or a task of its own failed.
        RPCError: The server could not be reached.
        ConfigurationError: A setting of the connection is wrong, or the health address is taken.
    """
    settings = run.settings
    with serving_health(settings.health_address, lambda: report_of(run), settings.observers):
        async with connected(run) as connection:
            if connection is None:
                return
            async with _in_lifespan(run) as goes_on:
                if goes_on:
                    await _run_parts(run, assemble(run, connection))
            error = run.failure()
            report_end(run, error)
            if error is not None:
                raise error


async def _run_parts(run: RunState, parts: RunParts) -> None:
    run.settings.registry.begin()
    run.attempts, run.pollers, run.watched = parts.attempts, parts.pollers, parts.watched
    try:
        async with (
            watchdog_running(parts.watched),
            parts.registration.registered(parts.request),
            parts.timer.running(),
            parts.watcher.watching(),
            parts.environment.dependencies.running(run.limited_by_shutdown, run.on_error, run.stop),
            _attempts_ended(run, parts),
            parts.registration.announcing(),
            parts.pollers.polling(run.stages.abandon),
        ):
            run.has_begun.set()
            report_start(run, parts)
            parts.environment.loop.call_later(_IMPORT_FAILURES_AFTER, import_failures)
            await run.stages.drain.wait()
            report_stop(run, parts)
    except BaseExceptionGroup as group:
        if run.stages.is_torn_down or not isinstance(group, ExceptionGroup):
            raise asyncio.CancelledError from group
        run.on_error(first_error(group))


@asynccontextmanager
async def _in_lifespan(run: RunState) -> AsyncIterator[bool]:
    """Have the lifespan entered, if there is one; ``False`` if the shutdown has begun meanwhile."""
    lifespan = run.lifespan
    if lifespan is None:
        yield True
    elif not await lifespan.enter():
        yield False
    else:
        try:
            yield not run.stages.drain.has_begun
        finally:
            await lifespan.leave()


@asynccontextmanager
async def _attempts_ended(run: RunState, parts: RunParts) -> AsyncIterator[None]:
    """Leave when each attempt has been replied to."""
    attempts, environment = parts.attempts, parts.environment
    try:
        yield
        await attempts.wait_until_done()
    except asyncio.CancelledError:
        # Only the end of the event loop cancels this task, and with it all others: attempts end by themselves.
        run.stop()
        run.stages.tear_down(environment.loop.time())
        with anyio.move_on_after(_LAST_REPORTS, shield=True):
            await attempts.wait_until_done()
        raise
    except BaseException:
        run.stop()
        await attempts.wait_until_done()
        raise
    finally:
        environment.timers.close()
        await environment.background.close(cancel_timeout=_CODEC_TIMEOUT)
