"""``asyncworker run``: load workers and run them until a signal or a fatal error."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import math
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from ...client._waiting import waiting_for_servers
from ...exceptions import ConfigurationError
from ...worker import Worker
from ...worker._signals import leaving_on_signals, on_signals
from .._connection import CODEC_ENDPOINT, naming_the_address, takes_connection_of_workers
from .._duration import parse_duration
from .._entrypoint import find_entrypoint
from .._leave import running
from .._load import load, workers_from
from .._logging import LogFormat, LogLevel, configure_logging, configure_logging_from
from .._probe import parse_address
from ._collector import relax_collector
from ._metrics import add_metrics
from ._options import AppDir, Factory, Format, Level, Target, Uvloop

__all__ = ["run"]

_logger = logging.getLogger(__name__)

# Longer than a server and its database take to start beside the worker.
_WAIT_FOR_SERVER = 120.0
_WAIT = "if it takes longer to start, wait for it with --wait-for-server"


def parse_wait(text: str | float) -> float:
    """Return a duration in seconds, or infinity for ``forever``.

    Raises:
        typer.BadParameter: It is neither.
    """
    return math.inf if text == "forever" else parse_duration(text)


LogActivities = Annotated[
    bool, typer.Option(envvar="ASYNCWORKER_LOG_ACTIVITIES", help="Log the end of each attempt, at DEBUG.")
]
MaxConcurrent = Annotated[
    int | None,
    typer.Option(
        min=1, envvar="ASYNCWORKER_MAX_CONCURRENT_ACTIVITIES", help="Slots of each worker, instead of its own number."
    ),
]
Grace = Annotated[
    float | None,
    typer.Option(
        parser=parse_duration,
        metavar="DURATION",
        envvar="ASYNCWORKER_GRACEFUL_SHUTDOWN_TIMEOUT",
        help="How long activities may run on once the worker stops, instead of its own number.",
    ),
]

Health = Annotated[
    str | None,
    typer.Option(
        parser=parse_address,
        metavar="HOST:PORT",
        envvar="ASYNCWORKER_HEALTH_ADDRESS",
        help="Respond to health probes here, /livez and /readyz, instead of the workers' own address.",
    ),
]
Metrics = Annotated[
    bool | None,
    typer.Option(
        envvar="ASYNCWORKER_METRICS",
        help="Serve /metrics for Prometheus at the health address. Default: if prometheus_client is installed.",
    ),
]
LogConfig = Annotated[
    Path | None,
    typer.Option(
        envvar="ASYNCWORKER_LOG_CONFIG",
        help="Configure logging from this file (.json, .toml, .yaml, else ini), instead of the other log flags.",
    ),
]
WaitForServer = Annotated[
    float,
    typer.Option(
        parser=parse_wait,
        metavar="DURATION|forever",
        envvar="ASYNCWORKER_WAIT_FOR_SERVER",
        help="How long to wait for a server that is not there yet, before the command ends.",
    ),
]


@takes_connection_of_workers
def run(
    target: Target = None,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    log_level: Level = LogLevel.INFO,
    log_format: Format = LogFormat.TEXT,
    log_activities: LogActivities = False,
    log_config: LogConfig = None,
    uvloop: Uvloop = None,
    max_concurrent_activities: MaxConcurrent = None,
    graceful_shutdown_timeout: Grace = None,
    health_address: Health = None,
    metrics: Metrics = None,
    wait_for_server: WaitForServer = _WAIT_FOR_SERVER,
) -> None:
    """Run workers, in production.

    The first SIGINT, SIGTERM or SIGHUP lets activities finish, the second cancels them, the third abandons them. The
    exit code is 0 after such a shutdown, 1 if a worker could not start or failed, 2 if a setting is wrong.
    """
    if log_config is None:
        configure_logging(log_level, log_format, activities=log_activities)
    else:
        configure_logging_from(log_config)
    entrypoint = find_entrypoint(target, app_dir, factory=factory)

    async def main(found: Any) -> None:
        async with AsyncExitStack() as stack:
            # In a factory. Connections that activities make are not to wait for so long.
            with waiting_for_servers(wait_for_server):
                workers = await stack.enter_async_context(workers_from(found, entrypoint))
            for worker in workers:
                # The command line overrides the code.
                worker.configure(
                    max_concurrent_activities=max_concurrent_activities,
                    graceful_shutdown_timeout=graceful_shutdown_timeout,
                    health_address=health_address,
                    connect_timeout=wait_for_server,
                )
            _say_unused_codec(workers)
            add_metrics(workers, wanted=metrics)
            await run_workers(workers)

    # Modules and factories may take minutes, and the first process of a container has no default that would end it.
    with leaving_on_signals():
        found = load(entrypoint.target, entrypoint.app_dir)
        relax_collector()
        with running(_loop_factory(uvloop)) as runner, naming_the_address(_WAIT):
            runner.run(main(found))


def _say_unused_codec(workers: Sequence[Worker]) -> None:
    clients = [worker.client for worker in workers]
    if os.environ.get(CODEC_ENDPOINT) and not any(each and each.data_converter.has_codec for each in clients):
        _logger.info("%s is set, and workers do not use it: a codec is given to them in code", CODEC_ENDPOINT)


def _loop_factory(uvloop: bool | None) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if uvloop is False:
        return None
    if importlib.util.find_spec("uvloop") is None:
        if uvloop:
            raise ConfigurationError('--uvloop: it is not installed: pip install "temporal-asyncworker[uvloop]"')
        return None
    from uvloop import new_event_loop

    factory: Callable[[], asyncio.AbstractEventLoop] = new_event_loop
    return factory


async def run_workers(workers: Sequence[Worker]) -> None:
    """Run all of *workers*; a signal stops them all, and so does the failure of one."""
    if len(workers) == 1:
        await workers[0].run()
        return
    errors: list[Exception] = []

    def stop(number: signal.Signals) -> None:
        _logger.info("got %s", number.name)
        for worker in workers:
            worker._escalate()

    async def wait_for(run: Awaitable[None]) -> None:
        try:
            await run
        except Exception as error:  # noqa: BLE001 - raised when all have ended: in the group it would cancel the others
            errors.append(error)
            for worker in workers:
                group.start_soon(worker.shutdown)

    with on_signals(stop):
        async with anyio.create_task_group() as group:
            for worker in workers:
                group.start_soon(wait_for, worker.run(handle_signals=False))
    if errors:
        raise errors[0]
