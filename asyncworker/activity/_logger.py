"""A logger that adds the running attempt's identity to each record, in flat keys."""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from typing import Any

from ._context import current
from ._info import Info

__all__ = ["identify", "identify_type", "logger"]


def identify(info: Info) -> dict[str, Any]:
    """Return an attempt's identity for a log record's ``extra``: flat keys, for structured logs and OpenTelemetry."""
    fields: dict[str, Any] = {
        "temporal.activity_id": info.activity_id,
        "temporal.activity_type": info.activity_type,
        "temporal.attempt": info.attempt,
        "temporal.namespace": info.namespace,
        "temporal.task_queue": info.task_queue,
    }
    if info.in_workflow:
        fields["temporal.workflow_id"] = info.workflow_id
        fields["temporal.workflow_run_id"] = info.workflow_run_id
        fields["temporal.workflow_type"] = info.workflow_type
    else:
        fields["temporal.activity_run_id"] = info.activity_run_id
    return fields


def identify_type(info: Info) -> dict[str, Any]:
    """Return, for a record's ``extra``, what attempts of one type of activity have in common."""
    return {
        "temporal.activity_type": info.activity_type,
        "temporal.namespace": info.namespace,
        "temporal.task_queue": info.task_queue,
    }


class _ActivityLogger(logging.LoggerAdapter[logging.Logger]):
    """Add the running attempt's identity to each record's ``extra``, where there is one."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        context = current.get(None)
        if context is not None:
            given: Mapping[str, Any] = kwargs.get("extra") or {}
            kwargs = {**kwargs, "extra": {**identify(context.info), **given}}
        return msg, kwargs


logger: logging.LoggerAdapter[logging.Logger] = _ActivityLogger(logging.getLogger("asyncworker.activity"), {})
