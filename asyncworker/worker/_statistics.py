"""What a worker is doing at this moment, as one value for probes, pages and metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from ._events import OutcomeName
from .attempts._attempt_state import AttemptStatistics

if TYPE_CHECKING:
    from .._rpc._transport import Transport
    from .attempts._attempt_set import AttemptSet
    from .health._liveness import WorkerHealth
    from .health._requests import HealthReport
    from .health._watchdog import WatchedWorker
    from .polling._poller_pool import PollerPool

__all__ = ["WorkerState", "WorkerStatistics", "document_of", "running_statistics"]

#: The state of a worker; see :class:`WorkerStatistics`.
WorkerState: TypeAlias = Literal["not_started", "starting", "running", "stopping", "stopped"]


def _no_outcomes() -> dict[OutcomeName, int]:
    return dict.fromkeys(get_args(OutcomeName), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatistics:
    """What a worker is doing; numbers are of the present run, and zero where there is none.

    Attributes:
        state: ``"not_started"``; ``"starting"``, until it polls; ``"running"``; ``"stopping"``, from the shutdown's
            beginning; ``"stopped"``, when the run has ended.
        is_ready: See :attr:`Worker.is_ready`.
        is_polling: See :attr:`Worker.is_polling`.
        slot_supplier_kind: What the slot supplier is called, ``"Fixed"`` or ``"ResourceBased"`` for ours.
        slots_used: Slots that hold an attempt.
        slots_reserved: Slots in use, by attempts and by polls.
        slots_available: Slots that hold no attempt; ``None`` if the slot supplier has no fixed number.
        polls_open: Polls that are with the server.
        polls_target: How many polls are to be open, as far as there are slots for them.
        polls_overdue: How many polls have shown that the server is starving: it ended them at their deadline, where a
            task may have been started for them, or answered them late.
        last_poll_age: Seconds since the server last answered a poll; ``None`` if it never has.
        connections: Ages in seconds of the client's connections that take calls; empty with a transport that does not
            show them.
        attempts: Each attempt that holds a slot, the oldest first.
        loop_blocked_for: Seconds for which the event loop has been blocked by now; ``None`` if it is not.
        loop_blocks: How often it was blocked for longer than ``loop_block_threshold``.
        outcomes: How many attempts have ended in which way; the names are those of :class:`ActivityFinished`.
    """

    state: WorkerState
    is_ready: bool = False
    is_polling: bool = False
    slot_supplier_kind: str
    slots_used: int = 0
    slots_reserved: int = 0
    slots_available: int | None = 0
    polls_open: int = 0
    polls_target: int = 0
    polls_overdue: int = 0
    last_poll_age: float | None = None
    connections: Sequence[float] = ()
    attempts: Sequence[AttemptStatistics] = ()
    loop_blocked_for: float | None = None
    loop_blocks: int = 0
    outcomes: Mapping[OutcomeName, int] = field(default_factory=_no_outcomes)


def running_statistics(
    attempts: AttemptSet,
    pollers: PollerPool,
    transport: Transport,
    watched: WatchedWorker,
    *,
    state: WorkerState,
    is_ready: bool,
    kind: str,
) -> WorkerStatistics:
    """Return the statistics of a run. Of any thread: it reads attributes, and copies what may change."""
    running = attempts.statistics()
    polls_open, answered_at = pollers.open_polls, pollers.last_success_at
    transport_statistics = getattr(transport, "statistics", None)
    return WorkerStatistics(
        state=state,
        is_ready=is_ready,
        is_polling=polls_open > 0,
        slot_supplier_kind=kind,
        slots_used=len(running),
        slots_reserved=attempts.issued,
        slots_available=attempts.available(len(running)),
        polls_open=polls_open,
        polls_target=pollers.target,
        polls_overdue=pollers.overdue,
        last_poll_age=None if answered_at is None else monotonic() - answered_at,
        connections=() if transport_statistics is None else transport_statistics().ages,
        attempts=running,
        loop_blocked_for=watched.blocked_for,
        loop_blocks=watched.blocks,
        outcomes=dict(attempts.outcomes),
    )


def document_of(task_queue: str, health: WorkerHealth, statistics: WorkerStatistics) -> HealthReport:
    """Return what a probe is shown of a worker: numbers, and no ids of activities."""
    # Few workers have probes.
    from .health._requests import HealthReport

    document: dict[str, Any] = {
        "task_queue": task_queue,
        "live": health.is_live,
        "ready": health.is_ready,
        "reasons": list(health.reasons),
        "state": statistics.state,
        "slots_used": statistics.slots_used,
        "slots_available": statistics.slots_available,
        "polls_open": statistics.polls_open,
        "last_poll_age": statistics.last_poll_age,
        "loop_blocked_for": statistics.loop_blocked_for,
        "loop_blocks": statistics.loop_blocks,
    }
    return HealthReport(health.is_live, health.is_ready, document)
