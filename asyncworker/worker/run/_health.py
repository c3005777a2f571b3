"""Whether a run is well and what it is doing, as probes, pages and metrics are shown it; of any thread."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from ..health._liveness import WorkerHealth, why_not_live, why_not_ready

if TYPE_CHECKING:
    from .._statistics import WorkerState, WorkerStatistics
    from ..health._requests import HealthReport
    from ._state import RunState

__all__ = ["health_of", "is_ready", "report_of", "statistics_of"]


def is_ready(run: RunState) -> bool:
    """Whether it takes work, as far as is known: see :attr:`Worker.is_ready`."""
    return _why_not_ready(run) is None


def _why_not_ready(run: RunState) -> str | None:
    pollers, attempts, client = run.pollers, run.attempts, run.client
    if run.stages.drain.has_begun:
        return "it is stopping"
    if pollers is None or attempts is None or client is None:
        is_entering = run.lifespan is not None and run.lifespan.is_entering
        return "it enters its lifespan" if is_entering else "it is starting"
    # There may have been no call for long: then the last outcome still holds.
    answered_at, unanswered_at = client.service.answered_at, client.service.unanswered_at
    return why_not_ready(
        blocked_for=None if run.watched is None else run.watched.blocked_for,
        silence=monotonic() - answered_at,
        poll_timeout=pollers.timeout,
        was_answered=answered_at >= unanswered_at,
        is_polling=pollers.is_polling,
        may_not_poll=pollers.may_not_poll(holds_tasks=len(attempts) > 0),
        has_just_polled=pollers.has_just_polled,
    )


def health_of(run: RunState) -> WorkerHealth:
    """Return whether it is well: see :meth:`Worker.health`."""
    pollers, watched = run.pollers, run.watched
    not_live = None
    if pollers is not None and watched is not None:
        not_live = why_not_live(
            blocked_for=watched.blocked_for,
            tolerance=run.settings.loop_block_tolerance,
            oldest_poll=pollers.oldest_poll,
            longest_poll=pollers.longest_poll,
        )
    not_ready = _why_not_ready(run)
    reasons = [why for why in (not_live, not_ready) if why is not None]
    return WorkerHealth(not_live is None, not_ready is None, reasons)


def statistics_of(run: RunState) -> WorkerStatistics:
    """Return what the worker is doing."""
    # Few workers are asked.
    from .._statistics import WorkerStatistics, running_statistics

    has_begun = run.has_begun.is_set()
    state: WorkerState = "stopping" if run.stages.drain.has_begun else "running" if has_begun else "starting"
    attempts, pollers, client, kind = run.attempts, run.pollers, run.client, str(run.settings.slots.kind)
    if attempts is None or pollers is None or client is None or run.watched is None:
        return WorkerStatistics(state=state, slot_supplier_kind=kind)
    return running_statistics(
        attempts,
        pollers,
        client.service.transport,
        run.watched,
        state=state,
        is_ready=is_ready(run),
        kind=kind,
    )


def report_of(run: RunState) -> HealthReport:
    """Return what a probe is shown."""
    from .._statistics import document_of

    return document_of(run.settings.task_queue, health_of(run), statistics_of(run))
