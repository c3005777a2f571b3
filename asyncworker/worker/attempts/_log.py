"""The log lines about an attempt, each for something that its user may want to act on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from traceback import format_exception, format_tb, walk_tb

from ..._log_throttle import LogThrottle
from ..._safe_logger import get_logger
from ..._safe_text import MAX_TEXT, class_name_of, text_of, traceback_of
from ...activity import Info
from ...activity._logger import identify, identify_type
from ...common import CancelReason
from ...converter._stored import DRIVER_NOTE
from ...exceptions import RPCError, _is_benign
from .reporting._outcome import is_last_attempt
from .reporting._reply import is_closed

__all__ = [
    "log_abandoned",
    "log_all_abandoned",
    "log_all_ended_by_shutdown",
    "log_end",
    "log_ended_by_shutdown",
    "log_failed",
    "log_heartbeat",
    "log_lost_heartbeat",
    "log_no_heartbeat_timeout",
    "log_overdue",
    "log_not_delivered",
    "log_silent",
    "log_unreported",
]

_logger = get_logger("asyncworker.worker")
# Apart, so that the command line can show the ends of attempts alone.
_end_logger = get_logger("asyncworker.worker.attempts")


# What a frame takes in a traceback, about.
_FRAME = 150


def log_end(info: Info, outcome: str, took: float) -> None:
    """Log at DEBUG that an attempt has ended, and how."""
    if _end_logger.isEnabledFor(logging.DEBUG):
        _end_logger.debug("activity %s %s after %.3g s", info.activity_type, outcome, took, extra=identify(info))


def log_heartbeat(info: Info) -> None:
    """Log at DEBUG that the server has received a heartbeat."""
    if _logger.isEnabledFor(logging.DEBUG):
        _logger.debug("heartbeat of activity %s sent", info.activity_type, extra=identify(info))


def log_silent(info: Info, limit: float) -> None:
    """Log that the worker heartbeats for an attempt no more, as that has been silent itself."""
    _logger.warning(
        "activity %s has not heartbeated itself for %g s (auto_heartbeat_limit), and the worker no longer does so:"
        " it may hang. Without a heartbeat the server ends the attempt by its heartbeat timeout",
        info.activity_type,
        limit,
        extra=identify(info),
    )


def log_failed(info: Info, error: BaseException, took: float = 0.0) -> None:
    """Log that an attempt failed, *took* seconds after its task's arrival.

    Of an activity that fails again and again the attempts 1, 10, 100, … are warnings with a traceback, and those
    between are one line at INFO. One that will certainly not be tried again is an error; one that the activity calls
    benign is DEBUG.

    It shows no more of a failure than is reported to the server, whatever the log's handlers do with an exception: one
    that is longer comes as text. Errors of the exception's own code, and of handlers, are not raised.
    """
    try:
        _log_failed(info, error, took)
    except Exception:
        _logger.exception("a failure of activity %s could not be logged", info.activity_type)


def _log_failed(info: Info, error: BaseException, took: float) -> None:
    is_last = is_last_attempt(info, error, took)
    level = _level_of(info, error, is_last=is_last)
    if not _logger.isEnabledFor(level):
        return
    message = "activity %s failed in attempt %d, its last: %s" if is_last else "activity %s failed in attempt %d: %s"
    args = info.activity_type, info.attempt, _repr_of(error)
    if level == logging.INFO:
        _logger.info(message, *args, extra=identify(info))
        return
    trace = _clipped_trace(error) if _may_be_long(error) else None
    if trace is None:
        _logger.log(level, message, *args, exc_info=error, extra=identify(info))
    else:
        _logger.log_with_trace(level, message, *args, trace=trace, extra=identify(info))


def _level_of(info: Info, error: BaseException, *, is_last: bool) -> int:
    if _is_benign(error):
        return logging.DEBUG
    if is_last:
        return logging.ERROR
    return logging.WARNING if _is_power_of_ten(info.attempt) else logging.INFO


def _is_power_of_ten(number: int) -> bool:
    return str(number).rstrip("0") == "1"


def _repr_of(error: BaseException) -> str:
    try:
        return text_of(repr(error))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # noqa: BLE001 - a __repr__ is user code
        return f"<{class_name_of(error)}, whose __repr__ raised {class_name_of(problem)}>"


def _may_be_long(error: BaseException) -> bool:
    """Return whether a traceback of *error*, with its causes, may be longer than what is reported to the server."""
    left, seen, ahead = MAX_TEXT, set[int](), [error]
    try:
        while ahead and left >= 0:
            each = ahead.pop()
            if id(each) in seen:
                continue
            seen.add(id(each))
            # Python does so when it formats a traceback.
            bool(each)
            left -= len(str(each)) + sum(map(len, getattr(each, "__notes__", ())))
            left -= _FRAME * sum(1 for _ in walk_tb(traceback_of(each)))
            ahead += [it for it in (each.__cause__, each.__context__) if it is not None]
            ahead += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a __str__ is user code
        return True
    return left < 0


def _clipped_trace(error: BaseException) -> str | None:
    """Return the traceback as text, if it is too long for the log's handlers, or cannot be formatted at all."""
    try:
        trace = "".join(format_exception(error))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # noqa: BLE001 - formatting calls code of the exceptions
        note = f"<no more than that: {class_name_of(problem)} while formatting it>"
        return text_of("".join([*format_tb(traceback_of(error)), note]))
    return text_of(trace).rstrip("\n") if len(trace) > MAX_TEXT else None


def log_not_delivered(info: Info, error: RPCError) -> None:
    """Log that a reply was not delivered: because the attempt is closed, which happens, or for a worse reason."""
    if is_closed(error):
        _logger.info(
            "activity %s ended, but the server had closed the attempt: %s",
            info.activity_type,
            error.message,
            extra=identify(info),
        )
        return
    _logger.error(
        "the outcome of activity %s could not be reported, so the server will time the attempt out: %s",
        info.activity_type,
        error,
        extra=identify(info),
    )


def log_unreported(info: Info, problem: BaseException) -> None:
    """Log that not even the failure without details could be reported, or not before the attempt's time was up."""
    _logger.error(
        "the outcome of activity %s could not be reported%s, so the server will time the attempt out",
        info.activity_type,
        _slow_driver(problem),
        exc_info=problem,
        extra=identify(info),
    )


def log_undecoded(info: Info, problem: BaseException) -> None:
    """Log that a codec or a storage driver took longer over an activity's task than the attempt had."""
    _logger.warning(
        "activity %s did not begin: its payloads were not decoded before the attempt's time was up%s; see to the"
        " payload codec or the external storage",
        info.activity_type,
        _slow_driver(problem),
        extra=identify(info),
    )


def _slow_driver(problem: BaseException | None) -> str:
    """Return which storage driver the cancellation that led to *problem* has interrupted, in brackets; else nothing."""
    while problem is not None:
        for note in getattr(problem, "__notes__", ()):
            if isinstance(note, str) and note.startswith(DRIVER_NOTE):
                return f" ({text_of(note)})"
        problem = problem.__cause__
    return ""


def log_overdue(info: Info, reason: CancelReason | None, seconds: float) -> None:
    """Log that an activity was cancelled some time ago, and goes on."""
    _logger.warning(
        "activity %s was asked to stop (%s) %.0f s ago and has not: it still holds its slot",
        info.activity_type,
        "" if reason is None else reason.value,
        seconds,
        extra=identify(info),
    )


def log_abandoned(info: Info, *, is_open: bool) -> None:
    """Log that an attempt is abandoned, and whether it is reported: then :func:`log_all_abandoned` has named it."""
    _logger.log(
        logging.DEBUG if is_open else logging.ERROR,
        "activity %s %s",
        info.activity_type,
        "is reported as failed and left behind"
        if is_open
        else "has ended, but its outcome could not be reported: the server will time the attempt out",
        extra=identify(info),
    )


def log_all_abandoned(infos: Sequence[Info]) -> None:
    """Log which attempts are abandoned: one line for each type of activity, as there may be thousands."""
    for activity_type, number in Counter(info.activity_type for info in infos).items():
        first = next(info for info in infos if info.activity_type == activity_type)
        _logger.error(
            "activity %s did not heed its cancellation: %s reported as failed and left behind",
            activity_type,
            "it is" if number == 1 else f"{number} attempts are",
            extra=identify(first) if number == 1 else identify_type(first),
        )


def log_ended_by_shutdown(info: Info) -> None:
    """Log at DEBUG that the shutdown has ended an attempt: :func:`log_all_ended_by_shutdown` counts them."""
    if _logger.isEnabledFor(logging.DEBUG):
        _logger.debug("activity %s was ended by the shutdown", info.activity_type, extra=identify(info))


def log_all_ended_by_shutdown(task_queue: str, ended: Mapping[str, int], last: Mapping[str, int]) -> None:
    """Log how many attempts a shutdown has ended, by the type of their activities, and which of them were the last.

    Args:
        task_queue: Of the worker.
        ended: How many may be tried again.
        last: How many will not be.
    """
    extra = {"temporal.task_queue": task_queue}
    if ended:
        _logger.warning(
            "the shutdown has ended %d attempts of activities that may be tried again: %s",
            sum(ended.values()),
            _numbers(ended),
            extra=extra,
        )
    if last:
        _logger.error(
            "the shutdown has ended %d attempts of activities that will not be tried again: %s",
            sum(last.values()),
            _numbers(last),
            extra=extra,
        )


def _numbers(by_type: Mapping[str, int]) -> str:
    return ", ".join(f"{activity_type} {number}" for activity_type, number in by_type.items())


def log_lost_heartbeat(info: Info, error: BaseException, throttle: LogThrottle, now: float) -> None:
    """Log that a heartbeat did not arrive, unless the attempt is closed.

    In an outage those of thousands of attempts do not arrive: the first in a minute is a warning, the rest are DEBUG.
    """
    if not (isinstance(error, RPCError) and is_closed(error)):
        why = text_of(error)
        _logger.log(
            logging.WARNING if throttle.should_log(why, now) else logging.DEBUG,
            "a heartbeat of activity %s did not arrive, the next one may: %s",
            info.activity_type,
            why,
            extra=identify(info),
        )


def log_no_heartbeat_timeout(info: Info, interval: float) -> None:
    """Log that heartbeats without a heartbeat timeout do half of what they could."""
    _logger.warning(
        "activity %s heartbeats, but was started without a heartbeat timeout: the server will not notice if it"
        " hangs, and a cancellation can take %g s to arrive",
        info.activity_type,
        interval,
        extra=identify(info),
    )
