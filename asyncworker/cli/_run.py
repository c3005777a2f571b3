"""``asyncworker run``: load workers and run them until a signal or a fatal error."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated

import anyio
import typer

from ..exceptions import ConfigurationError
from ..worker import Worker
from ..worker._signals import on_signals
from ._collector import relax_collector
from ._connection import CODEC_ENDPOINT, takes_connection_of_workers
from ._duration import parse_duration
from ._leave import running
from ._load import call_factory, check_workers, load
from ._logging import LogFormat, LogLevel, configure_logging
from ._probe import parse_address

__all__ = ["run"]

_logger = logging.getLogger(__name__)

Target = Annotated[str, typer.Argument(metavar="MODULE:ATTRIBUTE", help="A Worker, or a sequence of them.")]
AppDir = Annotated[
    Path, typer.Option(envvar="ASYNCWORKER_APP_DIR", help="The directory that modules are imported from first.")
]
Level = Annotated[LogLevel, typer.Option(envvar="ASYNCWORKER_LOG_LEVEL", help="The lowest level that is logged.")]
Format = Annotated[LogFormat, typer.Option(envvar="ASYNCWORKER_LOG_FORMAT", help="How records are written.")]
LogActivities = Annotated[
    bool, typer.Option(envvar="ASYNCWORKER_LOG_ACTIVITIES", help="Log the end of each attempt, at DEBUG.")
]
Factory = Annotated[
    bool, typer.Option("--factory", envvar="ASYNCWORKER_FACTORY", help="ATTRIBUTE is a function that makes them.")
]
Uvloop = Annotated[
    bool | None, typer.Option(envvar="ASYNCWORKER_UVLOOP", help="Run on uvloop. Default: if it is installed.")
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


@takes_connection_of_workers
def run(
    target: Target,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    log_level: Level = LogLevel.INFO,
    log_format: Format = LogFormat.TEXT,
    log_activities: LogActivities = False,
    uvloop: Uvloop = None,
    max_concurrent_activities: MaxConcurrent = None,
    graceful_shutdown_timeout: Grace = None,
    health_address: Health = None,
) -> None:
    """Run workers, in production.

    The first SIGINT, SIGTERM or SIGHUP lets activities finish, the second cancels them, the third abandons them. The
    exit code is 0 after such a shutdown, 1 if a worker could not start or failed, 2 if a setting is wrong.
    """
    configure_logging(log_level, log_format, activities=log_activities)
    found = load(target, app_dir)
    relax_collector()

    async def main() -> None:
        workers = check_workers(await call_factory(found, target) if factory else found, target)
        for worker in workers:
            # The command line overrides the code.
            worker.configure(
                max_concurrent_activities=max_concurrent_activities,
                graceful_shutdown_timeout=graceful_shutdown_timeout,
                health_address=health_address,
            )
        _say_unused_codec(workers)
        await run_workers(workers)

    with running(_loop_factory(uvloop)) as runner:
        runner.run(main())


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
