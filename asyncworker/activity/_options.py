"""The options of a declaration, and how each is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._arguments import (
    Check,
    check_count,
    check_duration,
    check_flag,
    check_name,
    check_number,
    check_string,
    instance_of,
)
from ..common import Priority, RetryPolicy

__all__ = ["START_OPTIONS", "check_options"]


def _positive(check: Check) -> Check:
    def check_positive(name: str, value: Any) -> Any:
        if not check(name, value) > 0:
            raise ValueError(f"{name} must be above zero, got {value!r}")
        return value

    return check_positive


# How each option of a start is checked that a declaration may have too; `Client.start_activity` checks them likewise.
START_OPTIONS: Mapping[str, Check] = {
    "start_to_close_timeout": check_duration,
    "schedule_to_close_timeout": check_duration,
    "schedule_to_start_timeout": check_duration,
    "heartbeat_timeout": check_duration,
    "retry_policy": instance_of(RetryPolicy, "RetryPolicy(maximum_attempts=3)"),
    "task_queue": check_name,
    "priority": instance_of(Priority, "Priority(priority_key=1)"),
    "summary": check_string,
}
# Those that a worker reads.
_WORKER_OPTIONS: Mapping[str, Check] = {
    "no_thread_cancel_exception": check_flag,
    "auto_heartbeat": check_flag,
    "auto_heartbeat_limit": check_duration,
    "max_concurrent": _positive(check_count),
    "max_per_second": _positive(check_number),
}
_CHECKS = {**_WORKER_OPTIONS, **START_OPTIONS}


def check_options(activity: str, options: Mapping[str, Any]) -> None:
    """Refuse what is no option of a declaration, or out of its range; messages name the *activity*."""
    unknown = sorted(set(options) - set(_CHECKS))
    if unknown:
        raise TypeError(
            f"activity.defn does not take {', '.join(unknown)}; it takes name, dynamic, {', '.join(_CHECKS)}"
        )
    for key, value in options.items():
        if value is not None:
            _CHECKS[key](f"{key} of {activity}", value)
