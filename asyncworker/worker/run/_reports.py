"""The start, the stop and the end of a run, as lines of the log and events for observers."""

from __future__ import annotations

import math
import platform
from typing import TYPE_CHECKING

from ..._safe_logger import get_logger
from ..._version import client_version
from .._events import WorkerStarted, WorkerStopped, WorkerStopping
from ..attempts._log import log_all_ended_by_shutdown

if TYPE_CHECKING:
    from ...exceptions import WorkerError
    from ..slots._supplier import SlotSupplier
    from ._assembly import RunParts
    from ._state import RunState

__all__ = ["report_end", "report_start", "report_stop"]

_logger = get_logger(__name__)


def report_start(run: RunState, parts: RunParts) -> None:
    """Report that the worker polls, and as what."""
    environment = parts.environment
    environment.notify(WorkerStarted(environment.task_queue, environment.namespace, environment.identity))
    parts.attempts.announce()
    _logger.info(
        "worker of task queue %r started: namespace %r on %s, identity %r, %s, %s, activities %s",
        environment.task_queue,
        environment.namespace,
        environment.client._server or environment.client,
        environment.identity,
        _slots_text(run.settings.slots),
        f"asyncworker {client_version()} on Python {platform.python_version()}",
        ", ".join(environment.registry.names) or "(dynamic)",
    )


def _slots_text(slots: SlotSupplier) -> str:
    try:
        number = slots.max_slots
    except Exception:  # noqa: BLE001 - of a user's supplier, which is logged with the worker heartbeats
        number = None
    return f"slots by {slots!r}" if number is None else f"{number} slots"


def report_stop(run: RunState, parts: RunParts) -> None:
    """Report that the shutdown begins, what it waits for, and for how long."""
    settings = run.settings
    waits = _waits(parts, grace=settings.grace, hard_stop=settings.hard_stop)
    what = f", and waits for {', and for '.join(waits)}" if waits else ""
    _logger.info("worker of task queue %r stops%s", settings.task_queue, what)
    parts.environment.notify(WorkerStopping(settings.task_queue, len(parts.attempts), settings.grace))


def _waits(parts: RunParts, *, grace: float, hard_stop: float) -> list[str]:
    waits = []
    if parts.attempts:
        waits.append(
            f"{len(parts.attempts)} activities, which have {grace:g} s to end by themselves, and"
            f" {hard_stop:g} s more once they are cancelled"
        )
    ends_by = parts.pollers.ends_by
    if ends_by is not None:
        seconds = max(1, math.ceil(ends_by - parts.environment.loop.time()))
        when = "which the server ends" if parts.server_ends_polls else f"which end within {seconds} s"
        waits.append(f"{parts.pollers.open_polls} open polls, {when}")
    return waits


def report_end(run: RunState, error: WorkerError | None) -> None:
    """Report that the worker has stopped, if it has polled; *error* is what it raises."""
    if run.attempts is None:
        return
    task_queue, ended = run.settings.task_queue, run.attempts.ended_by_shutdown
    log_all_ended_by_shutdown(task_queue, ended["again"], ended["last"])
    if run.observers is not None:
        run.observers.notify(WorkerStopped(task_queue, error))
    _logger.info("worker of task queue %r stopped", task_queue)
