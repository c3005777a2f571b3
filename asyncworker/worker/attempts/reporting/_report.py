"""Report the end of an attempt: to the server, to the log, to the observers.

Theory of operation
-------------------
Whatever happens between the activity's end and its reply, a reply goes out. There is one place for that, ``finish``: an
error while reporting (in code of the exception's, in a converter, by a cancellation) leads to a second report, which
runs no code of the user's.

An attempt whose task was cancelled by other code is reported for 5 s at most: it may be the end of the event loop,
which waits for it. The cancellation goes on after that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TYPE_CHECKING

from ...._safe_logger import get_logger
from ....activity._logger import identify
from ....common import CancelReason
from ....exceptions import RPCError
from ..._events import make_activity_finished
from .._attempt_state import AttemptState, Phase
from .._decode import converter_for
from .._log import (
    log_abandoned,
    log_end,
    log_ended_by_shutdown,
    log_failed,
    log_not_delivered,
    log_unreported,
)
from .._task import absorb_cancellation, is_being_closed, is_cancellation, uncancel
from .._traceback import drop_tracebacks
from ._outcome import (
    ENDED_BY_SHUTDOWN,
    ON_CANCELLED,
    OUTCOMES,
    Canceled,
    Completed,
    Failed,
    Lost,
    Outcome,
    Pending,
    Reported,
    Unreported,
    is_last_attempt,
    outcome_of,
)
from ._reply import Reply, bare_failure, encode_reply, is_closed, is_failure, send_reply

if TYPE_CHECKING:
    from ..heartbeats._outbound import AttemptOutbound

__all__ = ["finish", "report_abandoned"]

_logger = get_logger(__name__)


async def finish(attempt: AttemptState, outcome: Outcome) -> None:
    """Report *outcome* to the server, then to the observers, whatever happens meanwhile."""
    if attempt.phase is Phase.ABANDONED:
        return
    attempt.phase = Phase.REPLYING
    took = attempt.environment.loop.time() - attempt.arrived_at
    try:
        if type(outcome) is not Completed:
            _log(attempt, outcome, took)
        await absorb_cancellation(attempt.task)
        if attempt.raise_at_end is None:
            reported = await _report(attempt, outcome, until=_reply_by(attempt))
        else:
            reported = await _report_in_time(attempt, outcome)
    except BaseException as problem:  # noqa: BLE001 - whatever it is, a reply must go out
        reported = await _report_despite(attempt, outcome, problem)
    if reported is not outcome:
        _log(attempt, reported, took)
    _notify_finished(attempt, reported, took)
    if isinstance(reported, Failed):
        drop_tracebacks(reported.error)


async def report_abandoned(attempt: AttemptState) -> None:
    """Report the failure of an activity that does not heed its cancellation, from another task than the attempt's."""
    loop, limit = attempt.environment.loop, attempt.environment.durations.abandoned_reply
    outcome = ON_CANCELLED[attempt.cancellation.reason or CancelReason.WORKER_SHUTDOWN]
    _log(attempt, outcome, loop.time() - attempt.arrived_at)
    try:
        # The codec may be what it waits for.
        async with asyncio.timeout(limit):
            reported = await _report(attempt, outcome, until=loop.time() + limit)
    except TimeoutError:
        log_abandoned(attempt.info, is_open=False)
        reported = Unreported()
    _notify_finished(attempt, reported, loop.time() - attempt.arrived_at)


# To the server


def _reply_by(attempt: AttemptState) -> float | None:
    """Return until when to send a reply: past our deadline as well, as the server's clock decides."""
    if attempt.limits.deadline is None:
        return None
    environment = attempt.environment
    return max(attempt.limits.deadline, environment.loop.time() + environment.durations.least_reply)


async def _report(attempt: AttemptState, outcome: Outcome, until: float | None) -> Outcome:
    """Report *outcome*; return the outcome of that: a result that cannot be sent is a failure."""
    environment, outbound = attempt.environment, attempt.outbound
    if isinstance(outcome, Pending):
        if outbound is not None:
            await _flush(outbound, until)
        return outcome
    if isinstance(outcome, Lost | Unreported):
        return outcome
    if isinstance(outcome, Canceled) and outbound is not None:
        # A failure has the last details in it, a result needs none; a cancellation has no field for them. They get half
        # of the time, the reply the rest.
        await _flush(outbound, _halfway(environment.loop.time(), until))
    converter = attempt.converter or converter_for(environment.converter, attempt.info, environment.observers)
    encoding = encode_reply(
        environment,
        converter,
        attempt.info.task_token,
        outcome,
        signature=None if attempt.registered is None else attempt.registered.signature,
        outbound=outbound,
        info=attempt.info,
    )
    if converter.has_codec:
        encoded = await _encode_in_time(attempt, encoding, until, is_result=isinstance(outcome, Completed))
        if not isinstance(encoded, tuple):
            return await _report(attempt, encoded, until)
        reply, reported = encoded
    else:
        reply, reported = await encoding
    return await _send(attempt, reply, reported, until)


async def _encode_in_time(
    attempt: AttemptState, encoding: Awaitable[tuple[Reply, Reported]], until: float | None, *, is_result: bool
) -> tuple[Reply, Reported] | Outcome:
    """Await the encoding of a reply, by a codec or a storage, which may be slow.

    Until the event loop's clock shows *until*, and until the server wants the attempt of a result to end. Returns the
    outcome then.
    """
    attempt.is_converting, attempt.is_interrupted = is_result, False
    try:
        async with asyncio.timeout_at(until):
            encoded = await encoding
    except TimeoutError as error:
        log_unreported(attempt.info, error)
        return Unreported()
    except asyncio.CancelledError as error:
        if not attempt.is_interrupted:
            raise
        uncancel(attempt.task)
        return outcome_of(error, attempt.cancellation.reason)
    finally:
        attempt.is_converting = False
    if attempt.is_interrupted:
        # Too late: there is the result.
        uncancel(attempt.task)
        await absorb_cancellation(attempt.task)
    return encoded


async def _send(attempt: AttemptState, reply: Reply, reported: Reported, until: float | None) -> Outcome:
    attempt.has_failed = isinstance(reported, Failed) and is_failure(reply)
    try:
        sent = await send_reply(attempt.environment, reply, reported, until=until, converter=attempt.converter)
    except RPCError as error:
        log_not_delivered(attempt.info, error)
        return Lost(error.message) if is_closed(error) else Unreported()
    attempt.has_failed |= sent is not reported
    return sent


async def _flush(outbound: AttemptOutbound, until: float | None) -> None:
    """Send the last heartbeat, if it was not sent, until the event loop's clock shows *until*."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            await outbound.flush()


def _halfway(now: float, until: float | None) -> float | None:
    return None if until is None else (now + until) / 2


# When the task was cancelled by other code, or the report has failed


async def _report_in_time(attempt: AttemptState, outcome: Outcome) -> Outcome:
    until = attempt.environment.loop.time() + attempt.environment.durations.least_reply
    try:
        async with asyncio.timeout_at(until):
            return await _report(attempt, outcome, until)
    except TimeoutError as error:
        log_unreported(attempt.info, error)
        return Unreported()


async def _report_despite(attempt: AttemptState, outcome: Outcome, problem: BaseException) -> Outcome:
    """Report *outcome* although *problem* has interrupted that: after a cancellation again, else without user code.

    Takes 5 s at most, however often the task is cancelled.
    """
    environment = attempt.environment
    loop = environment.loop
    until = loop.time() + environment.durations.least_reply
    while loop.time() < until:
        was_cancelled = _record_problem(attempt, problem)
        try:
            await absorb_cancellation(attempt.task)
            async with asyncio.timeout_at(until):
                if was_cancelled:
                    return await _report(attempt, outcome, until)
                # What kept the report from being encoded would do so again.
                reply, reported = bare_failure(environment, attempt.info.task_token, outcome, problem)
                return await _send(attempt, reply, reported, until)
        except BaseException as next_problem:  # noqa: BLE001 - handled as the first one was
            problem = next_problem
            if not (was_cancelled or is_cancellation(attempt.task, problem)):
                break
    _record_problem(attempt, problem)
    log_unreported(attempt.info, problem)
    return Unreported()


def _record_problem(attempt: AttemptState, problem: BaseException) -> bool:
    """Record what has interrupted a report; return whether it was a cancellation.

    Raises:
        BaseException: *problem*, if the attempt's task has nothing left to report.
    """
    if attempt.phase is Phase.ABANDONED or is_being_closed(attempt.task, problem):
        raise problem
    was_cancelled = is_cancellation(attempt.task, problem)
    if was_cancelled or issubclass(type(problem), KeyboardInterrupt | SystemExit):
        attempt.raise_at_end = problem
    uncancel(attempt.task)
    return was_cancelled


# To the log and the observers


def _log(attempt: AttemptState, outcome: Outcome, took: float) -> None:
    info = attempt.info
    if outcome is ENDED_BY_SHUTDOWN:
        is_last = is_last_attempt(info, ENDED_BY_SHUTDOWN.error, took)
        attempt.end_by_shutdown = "last" if is_last else "again"
        log_ended_by_shutdown(info)
    elif isinstance(outcome, Failed):
        log_failed(info, outcome.error, took)
    elif isinstance(outcome, Lost):
        _logger.debug("activity %s: %s", info.activity_type, outcome.why, extra=identify(info))


def _notify_finished(attempt: AttemptState, reported: Outcome, took: float) -> None:
    attempt.outcome = OUTCOMES[type(reported)]
    log_end(attempt.info, attempt.outcome, took)
    observers = attempt.environment.observers
    if observers is not None and observers.on_activity_finished is not None:
        error = reported.error if isinstance(reported, Failed) else None
        observers.on_activity_finished(make_activity_finished((attempt.info, attempt.outcome, took, error)))
