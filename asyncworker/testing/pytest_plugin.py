"""Fixtures for pytest: servers in memory and real ones, clients, workers and activities.

pytest loads it by its entry point in every run of every project that has asyncworker installed, so it imports nothing
of the package before a fixture is used.

An asynchronous fixture is run by the plugin that runs the test, and in its event loop: anyio's, or pytest-asyncio's in
the loop's scope. So each of those here is a plain one, which asks for a variant of its own that belongs to the test's
plugin.
"""

from __future__ import annotations

import sys
import types
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asyncworker import Client, Worker
    from asyncworker.testing import ActivityEnvironment, DevServer, FakeTemporal, TestWorker

# pytest rewrites the assertions of a plugin's whole distribution, so that their failures are explained. The package's
# own are not a user's to be explained, and rewriting them adds a second to the first import of each run.
for _finder in sys.meta_path:
    _marked = getattr(_finder, "_must_rewrite", None)
    if isinstance(_marked, set):
        _marked.discard(__name__.partition(".")[0])

_SCOPES = ("function", "class", "module", "package", "session")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("temporal", "Temporal (asyncworker)").addoption(
        "--temporal",
        choices=("fake", "real"),
        default=None,
        help="what temporal_client, temporal_target and test_worker run on: a server in memory (fake, the default), or"
        " a real dev server",
    )


def pytest_configure(config: pytest.Config) -> None:
    plugin = config.pluginmanager.get_plugin("asyncio")
    if plugin is not None and hasattr(plugin, "fixture"):
        config.pluginmanager.register(_variants_of_pytest_asyncio(plugin.fixture), "asyncworker-pytest-asyncio")


def _variants_of_pytest_asyncio(fixture: Callable[..., Any]) -> types.ModuleType:
    """Return the asynchronous fixtures for each scope that an event loop of pytest-asyncio's may have."""
    holder = types.ModuleType("asyncworker_pytest_asyncio")
    for scope in _SCOPES:
        for name, function in _ASYNCHRONOUS.items():
            variant = _variant(name, scope)
            # A function of its own: pytest-asyncio leaves the scope on it.
            own = types.FunctionType(function.__code__, function.__globals__, variant)
            setattr(holder, variant, fixture(loop_scope=scope, name=variant)(own))
    return holder


def _variant(name: str, plugin: str) -> str:
    return f"_{name}_{plugin}"


# For tests


@pytest.fixture(scope="session")
def temporal_server(request: pytest.FixtureRequest) -> Iterator[DevServer]:
    """A real Temporal dev server, one for each process that runs tests; without its executable tests are skipped.

    With ``--temporal=real`` they fail instead.
    """
    from anyio.from_thread import start_blocking_portal

    from asyncworker.exceptions import ConfigurationError
    from asyncworker.testing import DevServer
    from asyncworker.testing._dev_server import find_temporal

    try:
        find_temporal()
    except ConfigurationError as error:
        _refuse_server(request.config, str(error))
    # Tests have event loops of their own, and the server outlives them: its loop is in another thread.
    with start_blocking_portal("asyncio") as portal, portal.wrap_async_context_manager(DevServer()) as server:
        yield server


@pytest.fixture
def fake_temporal(request: pytest.FixtureRequest) -> FakeTemporal:
    """A Temporal server in memory, for an ``async def`` test.

    Timeouts pass as on a real server; a retry comes at once.
    """
    found: FakeTemporal = _of_the_loop(request, "fake_temporal")
    return found


@pytest.fixture
def temporal_client_options() -> Mapping[str, Any]:
    """Options of :func:`temporal_client`, such as ``data_converter`` and ``interceptors``: for tests to override."""
    return {}


@pytest.fixture
def temporal_client(request: pytest.FixtureRequest) -> Client:
    """A client of the server that ``--temporal`` names, for an ``async def`` test."""
    _require_loop(request, "temporal_client")
    # The server first: the client is closed before it.
    request.getfixturevalue("temporal_server" if _mode(request.config) == "real" else "fake_temporal")
    found: Client = _of_the_loop(request, "temporal_client")
    return found


@pytest.fixture
def temporal_target(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the server that ``--temporal`` names, as ``host:port``; for tests with ``def``, too."""
    if _mode(request.config) == "real":
        yield request.getfixturevalue("temporal_server").target
    elif _plugin_of(request) is not None:
        yield request.getfixturevalue("fake_temporal").target
    else:
        with _fake_in_a_thread() as fake:
            yield fake.target


@pytest.fixture
def activity_environment() -> ActivityEnvironment:
    """One attempt of an activity, without a server."""
    from asyncworker.testing import ActivityEnvironment

    return ActivityEnvironment()


@pytest.fixture
def test_worker(request: pytest.FixtureRequest) -> Callable[..., TestWorker]:
    """What runs a worker on the server that ``--temporal`` names, in a block.

    ::

        async with test_worker(worker) as t:
            assert await t.run(pack, "7") == "7: packed"

    ``data_converter`` and ``interceptors`` can be given as well, in place of those of the worker's client. In memory it
    is a :class:`~asyncworker.testing.TestWorker`, whose time is virtual. On a real server a test that asks for what
    only that has, as ``t.time``, is skipped. Within the block of one worker a second runs on the same server.
    """
    if _plugin_of(request) == "anyio":
        _require_asyncio(request)
    if _mode(request.config) == "real":
        from asyncworker.testing._server_worker import ServerTestWorker

        server: DevServer = request.getfixturevalue("temporal_server")

        def on_server(worker: Worker, **options: Any) -> TestWorker:
            return ServerTestWorker(
                worker, target=server.target, namespace=server.namespace, skip=pytest.skip, **options
            )

        return on_server
    from asyncworker.testing import TestWorker

    made: list[TestWorker] = []

    def in_memory(worker: Worker, **options: Any) -> TestWorker:
        # A second worker of the test runs beside the first: on its server, in its time.
        running = next((each for each in made if each._is_running), None)
        if running is not None:
            options.setdefault("temporal", running.temporal)
        made.append(TestWorker(worker, **options))
        return made[-1]

    return in_memory


# pytest would collect it as a test where it is imported.
test_worker.__test__ = False  # type: ignore[attr-defined]


# The asynchronous ones


async def _open_fake_temporal() -> AsyncIterator[FakeTemporal]:
    from asyncworker.testing import FakeTemporal

    async with FakeTemporal(time="real", skip_backoff=True) as temporal:
        yield temporal


async def _open_temporal_client(
    request: pytest.FixtureRequest, temporal_client_options: Mapping[str, Any]
) -> AsyncIterator[Client]:
    if _mode(request.config) == "fake":
        yield request.getfixturevalue("fake_temporal").client(**temporal_client_options)
        return
    from asyncworker import Client

    server: DevServer = request.getfixturevalue("temporal_server")
    options = {"namespace": server.namespace, **temporal_client_options}
    async with await Client.connect(server.target, **options) as client:
        yield client


_ASYNCHRONOUS: dict[str, Any] = {
    "fake_temporal": _open_fake_temporal,
    "temporal_client": _open_temporal_client,
}

_fake_temporal_anyio = pytest.fixture(_open_fake_temporal, name=_variant("fake_temporal", "anyio"))
_temporal_client_anyio = pytest.fixture(_open_temporal_client, name=_variant("temporal_client", "anyio"))


def _of_the_loop(request: pytest.FixtureRequest, name: str) -> Any:
    """Return the variant of an asynchronous fixture that is opened in the event loop of the test."""
    return request.getfixturevalue(_variant(name, _require_loop(request, name)))


def _require_loop(request: pytest.FixtureRequest, name: str) -> str:
    """Return what runs the test's event loop; end the test if there is none, or none of asyncio's."""
    plugin = _plugin_of(request)
    if plugin is None:
        pytest.fail(
            f"the fixture {name} needs the event loop of the test: make it an `async def` test, run by anyio's plugin"
            " (pytest.mark.anyio, or anyio_mode = auto) or by pytest-asyncio. A `def` test can connect to"
            " temporal_target",
            pytrace=False,
        )
    if plugin == "anyio":
        _require_asyncio(request)
    return plugin


def _plugin_of(request: pytest.FixtureRequest) -> str | None:
    """Return what runs the test: ``anyio``, or the scope of pytest-asyncio's loop; ``None`` for a ``def`` test."""
    if "anyio_backend" in request.fixturenames:
        return "anyio"
    item = request.node
    function = getattr(item, "obj", None)
    function = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    marker = item.get_closest_marker("asyncio")
    if marker is None or not iscoroutinefunction(function) or not request.config.pluginmanager.has_plugin("asyncio"):
        return None
    default = request.config.getini("asyncio_default_test_loop_scope")
    return str(marker.kwargs.get("loop_scope") or marker.kwargs.get("scope") or default or "function")


def _require_asyncio(request: pytest.FixtureRequest) -> None:
    backend = request.getfixturevalue("anyio_backend")
    name = backend if isinstance(backend, str) else backend[0]
    if name != "asyncio":
        pytest.skip(f"asyncworker runs on asyncio, not on {name}: have the fixture anyio_backend return 'asyncio'")


# How


def _mode(config: pytest.Config) -> Literal["fake", "real"]:
    return "real" if config.getoption("--temporal") == "real" else "fake"


def _refuse_server(config: pytest.Config, why: str) -> NoReturn:
    message = f"there is no real server to test on: {why}"
    if _mode(config) == "real":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@contextmanager
def _fake_in_a_thread() -> Iterator[FakeTemporal]:
    from anyio.from_thread import start_blocking_portal

    from asyncworker.testing import FakeTemporal

    temporal = FakeTemporal(time="real", skip_backoff=True)
    with start_blocking_portal("asyncio") as portal, portal.wrap_async_context_manager(temporal):
        yield temporal
