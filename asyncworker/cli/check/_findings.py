"""What is found, from what is known of a worker, its namespace and its certificates; nothing is asked for here."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from ..._proto.temporal.api.namespace.v1 import NamespaceInfoCapabilities
from ...activity import Definition
from ...worker import Worker

__all__ = ["Finding", "Level", "capability_findings", "expiry_finding", "files_finding", "worker_findings"]

#: ``"ok"``; ``"note"``, a consequence to know; ``"warning"``, to change before long; ``"error"``, it would not work.
Level: TypeAlias = Literal["ok", "note", "warning", "error"]

#: What Kubernetes gives a container to end, by default; seconds.
_KUBERNETES_GRACE = 30
_SOON = timedelta(days=30)
# Modules, connections to the server, log files.
_OWN_FILES = 64


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: How much it matters.
        subject: What it is about.
        message: How it is.
        advice: What to do about it; empty for ``"ok"``.
    """

    level: Level
    subject: str
    message: str
    advice: str = ""


def worker_findings(worker: Worker) -> Iterator[Finding]:
    """Look at a worker as it was made."""
    settings, subject = worker._settings, f"worker of {worker.task_queue!r}"
    names = ", ".join(worker.activities) or "a dynamic one"
    yield Finding("ok", subject, f"activities: {names}")
    for name in worker.activities:
        registered = settings.registry.find(name)
        if registered is not None:
            yield from _hint_findings(registered.definition)
    end = settings.grace + settings.hard_stop
    if end > _KUBERNETES_GRACE:
        yield Finding(
            "warning",
            subject,
            f"a shutdown may take {end:g} s: {settings.grace:g} s of grace, and {settings.hard_stop:g} s more",
            f"in Kubernetes, set terminationGracePeriodSeconds to {end + 5:.0f} at least: by default it kills after"
            f" {_KUBERNETES_GRACE} s, and running activities are then noticed by their timeouts only",
        )
    else:
        yield Finding("ok", subject, f"a shutdown takes {end:g} s at most")


def files_finding(limit: int, workers: Sequence[Worker]) -> Finding:
    """Look at how many files and connections the process may have open, for activities that have one each."""
    slots = sum(worker._settings.slots.max_slots or 0 for worker in workers)
    text = f"up to {limit:,} at a time, for {slots:,} slots"
    if limit < slots + _OWN_FILES:
        advice = "raise the limit (ulimit -n; LimitNOFILE= in systemd): an activity that opens a connection may fail"
        return Finding("warning", "open files", text, advice)
    return Finding("ok", "open files", text)


def _hint_findings(definition: Definition) -> Iterator[Finding]:
    parameters = list(inspect.signature(definition.fn).parameters.values())[int(definition.takes_context) :]
    bare = [each.name for each in parameters if each.annotation is inspect.Parameter.empty]
    if bare:
        yield Finding(
            "warning",
            f"activity {definition.name}",
            f"no type hint for {', '.join(bare)}",
            "add the hints: an argument without one arrives as plain JSON, and is not checked",
        )


def capability_findings(capabilities: NamespaceInfoCapabilities, worker: Worker) -> Iterator[Finding]:
    """Look at what the namespace can do, and what it means for *worker*."""
    settings, subject = worker._settings, f"worker of {worker.task_queue!r}"
    pushed = capabilities.worker_commands and settings.worker_heartbeat_interval is not None
    if not pushed and settings.cancellation_watch is None:
        yield Finding(
            "note",
            subject,
            "a cancellation reaches an activity with the reply to its next heartbeat, and not before",
            "give activities that are to be cancelled a heartbeat timeout and heartbeats, or auto_heartbeat=True",
        )
    if not capabilities.worker_poll_complete_on_shutdown:
        yield Finding(
            "note",
            subject,
            "the server leaves the open polls of a worker that stops open, so an idle one takes some seconds to stop",
            "nothing, or frontend.enableCancelWorkerPollsOnShutdown in the server's dynamic configuration",
        )
    if not capabilities.worker_heartbeats:
        yield Finding(
            "note",
            subject,
            "the server keeps no register of workers: `temporal worker list` does not show this one",
            "nothing, or a server that has it (1.30 or newer)",
        )
    if not capabilities.standalone_activities:
        yield Finding(
            "note",
            subject,
            "the namespace has no standalone activities: only workflows can start activities",
            "nothing if workflows do; else a server that has them (1.31 or newer), with them enabled",
        )


def expiry_finding(subject: str, ends: datetime, now: datetime) -> Finding:
    """Look at when a certificate ends."""
    text = f"valid until {ends:%Y-%m-%d %H:%M} UTC"
    if ends <= now:
        return Finding("error", subject, f"has expired: {text}", "renew it")
    if ends - now < _SOON:
        advice = "renew it: a file is read again with each connect, so a worker need not be restarted"
        return Finding("warning", subject, f"expires in {(ends - now).days} days: {text}", advice)
    return Finding("ok", subject, text)
