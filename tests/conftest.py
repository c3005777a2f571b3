"""What every test can ask for: coroutines run on asyncio, one dev server for the whole run, a task queue of its own."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from shared_servers import ServersForProcesses, SharedServer, asking_for_servers

from asyncworker.exceptions import ConfigurationError
from asyncworker.testing._dev_server import BINARY_VARIABLE, find_temporal

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")


def pytest_configure(config: pytest.Config) -> None:
    # The developer's own settings are not part of what is tested.
    for name in list(os.environ):
        if name.startswith(("TEMPORAL_", "ASYNCWORKER_")) and name != BINARY_VARIABLE:
            del os.environ[name]
    os.environ["TEMPORAL_CONFIG_FILE"] = os.devnull
    # What a script starts in the background ignores Ctrl-C, and so would every program that the tests interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # What `nohup` starts ignores hangups, and so would every program that the tests hang up on.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ServersForProcesses())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    without_server = _why_no_server()
    without_prometheus = shutil.which("prometheus") is None or shutil.which("promtool") is None
    for item in items:
        if "shared_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.server)
        if "command" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.process)
        if without_server and item.get_closest_marker("server"):
            item.add_marker(pytest.mark.skip(reason=without_server))
        if without_prometheus and item.get_closest_marker("prometheus"):
            item.add_marker(pytest.mark.skip(reason="no prometheus: apt-get install prometheus"))


def pytest_collection_finish() -> None:
    # A million objects that live to the end of the run: no collection needs to look at them.
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    # Hypothesis, imported for its report, asks who refers to an object, and frozen ones are not shown to it.
    gc.unfreeze()


def _why_no_server() -> str | None:
    try:
        find_temporal()
    except ConfigurationError as error:
        return str(error)
    return None


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """asyncio: the transport knows no other."""
    return "asyncio"


@pytest.fixture(scope="session")
def shared_server(request: pytest.FixtureRequest) -> Iterator[Callable[[str], SharedServer]]:
    """What starts a server of the run by its name, if it is not there yet."""
    with asking_for_servers(request.config) as ask:
        yield ask


@pytest.fixture(scope="session")
def dev_server(shared_server: Callable[[str], SharedServer]) -> SharedServer:
    """The one server of this run.

    It ends the open polls of a worker that stops, so that no test has to wait until they run out, and its timers are
    exact.
    """
    return shared_server("default")


@pytest.fixture
def task_queue(request: pytest.FixtureRequest) -> str:
    """A task queue that no other test uses."""
    return f"{request.node.name[:100]}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """A real Chromium, without a window."""
    if CHROMIUM is None or CHROMEDRIVER is None:
        reason = "needs Chromium and its driver: apt-get install chromium chromium-driver"
        # Set by `.ci/run` where it has installed both.
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    with tempfile.TemporaryDirectory() as profile:
        for flag in (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(flag)
        driver = webdriver.Chrome(options, webdriver.ChromeService(CHROMEDRIVER))
        yield driver
        driver.quit()
