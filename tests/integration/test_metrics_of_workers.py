"""The metrics of our worker are those of the official one, series by series, after the same activities."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from datetime import timedelta

import httpx
import temporalio.activity
import temporalio.client
import temporalio.exceptions
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import Worker as OfficialWorker

import asyncworker.activity
import asyncworker.exceptions
from asyncworker import Client, Worker
from asyncworker.contrib.prometheus import PrometheusObserver, render

from .calls import Caller, StandaloneCaller, WorkflowCaller, until
from .metrics_scenario import activities, run_all

#: A name, and labels that are not empty: to Prometheus an empty label is no label.
Series = tuple[str, frozenset[tuple[str, str]]]


def _is_of(name: str, **labels: str) -> Callable[[Series], bool]:
    return lambda series: series[0].startswith(name) and labels.items() <= set(series[1])


#: Series that only the official worker has, each with the reason.
THEIRS = {
    "our client connects before its worker starts, so no observer sees that request": _is_of(
        "temporal_request", operation="GetSystemInfo"
    ),
}
#: Series that only our worker has, each with the reason.
OURS = {
    "figures of our own": _is_of("asyncworker_"),
    "the official worker does not count the tasks of standalone activities": lambda series: (
        series[0] == "temporal_activity_task_received_total" and not dict(series[1]).get("workflow_type")
    ),
    "its heartbeats of workers are those of the process, which its metrics leave out": _is_of(
        "temporal_request", operation="RecordWorkerHeartbeat"
    ),
    "so are the polls for commands to workers": _is_of("temporal_long_request", operation="PollNexusTaskQueue"),
}


def series_of(text: str) -> set[Series]:
    """Return the series of a scrape, without what tells the two workers apart."""
    return {
        (sample.name, frozenset((name, value) for name, value in sample.labels.items() if value))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def without_service(series: set[Series]) -> set[Series]:
    return {(name, frozenset(pair for pair in labels if pair[0] != "service_name")) for name, labels in series}


def callers_of(target: str, client: Client, task_queue: str) -> Sequence[Caller]:
    return [kind(target, client, task_queue) for kind in (WorkflowCaller, StandaloneCaller)]


async def scrape_of_the_official_worker(target: str, client: Client, task_queue: str) -> str:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    metrics = PrometheusConfig(
        bind_address=f"127.0.0.1:{port}", counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
    )
    started: set[str] = set()
    worker = OfficialWorker(
        await temporalio.client.Client.connect(target, runtime=Runtime(telemetry=TelemetryConfig(metrics=metrics))),
        task_queue=task_queue,
        activities=activities(temporalio.activity, temporalio.exceptions, started),
        max_heartbeat_throttle_interval=timedelta(seconds=0.05),
    )
    async with worker, httpx.AsyncClient() as http:
        await run_all(callers_of(target, client, task_queue), started)
        return (await http.get(f"http://127.0.0.1:{port}/metrics")).text


async def scrape_of_our_worker(target: str, client: Client, task_queue: str) -> str:  # type: ignore[return]
    registry = CollectorRegistry()
    observer = PrometheusObserver(registry)
    started: set[str] = set()
    async with await Client.connect(target) as own:
        worker = Worker(
            own,
            task_queue=task_queue,
            activities=activities(asyncworker.activity, asyncworker.exceptions, started),
            max_heartbeat_throttle_interval=0.05,
            observers=[observer],
        )
        observer.watch(worker)
        async with worker:
            await run_all(callers_of(target, client, task_queue), started)
            # The server knows of an outcome before the worker has heard that it does, and counts it.
            await until(lambda: worker.slots_used == 0)
            return render(registry)[0].decode()


async def test_our_worker_has_the_series_of_the_official_one(server, client, workflows):
    """After the same twenty activities names, labels and buckets are the same, but for what is named here."""
    theirs = series_of(await scrape_of_the_official_worker(server.target, client, "metrics"))
    ours = series_of(await scrape_of_our_worker(server.target, client, "metrics"))
    only_theirs = without_service(theirs) - without_service(ours)
    only_ours = without_service(ours) - without_service(theirs)

    assert {dict(labels)["service_name"] for _, labels in ours} == {"asyncworker"}
    assert {series for series in only_theirs if not any(holds(series) for holds in THEIRS.values())} == set()
    assert {series for series in only_ours if not any(holds(series) for holds in OURS.values())} == set()
    assert len(without_service(theirs) & without_service(ours)) > 150
