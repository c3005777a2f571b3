"""The pytest plugin: the same tests of a user's run on each asynchronous plugin, in memory and on a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from installed_plugin import install_plugin

ROOT = Path(__file__).parents[2]
SUITE = Path(__file__).with_name("user_suite.py")
NO_PLUGINS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist")

pytestmark = pytest.mark.process


@dataclass(frozen=True)
class Mode:
    """How a user's tests are run.

    Attributes:
        ini: The lines of pytest.ini.
        mark: The mark of the module.
        args: Further ones for pytest.
    """

    ini: str = ""
    mark: str = ""
    args: tuple[str, ...] = ()


_SCOPE = "asyncio_default_fixture_loop_scope = function\n"
MODES = {
    "anyio-auto": Mode(ini="anyio_mode = auto", args=("-p", "no:asyncio")),
    "anyio-mark": Mode(ini=_SCOPE, mark="pytest.mark.anyio"),
    "anyio-auto-beside-pytest-asyncio": Mode(ini=f"anyio_mode = auto\n{_SCOPE}"),
    "pytest-asyncio-strict": Mode(ini=_SCOPE, mark="pytest.mark.asyncio"),
    "pytest-asyncio-strict-in-one-loop": Mode(ini=_SCOPE, mark='pytest.mark.asyncio(loop_scope="module")'),
    "pytest-asyncio-auto": Mode(ini=f"asyncio_mode = auto\n{_SCOPE}", args=("-p", "no:anyio")),
    "pytest-asyncio-auto-beside-anyio": Mode(ini=f"asyncio_mode = auto\n{_SCOPE}"),
    "pytest-asyncio-auto-in-one-loop": Mode(
        ini="asyncio_mode = auto\nasyncio_default_fixture_loop_scope = session\n"
        "asyncio_default_test_loop_scope = session"
    ),
}
ON_REAL = [
    "anyio-auto",
    pytest.param("pytest-asyncio-strict", marks=pytest.mark.slow),
    pytest.param("pytest-asyncio-auto", marks=pytest.mark.slow),
]


@dataclass(frozen=True)
class Project:
    """A user's project in a folder of its own."""

    folder: Path
    env: dict[str, str]

    def write(self, **modules: str) -> None:
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(source, encoding="utf-8")

    def run(self, *args: str, env: dict[str, str] | None = None) -> str:
        """Run pytest, and return what it has written."""
        command = [sys.executable, "-m", "pytest", "-rsf", "-W", "error", "-p", "no:cacheprovider", *args]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    path = os.pathsep.join([install_plugin(tmp_path), str(ROOT)])
    return Project(folder, {**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": ""})


def outcomes(output: str) -> dict[str, int]:
    """Read the last line of a run: how many tests have passed, were skipped, …"""
    last = output.strip().splitlines()[-1]
    return {name.rstrip("s"): int(number) for number, name in re.findall(r"(\d+) ([a-z]+)", last)}


def suite(mark: str) -> str:
    source = SUITE.read_text(encoding="utf-8")
    return source.replace("\n\n@activity", f"\npytestmark = {mark}\n\n\n@activity", 1) if mark else source


def prepare(project: Project, mode: str) -> tuple[str, ...]:
    chosen = MODES[mode]
    if "asyncio" in chosen.mark or "asyncio_mode" in chosen.ini:
        pytest.importorskip("pytest_asyncio")
    (project.folder / "pytest.ini").write_text(f"[pytest]\n{chosen.ini}")
    project.write(test_orders=suite(chosen.mark), conftest=BACKEND)
    return chosen.args


# Whichever backends are installed.
BACKEND = """
import pytest

@pytest.fixture(scope="module")
def anyio_backend(): return "asyncio"
"""

TESTS = suite("").count("\nasync def test_")


@pytest.mark.parametrize("mode", MODES)
def test_a_users_tests_pass_in_memory(project: Project, mode: str):
    """Whatever runs a user's asynchronous tests, the fixtures belong to the event loop of the test."""
    output = project.run(*prepare(project, mode))

    assert outcomes(output).get("passed") == TESTS, output
    assert "failed" not in output, output


@pytest.mark.server
@pytest.mark.parametrize("mode", ON_REAL)
def test_the_same_tests_pass_on_a_real_server(project: Project, mode: str):
    """With --temporal=real they run on a dev server, but for the one that moves time."""
    output = project.run("--temporal=real", *prepare(project, mode))

    assert outcomes(output).get("passed") == TESTS - 1, output
    assert outcomes(output).get("skipped") == 1, output
    assert "t.time is virtual: this test does not run on a real server" in output


@pytest.mark.server
@pytest.mark.slow
def test_each_process_of_xdist_has_a_server(project: Project):
    """Under pytest-xdist the tests pass, on a server for each process."""
    pytest.importorskip("xdist")
    output = project.run("--temporal=real", "-n", "2", *prepare(project, "anyio-auto"))

    assert outcomes(output).get("passed") == TESTS - 1, output


SYNC = """
import os

from fastapi import FastAPI
from fastapi.testclient import TestClient

from asyncworker import Worker, activity
from asyncworker.contrib.fastapi import ClientDep, lifespan


@activity.defn(task_queue="orders", start_to_close_timeout=30)
async def pack(order_id: str) -> str:
    return f"{order_id} packed"


app = FastAPI(lifespan=lifespan(Worker(task_queue="orders", activities=[pack])))


@app.post("/orders/{order_id}")
async def create(order_id: str, client: ClientDep) -> str:
    return await client.execute_activity(pack, order_id, id=f"order-{order_id}")


def test_the_app(temporal_target, monkeypatch):
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_target)
    with TestClient(app) as http:
        assert http.post("/orders/7").json() == "7 packed"


def test_an_attempt(activity_environment):
    def attempt() -> int:
        return activity.info().attempt

    assert activity_environment.run(attempt) == 1
"""


def test_def_tests_need_no_asynchronous_plugin(project: Project):
    """A sync TestClient's app connects to temporal_target, which is a server in another thread."""
    project.write(test_app=SYNC)
    output = project.run("-p", "no:anyio", *NO_PLUGINS, "-W", "ignore")

    assert outcomes(output) == {"passed": 2}, output


@pytest.mark.server
def test_def_tests_run_on_a_real_server(project: Project):
    """The same TestClient's app connects to a real server with --temporal=real."""
    project.write(test_app=SYNC)
    output = project.run("--temporal=real", "-p", "no:anyio", *NO_PLUGINS, "-W", "ignore")

    assert outcomes(output) == {"passed": 2}, output


@pytest.mark.parametrize("name", ["fake_temporal", "temporal_client"])
def test_a_def_test_is_told_what_to_use(project: Project, name: str):
    """What needs the test's event loop says so in a test that has none."""
    project.write(test_it=f"def test_it({name}): pass")
    output = project.run(*NO_PLUGINS)

    assert f"the fixture {name} needs the event loop of the test" in output
    assert "temporal_target" in output
    assert outcomes(output) == {"error": 1}


def test_a_users_own_fixture_takes_the_place_of_ours(project: Project):
    """A conftest's fixture of the same name overrides it, and what builds on that name uses it."""
    project.write(
        conftest="""
import pytest
from asyncworker.converter import DataConverter
from asyncworker.testing import FakeTemporal

CONVERTER = DataConverter()

@pytest.fixture
def anyio_backend(): return "asyncio"

@pytest.fixture
def test_worker(): return "ours"

@pytest.fixture
async def fake_temporal():
    async with FakeTemporal(limits={"blob_size_limit_error": 1234}) as temporal:
        yield temporal

@pytest.fixture
def temporal_client_options(): return {"data_converter": CONVERTER}
""",
        test_it="""
async def test_it(test_worker, fake_temporal, temporal_client):
    from conftest import CONVERTER
    assert test_worker == "ours"
    assert fake_temporal.limits.blob_size_limit_error == 1234
    assert temporal_client.data_converter is CONVERTER
    await temporal_client.count_activities()
    assert fake_temporal.requests("CountActivityExecutions")
""",
    )
    (project.folder / "pytest.ini").write_text("[pytest]\nanyio_mode = auto")

    output = project.run(*NO_PLUGINS)

    assert outcomes(output) == {"passed": 1}, output


LOOKS = """
import sys

def test_it(request):
    assert request.config.pluginmanager.has_plugin("asyncworker")
    loaded = {name for name in sys.modules if name.startswith("asyncworker")}
    assert loaded <= {
        "asyncworker", "asyncworker._lazy", "asyncworker.testing", "asyncworker.testing.pytest_plugin"
    }, loaded
    assert not {"grpclib", "pydantic", "betterproto2", "pydantic_core", "hpack"} & {*sys.modules}
"""


def test_nothing_is_imported_before_a_fixture_is_used(project: Project):
    """In a project that does not use them the fixtures cost nothing."""
    project.write(test_it=LOOKS)
    output = project.run(*NO_PLUGINS)

    assert outcomes(output) == {"passed": 1}, output


@pytest.mark.parametrize(("args", "outcome"), [((), "skipped"), (("--temporal=real",), "error")])
def test_without_the_executable_the_reason_is_given(project: Project, args: tuple[str, ...], outcome: str):
    """Tests of a real server are skipped without one, and fail where it was asked for; each says how to get it."""
    project.write(test_it="def test_it(temporal_server): pass")
    output = project.run(*NO_PLUGINS, *args, env={"ASYNCWORKER_TEMPORAL_CLI": "/nowhere/temporal"})

    assert outcomes(output) == {outcome: 1}, output
    assert "there is no real server to test on: '/nowhere/temporal'" in output


def test_the_package_is_imported_as_it_is(project: Project):
    """Pytest rewrites the assertions of the user's tests, and not those of the plugin's whole distribution."""
    project.write(
        test_it="""
import asyncworker.worker

def test_it():
    assert "rewrite" in type(__loader__).__module__
    assert "rewrite" not in type(asyncworker.worker.__loader__).__module__
"""
    )
    output = project.run(*NO_PLUGINS)

    assert outcomes(output) == {"passed": 1}, output


def test_another_backend_than_asyncio_is_skipped(project: Project):
    """A test that anyio runs on trio is skipped, with what to do."""
    pytest.importorskip("trio")
    project.write(
        conftest="import pytest\n@pytest.fixture\ndef anyio_backend(): return 'trio'",
        test_it="async def test_it(temporal_client): pass",
    )
    (project.folder / "pytest.ini").write_text("[pytest]\nanyio_mode = auto")
    output = project.run(*NO_PLUGINS)

    assert outcomes(output) == {"skipped": 1}, output
    assert "asyncworker runs on asyncio, not on trio" in output
