"""The observer for Prometheus: its series, its registry, several processes, and a real Prometheus that scrapes it."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from free_ports import free_port
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from asyncworker import Worker, activity
from asyncworker.contrib.prometheus import PrometheusObserver, render
from asyncworker.exceptions import ApplicationError, ApplicationErrorCategory, RPCError, RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker import RequestFinished, SlotsChanged, WorkerStarted

ROOT = Path(__file__).parents[2]


@activity.defn
async def pack(what: str) -> str:
    activity.heartbeat()
    return what


@activity.defn
async def drop(benign: bool) -> None:
    raise ApplicationError(
        "broken",
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN if benign else ApplicationErrorCategory.UNSPECIFIED,
    )


@pytest.fixture
async def temporal() -> AsyncIterator[FakeTemporal]:
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        yield temporal


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def values(registry: CollectorRegistry, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """Return the values of the series of one name, by some of their labels."""
    text = render(registry)[0].decode()
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def run_one(temporal: FakeTemporal, observer: PrometheusObserver, fn: Any = pack, argument: Any = "book") -> None:
    async with Worker(temporal.client(), task_queue="orders", activities=[pack, drop], observers=[observer]):
        await temporal.add_task(fn, argument, task_queue="orders").wait_closed()


class TestSeries:
    async def test_an_idle_worker_shows_its_slots_and_pollers(self, temporal, registry):
        """Slots and pollers are there from the start, before a first task."""
        worker = Worker(
            temporal.client(),
            task_queue="orders",
            activities=[pack],
            observers=[PrometheusObserver(registry)],
            max_concurrent_activities=7,
            max_concurrent_activity_task_polls=2,
        )
        async with worker:
            slots = values(registry, "temporal_worker_task_slots_available", "namespace", "task_queue", "worker_type")
            pollers = values(registry, "temporal_num_pollers", "namespace", "task_queue", "poller_type")

        assert slots == {("default", "orders", "ActivityWorker"): 7}
        assert pollers == {("default", "orders", "activity_task"): 2}

    async def test_requests_before_the_worker_has_started_are_counted(self, temporal, registry):
        """The first request of a worker is counted, though its namespace is known only afterwards."""
        await run_one(temporal, PrometheusObserver(registry))

        requests = values(registry, "temporal_request_total", "operation", "namespace")
        assert requests["DescribeNamespace", "default"] == 1

    async def test_workers_that_share_a_client_count_a_request_once(self, temporal, registry):
        """One observer of two workers sees each request twice, and counts it once."""
        observer, client = PrometheusObserver(registry), temporal.client()
        async with (
            Worker(client, task_queue="a", activities=[pack], observers=[observer]),
            Worker(client, task_queue="b", activities=[pack], observers=[observer]),
        ):
            await temporal.add_task(pack, "a book", task_queue="a").wait_closed()
            await temporal.add_task(pack, "a book", task_queue="b").wait_closed()

        requests = values(registry, "temporal_request_total", "operation")
        assert requests["RespondActivityTaskCompleted",] == 2

    def test_requests_of_workers_of_two_namespaces_have_none(self, registry):
        """A request whose namespace is not certain has no namespace, and no wrong one."""
        observer = PrometheusObserver(registry)
        observer(WorkerStarted("orders", "shop", "me"))
        observer(RequestFinished("RespondActivityTaskCompleted", RPCStatusCode.OK, 0.1, 1, is_long_poll=False))
        observer(WorkerStarted("letters", "post", "me"))
        observer(RequestFinished("RespondActivityTaskCompleted", RPCStatusCode.OK, 0.1, 1, is_long_poll=False))

        assert values(registry, "temporal_request_total", "namespace") == {("shop",): 1, ("",): 1}

    async def test_a_benign_failure_is_no_failure(self, temporal, registry):
        """Alerts on failures stay silent about those that an activity calls benign."""
        observer = PrometheusObserver(registry)
        await run_one(temporal, observer, drop, True)
        before = values(registry, "temporal_activity_execution_failed_total")
        await run_one(temporal, observer, drop, False)

        failed = values(registry, "temporal_activity_execution_failed_total", "activity_type", "failure_reason")
        assert (before, failed) == ({}, {("drop", "ActivityError"): 1})

    async def test_polls_that_fail_are_counted_by_their_status(self, temporal, registry):
        """A poll that fails is a request that failed, of its task queue."""
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.UNAVAILABLE, times=2)

        await run_one(temporal, PrometheusObserver(registry))

        labels = "operation", "task_queue", "status_code"
        failures = values(registry, "temporal_long_request_failure_total", *labels)
        assert failures == {("PollActivityTaskQueue", "orders", "UNAVAILABLE"): 2}

    async def test_replies_that_are_tried_again_are_one_request(self, temporal, registry):
        """A request that succeeds in its third try is one request with two retries."""
        temporal.fail_next("RespondActivityTaskCompleted", RPCStatusCode.UNAVAILABLE, times=2)

        await run_one(temporal, PrometheusObserver(registry))

        assert values(registry, "temporal_request_total", "operation")["RespondActivityTaskCompleted",] == 1
        assert values(registry, "asyncworker_request_retries_total", "operation") == {
            ("RespondActivityTaskCompleted",): 2
        }

    async def test_a_watched_worker_shows_whether_it_is_ready(self, temporal, registry):
        """Figures that no event has are read from the worker's statistics when they are asked for."""
        observer = PrometheusObserver(registry)
        worker = Worker(temporal.client(), task_queue="orders", activities=[pack], observers=[observer])
        observer.watch(worker)
        before = values(registry, "asyncworker_ready", "task_queue")
        async with worker:
            with anyio.fail_after(5):
                while not worker.is_ready:  # noqa: ASYNC110 - there is no event to wait for
                    await anyio.sleep(0.01)
            during = values(registry, "asyncworker_ready", "task_queue")

        assert (before, during) == ({("orders",): 0}, {("orders",): 1})

    async def test_workers_of_one_task_queue_are_one_series(self, temporal, registry):
        """Their slots are added up, and a worker that has ended makes way for the one that follows on it."""
        observer, client = PrometheusObserver(registry), temporal.client()
        options = {"task_queue": "orders", "activities": [pack], "observers": [observer]}
        one = Worker(client, max_concurrent_activities=7, **options)
        other = Worker(client, max_concurrent_activities=3, **options)
        name = "temporal_worker_task_slots_available"
        async with one:
            async with other:
                both = values(registry, name, "namespace", "task_queue")
            left = values(registry, name, "namespace", "task_queue")
        async with other:
            after = values(registry, name, "namespace", "task_queue")

        assert (both, left, after) == tuple({("default", "orders"): slots} for slots in (10, 7, 3))

    async def test_a_worker_that_its_program_has_dropped_is_not_kept(self, temporal, registry):
        """Nor are its figures shown."""
        observer = PrometheusObserver(registry)
        await run_one(temporal, observer)
        gc.collect()

        assert values(registry, "asyncworker_ready", "task_queue") == {}

    async def test_no_slots_are_told_by_events_where_they_can_be_read(self, temporal, registry):
        """So that no activity pays for them."""
        assert SlotsChanged not in PrometheusObserver(registry).events

    async def test_the_service_name_is_the_users_to_set(self, temporal, registry):
        """A dashboard of several programs can tell them apart by the service's name."""
        await run_one(temporal, PrometheusObserver(registry, service_name="shop"))

        assert {*values(registry, "temporal_worker_start_total", "service_name")} == {("shop",)}


class TestRegistry:
    def test_a_registry_that_has_the_names_already_is_an_error_that_says_what_to_do(self, registry):
        """The second observer of a registry names a series that is there, and the way out."""
        PrometheusObserver(registry)

        with pytest.raises(ValueError, match=r"temporal_request_total.* One PrometheusObserver can be given to all"):
            PrometheusObserver(registry)

    def test_a_registry_that_has_one_of_the_names_gets_none_of_the_others(self, registry, monkeypatch, tmp_path):
        """In multi-process mode an error leaves the registry as it was."""
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
        Counter("asyncworker_polls", "of another library", registry=registry)

        with pytest.raises(ValueError, match="asyncworker_polls"):
            PrometheusObserver(registry)
        assert {metric.name for metric in registry.collect()} == {"asyncworker_polls"}

    @pytest.mark.parametrize("kind", ["nothing", "a file"])
    def test_a_folder_of_values_that_is_none_is_an_error(self, registry, monkeypatch, tmp_path, kind):
        """At the start, and not with each value that is lost."""
        folder = tmp_path / "values"
        if kind == "a file":
            folder.touch()
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))

        with pytest.raises(ValueError, match=r"PROMETHEUS_MULTIPROC_DIR is .*values': make that folder"):
            PrometheusObserver(registry)

    @pytest.mark.process
    def test_missing_extra_is_named(self):
        """Without prometheus_client the import says which extra to install."""
        code = "import sys; sys.modules['prometheus_client'] = None; import asyncworker.contrib.prometheus"

        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

        assert 'needs prometheus_client: pip install "temporal-asyncworker[prometheus]"' in done.stderr


PROCESS = """
import asyncio

from asyncworker import Worker, activity
from asyncworker.contrib.prometheus import PrometheusObserver, render
from asyncworker.testing import FakeTemporal
from asyncworker.worker import RequestFinished, WorkerStarted

@activity.defn
async def pack(what: str) -> str:
    return what

async def main():
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        worker = Worker(
            temporal.client(), task_queue="orders", activities=[pack], observers=[PrometheusObserver()],
            max_concurrent_activities=3,
        )
        async with worker:
            for _ in range(2):
                await temporal.add_task(pack, "a book", task_queue="orders").wait_closed()
        print(render()[0].decode())

asyncio.run(main())
"""


@pytest.mark.process
class TestProcesses:
    def test_a_scrape_of_one_process_is_about_all_of_them(self, tmp_path):
        """In multi-process mode the second process shows the activities of both."""
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        texts = [
            subprocess.run(
                [sys.executable, "-c", PROCESS], env=environment, capture_output=True, text=True, check=True
            ).stdout
            for _ in range(2)
        ]

        finished = [
            [
                sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
                if sample.name in ("asyncworker_attempts_finished_total", "temporal_request_latency_seconds_count")
                and sample.labels.get("operation", "RespondActivityTaskCompleted") == "RespondActivityTaskCompleted"
            ]
            for text in texts
        ]
        assert finished == [[2, 2], [4, 4]]


# With Debian's prometheus


@asynccontextmanager
async def scraping(port: int, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Run a Prometheus that scrapes *port* five times a second."""
    own = free_port()
    configuration = folder / "prometheus.yml"
    configuration.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
                "scrape_configs": [{"job_name": "worker", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}],
            }
        )
    )
    command = [
        "prometheus",
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{own}",
    ]
    async with (
        await anyio.open_process(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{own}") as http,
    ):
        try:
            yield http
        finally:
            process.terminate()


async def answer(http: httpx.AsyncClient, query: str) -> list[dict[str, str]]:
    """Return the labels of what Prometheus answers with a number; nothing while it starts."""
    try:
        response = await http.get("/api/v1/query", params={"query": query})
    except httpx.TransportError:
        return []
    if response.status_code == 503:
        return []
    assert response.status_code == 200, response.text
    return [row["metric"] for row in response.json()["data"]["result"] if row["value"][1] != "NaN"]


#: Panels of Temporal's dashboards for SDKs, and of ours.
QUERIES = [
    "sum by (namespace, operation) (rate(temporal_request_total[1m]))",
    "sum by (operation, status_code) (rate(temporal_request_failure_total[1m]))",
    "histogram_quantile(0.95, sum by (namespace, operation, le) (rate(temporal_request_latency_seconds_bucket[1m])))",
    'sum by (operation) (rate(temporal_long_request_total{operation="PollActivityTaskQueue"}[1m]))',
    "sum by (namespace, activity_type) (rate(temporal_activity_task_received_total[1m]))",
    "sum by (activity_type, failure_reason) (rate(temporal_activity_execution_failed_total[1m]))",
    "histogram_quantile(0.9, sum by (le) (rate(temporal_activity_execution_latency_seconds_bucket[1m])))",
    "histogram_quantile(0.9, sum by (le) (rate(temporal_activity_schedule_to_start_latency_seconds_bucket[1m])))",
    "histogram_quantile(0.5, sum by (le) (rate(temporal_activity_succeed_endtoend_latency_seconds_bucket[1m])))",
    'avg by (namespace, task_queue) (temporal_worker_task_slots_available{worker_type="ActivityWorker"})',
    'sum by (task_queue) (temporal_num_pollers{poller_type="activity_task"})',
    "temporal_worker_task_slots_used / (temporal_worker_task_slots_used + temporal_worker_task_slots_available)",
    "asyncworker_ready == 1",
    "sum by (outcome) (rate(asyncworker_attempts_finished_total[1m]))",
]


@pytest.mark.prometheus
class TestPrometheus:
    async def test_promtool_finds_nothing_to_complain_about(self, temporal, registry):
        """The names, units and help texts are as Prometheus wants them."""
        observer = PrometheusObserver(registry)
        await run_one(temporal, observer)
        await run_one(temporal, observer, drop, False)

        done = await anyio.run_process(
            ["promtool", "check", "metrics"], input=render(registry)[0], stderr=subprocess.STDOUT, check=False
        )

        assert (done.returncode, done.stdout.decode()) == (0, "")

    @pytest.mark.process
    async def test_prometheus_answers_the_queries_of_dashboards(self, temporal, registry, tmp_path):
        """A real Prometheus scrapes a worker's health address, and has an answer to each panel's query."""
        observer = PrometheusObserver(registry)
        client = temporal.client()
        port = free_port()
        worker = Worker(
            client,
            task_queue="orders",
            activities=[pack, drop],
            observers=[observer],
            health_address=f"127.0.0.1:{port}",
        )
        observer.watch(worker)
        left = list(QUERIES)
        async with worker, scraping(port, tmp_path) as http:
            with anyio.move_on_after(40):
                while left:
                    temporal.fail_next("CountActivityExecutions", RPCStatusCode.PERMISSION_DENIED)
                    with pytest.raises(RPCError):
                        await client.count_activities()
                    for fn, argument in ((pack, "a book"), (drop, False)):
                        await temporal.add_task(fn, argument, task_queue="orders").wait_closed()
                    left = [query for query in left if not await answer(http, query)]

        assert left == []
