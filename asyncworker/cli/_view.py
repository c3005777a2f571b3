"""What a person sees of a running activity: a bar on a terminal, lines elsewhere; always on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, takewhile
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress as Bar, TaskProgressColumn, TextColumn, TimeElapsedColumn

from ..client import ActivityExecutionDescription, ActivityExecutionStatus, PendingActivityState
from ._plain import in_a_line
from ._progress import Progress, progress_of, status_of
from ._report import say

__all__ = ["View", "open_view"]

_MISSING = object()
_STATES = {
    PendingActivityState.SCHEDULED: "waiting for a worker",
    PendingActivityState.STARTED: "running",
    PendingActivityState.CANCEL_REQUESTED: "cancellation requested",
    PendingActivityState.PAUSED: "paused",
    PendingActivityState.PAUSE_REQUESTED: "pause requested",
}


class View(Protocol):
    """Shows how an activity stands."""

    def show(self, description: ActivityExecutionDescription) -> None: ...


def details_of(description: ActivityExecutionDescription) -> list[Any]:
    """Take all details of the last heartbeat."""
    details = (description.heartbeat_details(index=index, default=_MISSING) for index in count())
    return list(takewhile(lambda detail: detail is not _MISSING, details))


def state_of(description: ActivityExecutionDescription) -> str:
    """Say in a line how it stands, beside its progress."""
    details = details_of(description)
    parts = [f"attempt {description.attempt}"] if description.attempt > 1 else []
    if description.run_state is PendingActivityState.SCHEDULED and description.attempt > 1:
        parts.append(f"waiting to retry after: {description.last_failure}")
    elif not (description.run_state is PendingActivityState.STARTED and details):
        parts.append(_STATES.get(description.run_state, ""))
    if details and progress_of(details) is None:
        parts.append(status_of(details))
    return ", ".join(part for part in parts if part)


@contextmanager
def open_view(console: Console) -> Iterator[View]:
    """Show an activity for as long as the block lasts."""
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bar(*columns, TextColumn("{task.fields[state]}"), console=console) as bar:
        yield _Bar(bar)


class _Lines:
    """A line for each change."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, description: ActivityExecutionDescription) -> None:
        progress = progress_of(details_of(description))
        line = " ".join(part for part in (str(progress or ""), state_of(description)) if part)
        if line and line != self._last:
            say(in_a_line(f"{description.activity_type}: {line}"))
        self._last = line


class _Bar:
    """A progress bar that moves; without figures it pulses."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None, state="")

    def show(self, description: ActivityExecutionDescription) -> None:
        progress = progress_of(details_of(description))
        if description.status is ActivityExecutionStatus.COMPLETED:
            progress = Progress(progress.total, progress.total) if progress else Progress(1, 1)
        name, state = (escape(in_a_line(it)) for it in (description.activity_type, state_of(description)))
        if progress is None:
            self._bar.update(self._task, description=name, state=state)
        else:
            self._bar.update(self._task, description=name, state=state, completed=progress.done, total=progress.total)
