"""The observer: from events to series."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, TypeAlias

from prometheus_client import REGISTRY, CollectorRegistry

from ...activity import Info
from ...exceptions import ApplicationError, RPCStatusCode, _is_benign
from ...worker import (
    ActivityCancelled,
    ActivityFinished,
    ActivityStarted,
    HeartbeatSent,
    PayloadRetrieved,
    PayloadStored,
    PollersChanged,
    PollFailed,
    PollFinished,
    RequestFinished,
    SlotsChanged,
    Worker,
    WorkerEvent,
    WorkerStarted,
)
from ...worker.attempts.reporting._reply import is_of_storage
from . import _families as families
from ._render import check_folder, is_multi_process, render
from ._stores import FileStore, MemoryStore, Store
from ._watched import WatchedWorkers

__all__ = ["PrometheusObserver"]

_OK = RPCStatusCode.OK
_OfQueue: TypeAlias = PollersChanged | PollFailed | PollFinished | SlotsChanged
_POLL = "PollActivityTaskQueue"
#: Requests that are about no namespace.
_NO_NAMESPACE = {"GetSystemInfo", "GetClusterInfo"}
#: Events that are kept until a worker has started, as the namespace is not known before.
_MAX_EARLY = 100


class PrometheusObserver:
    """Keeps the metrics of the workers that it is given to: any number of them, on one event loop.

    Args:
        registry: Where the series are registered, one observer for each registry.
        service_name: The label of each series.

    Raises:
        ValueError: The registry has series of these names already, of another observer for one. Or
            ``PROMETHEUS_MULTIPROC_DIR`` is no folder that can be written to.

    If ``PROMETHEUS_MULTIPROC_DIR`` is set, values are kept in its files, as prometheus_client does.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY, *, service_name: str = "asyncworker") -> None:
        self._service_name = service_name
        self._registry = registry
        self._watched = WatchedWorkers()
        self._store = self._open(registry)
        # By task queue.
        self._namespaces: dict[str, str] = {}
        self._early: list[WorkerEvent] = []
        # Workers that share a client see the same requests.
        self._last_request: RequestFinished | None = None
        # What is looked up for each activity, by what it is looked up with.
        self._activities: dict[tuple[str, str | None, str], _ActivitySeries] = {}
        self._polls: dict[str, _PollSeries] = {}
        self._slots: dict[str, _SlotSeries] = {}
        self._requests: dict[str, _RequestSeries] = {}
        self._handlers: dict[type[WorkerEvent], Callable[[Any], None]] = {
            ActivityStarted: self._on_activity_started,
            ActivityFinished: self._on_activity_finished,
            PollFinished: self._on_poll_finished,
            RequestFinished: self._on_request_finished,
            HeartbeatSent: self._on_heartbeat_sent,
            PayloadStored: self._on_payload,
            PayloadRetrieved: self._on_payload,
            ActivityCancelled: self._on_activity_cancelled,
            PollersChanged: self._on_pollers_changed,
            PollFailed: self._on_poll_failed,
            WorkerStarted: self._on_worker_started,
        }
        if isinstance(self._store, FileStore):
            # No worker is at hand when another process is asked for its figures.
            self._handlers[SlotsChanged] = self._on_slots_changed

    def __repr__(self) -> str:
        return f"<PrometheusObserver of {', '.join(map(repr, self._namespaces)) or 'no task queue yet'}>"

    def __call__(self, event: WorkerEvent) -> None:
        handle = self._handlers.get(type(event))
        if handle is not None:
            handle(event)

    @property
    def health_pages(self) -> Mapping[str, Callable[[str], tuple[bytes, str]]]:
        """What a worker with a ``health_address`` shows there beside its probes: the registry as ``/metrics``."""
        return {"/metrics": self._page}

    def _page(self, accept: str) -> tuple[bytes, str]:
        return render(self._registry, accept=accept)

    @property
    def events(self) -> Mapping[type[WorkerEvent], Callable[[Any], None]]:
        """What a worker calls with its events, by their types: of others it makes none."""
        return MappingProxyType(self._handlers)

    def watch(self, *workers: Worker) -> None:
        """Show figures of *workers* that no event has before they run: a worker that it is given to is shown from then.

        These are slots, whether it is ready, and the ages of polls and attempts. They are read from
        :meth:`.Worker.statistics` with each scrape, so they show a blocked event loop, if the scrape is answered by
        another thread. In multi-process mode there are those of slots only.
        """
        self._watched.add(workers)

    def worker_begins(self, worker: Worker) -> None:
        """Show the figures of a worker that it was given to, which calls this when it is run."""
        self._watched.add([worker])

    # What a series is labelled with

    def _open(self, registry: CollectorRegistry) -> Store:
        is_shared = is_multi_process()
        if is_shared:
            check_folder()
        try:
            figures = partial(self._watched.figures, self._common)
            return FileStore(registry) if is_shared else MemoryStore(registry, figures)
        except ValueError as error:
            raise ValueError(
                f"the registry has series of these names already: {error}. One PrometheusObserver can be given to all"
                " workers of a process; give another one a registry of its own"
            ) from error

    def _common(self, task_queue: str) -> tuple[str, ...]:
        return self._namespaces.get(task_queue, ""), task_queue, self._service_name

    def _is_known(self, event: _OfQueue) -> bool:
        """Return whether the namespace of an event's task queue is known; if not, the event is kept until it is."""
        if event.task_queue in self._namespaces:
            return True
        self._keep(event)
        return False

    def _keep(self, event: WorkerEvent) -> None:
        if len(self._early) < _MAX_EARLY:
            self._early.append(event)

    def _request_namespace(self, operation: str) -> str:
        """Return the namespace of a request, which its event does not name; empty where it can be one of several."""
        namespaces = set(self._namespaces.values())
        return namespaces.pop() if len(namespaces) == 1 and operation not in _NO_NAMESPACE else ""

    # Events

    def _on_worker_started(self, event: WorkerStarted) -> None:
        if self._namespaces.get(event.task_queue) != event.namespace:
            self._namespaces[event.task_queue] = event.namespace
            for kept in (self._activities, self._polls, self._slots, self._requests):
                kept.clear()
        self._store.series(families.WORKER_START, self._common(event.task_queue)).inc()
        early, self._early = self._early, []
        for each in early:
            self(each)

    def _on_activity_started(self, event: ActivityStarted) -> None:
        info = event.info
        # Looked up here, not by a function, as in the end of the activity: both come with each of them.
        series = self._activities.get((info.activity_type, info.workflow_type, info.task_queue)) or self._add(info)
        series.received.inc()
        waited = info.started_time - info.current_attempt_scheduled_time
        series.schedule_to_start.observe(waited.total_seconds())

    def _on_activity_finished(self, event: ActivityFinished) -> None:
        info, outcome = event.info, event.outcome
        series = self._activities.get((info.activity_type, info.workflow_type, info.task_queue)) or self._add(info)
        series.execution.observe(event.took)
        series.outcomes[outcome].inc()
        if outcome == "completed":
            # The server's times and ours are not compared with each other.
            series.end_to_end.observe((info.started_time - info.scheduled_time).total_seconds() + event.took)
        elif outcome == "failed" and not _is_benign(event.error):
            series.failed[_reason_of(event.error)].inc()

    def _on_slots_changed(self, event: SlotsChanged) -> None:
        series = self._slots.get(event.task_queue)
        if series is None:
            if not self._is_known(event):
                return
            series = self._slots[event.task_queue] = _SlotSeries(self._store, self._common(event.task_queue))
        series.used.set(event.used)
        series.reserved.set(event.reserved)
        if event.available is not None:
            series.available.set(event.available)

    def _on_poll_finished(self, event: PollFinished) -> None:
        series = self._polls.get(event.task_queue)
        if series is None:
            if not self._is_known(event):
                return
            series = self._polls[event.task_queue] = _PollSeries(self._store, self._common(event.task_queue))
        series.requests.inc()
        series.latency.observe(event.took)
        series.outcomes[event.outcome].inc()
        if event.outcome == "empty":
            series.no_task.inc()

    def _on_poll_failed(self, event: PollFailed) -> None:
        if self._is_known(event):
            labels = *self._common(event.task_queue), _POLL, event.error.status.name
            self._store.series(families.LONG_REQUEST_FAILURE, labels).inc()

    def _on_request_finished(self, event: RequestFinished) -> None:
        # The events of polls have their task queue.
        if event is self._last_request or event.operation == _POLL:
            return
        if not self._namespaces:
            self._keep(event)
            return
        self._last_request = event
        series = self._requests.get(event.operation)
        if series is None:
            labels = (self._request_namespace(event.operation), "", self._service_name, event.operation)
            series = self._requests[event.operation] = _RequestSeries(
                self._store, labels, is_long_poll=event.is_long_poll
            )
        series.requests.inc()
        series.latency.observe(event.took)
        if event.attempts > 1:
            series.retries.inc(event.attempts - 1)
        if event.status is not _OK:
            series.failures[event.status.name].inc()

    def _on_pollers_changed(self, event: PollersChanged) -> None:
        if self._is_known(event):
            labels = *self._common(event.task_queue), "activity_task"
            self._store.series(families.POLLERS, labels).set(event.target)

    def _on_heartbeat_sent(self, event: HeartbeatSent) -> None:
        status = "OK" if event.error is None else event.error.status.name
        self._series_of(event.info).heartbeats[status].inc()

    def _on_payload(self, event: PayloadStored | PayloadRetrieved) -> None:
        # Beside the transfer of hundreds of kilobytes it does not matter that the series are looked up.
        operation = "store" if type(event) is PayloadStored else "retrieve"
        labels = event.info.namespace, event.info.task_queue, self._service_name, event.driver, operation
        self._store.series(families.STORED, (*labels, event.outcome)).inc()
        if event.outcome == "completed":
            self._store.series(families.STORED_BYTES, labels).inc(event.size)
            self._store.series(families.STORAGE_LATENCY, labels).observe(event.took)

    def _on_activity_cancelled(self, event: ActivityCancelled) -> None:
        self._series_of(event.info).reasons[event.reason.value].inc()

    def _series_of(self, info: Info) -> _ActivitySeries:
        return self._activities.get((info.activity_type, info.workflow_type, info.task_queue)) or self._add(info)

    def _add(self, info: Info) -> _ActivitySeries:
        common = info.namespace, info.task_queue, self._service_name
        series = self._activities[info.activity_type, info.workflow_type, info.task_queue] = _ActivitySeries(
            self._store, common, info
        )
        return series


def _reason_of(error: BaseException | None) -> str:
    """Return the official core's name for why an attempt failed."""
    if error is None:
        return "ActivityError"
    if is_of_storage(error):
        return "ExternalStorageError"
    is_large = issubclass(type(error), ApplicationError) and getattr(error, "type", None) == "PayloadsTooLarge"
    return "PayloadsTooLarge" if is_large else "ActivityError"


class _ByLabel(dict[str, Any]):
    """The series of one family that differ in their last label, each made when it is first counted."""

    def __init__(self, one: Callable[[str], Any]) -> None:
        super().__init__()
        self._one = one

    def __missing__(self, label: str) -> Any:
        series = self[label] = self._one(label)
        return series


class _ActivitySeries:
    """The series of one activity type, each made when it is first counted."""

    def __init__(self, store: Store, common: Sequence[str], info: Info) -> None:
        kind = (*common, info.activity_type, info.workflow_type or "")
        self._store, self._common, self._kind = store, common, kind
        self.outcomes = _ByLabel(lambda outcome: store.series(families.FINISHED, (*kind, outcome)))
        self.reasons = _ByLabel(lambda reason: store.series(families.CANCELLED, (*kind, reason)))
        self.failed = _ByLabel(lambda reason: store.series(families.EXECUTION_FAILED, (*kind, reason)))
        self.heartbeats = _ByLabel(
            lambda status: store.series(families.HEARTBEATS, (*common, info.activity_type, status))
        )

    @cached_property
    def received(self) -> Any:
        return self._store.series(families.RECEIVED, (*self._kind, "false"))

    @cached_property
    def schedule_to_start(self) -> Any:
        return self._store.series(families.SCHEDULE_TO_START, self._common)

    @cached_property
    def execution(self) -> Any:
        return self._store.series(families.EXECUTION, self._kind)

    @cached_property
    def end_to_end(self) -> Any:
        return self._store.series(families.END_TO_END, self._kind)


class _PollSeries:
    """The series of the polls of one task queue."""

    def __init__(self, store: Store, common: Sequence[str]) -> None:
        self._store, self._common = store, common
        self.requests = store.series(families.LONG_REQUEST, (*common, _POLL))
        self.latency = store.series(families.LONG_REQUEST_LATENCY, (*common, _POLL))
        self.outcomes = _ByLabel(lambda outcome: store.series(families.POLLS, (*common, outcome)))

    @cached_property
    def no_task(self) -> Any:
        return self._store.series(families.NO_TASK, self._common)


class _SlotSeries:
    """The series of the slots of one worker."""

    def __init__(self, store: Store, common: Sequence[str]) -> None:
        self._store, self._common = store, common
        self.used = store.series(families.SLOTS_USED, (*common, "ActivityWorker"))
        self.reserved = store.series(families.SLOTS_RESERVED, common)

    @cached_property
    def available(self) -> Any:
        return self._store.series(families.SLOTS_AVAILABLE, (*self._common, "ActivityWorker"))


class _RequestSeries:
    """The series of the requests of one method."""

    def __init__(self, store: Store, labels: Sequence[str], *, is_long_poll: bool) -> None:
        self._store, self._labels = store, labels
        failures = families.LONG_REQUEST_FAILURE if is_long_poll else families.REQUEST_FAILURE
        self.requests = store.series(families.LONG_REQUEST if is_long_poll else families.REQUEST, labels)
        self.latency = store.series(families.LONG_REQUEST_LATENCY if is_long_poll else families.REQUEST_LATENCY, labels)
        self.failures = _ByLabel(lambda status: store.series(failures, (*labels, status)))

    @cached_property
    def retries(self) -> Any:
        return self._store.series(families.RETRIES, self._labels)
