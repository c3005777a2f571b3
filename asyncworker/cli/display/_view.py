"""Show a running activity on standard error: as a progress bar on a terminal, as lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress as Bar, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from ...client import ActivityExecutionDescription, ActivityExecutionStatus, PendingActivityState
from .._plain import in_a_line
from .._report import say
from ._progress import Progress, progress_of, status_of

__all__ = ["View", "open_view"]

_STATES = {
    PendingActivityState.SCHEDULED: "waiting for a worker",
    PendingActivityState.STARTED: "running",
    PendingActivityState.CANCEL_REQUESTED: "cancellation requested",
    PendingActivityState.PAUSED: "paused",
    PendingActivityState.PAUSE_REQUESTED: "pause requested",
}
_BAR_WIDTH = 20
# With the bar, the percentage and the time this leaves 20 of 80 columns for the state.
_NAME_WIDTH = 20


class View(Protocol):
    """Shows an activity's progress and state."""

    def show(self, description: ActivityExecutionDescription) -> None: ...


def details_of(description: ActivityExecutionDescription) -> list[Any]:
    """Return all details of the last heartbeat."""
    details: list[Any] = []
    with suppress(LookupError):
        while True:
            details.append(description.heartbeat_details(index=len(details)))
    return details


def state_of(description: ActivityExecutionDescription) -> str:
    """Return the attempt, what it is waiting for, and heartbeat details that are no progress, in one line."""
    details = details_of(description)
    if description.status.is_closed:
        return description.status.name.lower().replace("_", " ")
    parts = [f"attempt {description.attempt}"] if description.attempt > 1 else []
    if description.run_state is PendingActivityState.SCHEDULED and description.attempt > 1:
        parts.append(f"waiting to retry after: {description.last_failure}")
    elif not (description.run_state is PendingActivityState.STARTED and details):
        parts.append(_STATES.get(description.run_state, ""))
    if details and progress_of(details) is None:
        parts.append(status_of(details))
    return ", ".join(part for part in parts if part)


@contextmanager
def open_view(console: Console, name: str) -> Iterator[View]:
    """Show the activity called *name* for as long as the block lasts."""
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description}", table_column=_clipped(max_width=_NAME_WIDTH)),
        BarColumn(_BAR_WIDTH),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        # Takes what is left of the line.
        TextColumn("{task.fields[state]}", table_column=_clipped(ratio=1)),
    )
    with Bar(*columns, console=console, expand=True) as bar:
        view = _Bar(bar, name)
        try:
            yield view
        finally:
            view.stop()


def _clipped(**width: int) -> Column:
    # A text that is too long ends in `…`, and leaves the other columns their width.
    return Column(no_wrap=True, overflow="ellipsis", **width)  # type: ignore[arg-type]


class _Lines:
    """Print a line for each change."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, description: ActivityExecutionDescription) -> None:
        progress = progress_of(details_of(description))
        line = " ".join(part for part in (str(progress or ""), state_of(description)) if part)
        if line and line != self._last:
            say(in_a_line(f"{description.activity_type}: {line}"))
        self._last = line


class _Bar:
    """Move a progress bar, which pulses while the heartbeats have no progress."""

    def __init__(self, bar: Bar, name: str) -> None:
        self._bar = bar
        self._task = bar.add_task(escape(in_a_line(name)), total=None, state="")

    def show(self, description: ActivityExecutionDescription) -> None:
        progress = progress_of(details_of(description))
        if description.status is ActivityExecutionStatus.COMPLETED:
            progress = Progress(progress.total, progress.total) if progress else Progress(1, 1)
        name, state = (escape(in_a_line(it)) for it in (description.activity_type, state_of(description)))
        if progress is None:
            self._bar.update(self._task, description=name, state=state)
        else:
            self._bar.update(self._task, description=name, state=state, completed=progress.done, total=progress.total)

    def stop(self) -> None:
        """Leave an empty bar where there was no progress: one that pulses would be drawn full."""
        if self._bar.tasks[self._task].total is None:
            self._bar.update(self._task, total=1)
