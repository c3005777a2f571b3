"""Our worker, with its default settings; on uvloop if asked to."""

from __future__ import annotations

import argparse
import asyncio
import gc
from pathlib import Path
from typing import Any

from asyncworker import Client, Worker, activity
from asyncworker.client import TLSConfig
from asyncworker.worker import Observer, WorkerEvent


@activity.defn
async def greet(name: str) -> str:
    return f"Hello, {name}!"


@activity.defn
async def sleep(name: str) -> str:
    await asyncio.sleep(3600)
    return name


@activity.defn
async def heartbeat(name: str) -> str:
    for done in range(3600):
        activity.heartbeat(done)
        await asyncio.sleep(1)
    return name


def ignore(event: WorkerEvent) -> None:
    """An observer that costs a call."""


def metrics() -> Observer:
    """Make the observer for Prometheus."""
    from prometheus_client import CollectorRegistry

    from asyncworker.contrib.prometheus import PrometheusObserver

    return PrometheusObserver(CollectorRegistry())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--task-queue", default="benchmark")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--slots", type=int, default=100)
    parser.add_argument("--polls", type=int, default=5)
    parser.add_argument("--uvloop", action="store_true")
    parser.add_argument("--gc-threshold", type=int, help="new objects after which Python looks for garbage")
    parser.add_argument("--transport", choices=["default", "grpclib"], default="default")
    parser.add_argument("--no-watch", action="store_true", help="do not watch silent activities")
    parser.add_argument("--observers", type=int, default=0, help="how many, each of which does nothing")
    parser.add_argument("--prometheus", action="store_true", help="keep metrics")
    parser.add_argument("--profile", metavar="FILE", help="run under cProfile, and write its statistics on SIGINT")
    return parser.parse_args()


async def main(options: argparse.Namespace) -> None:
    tls = TLSConfig(server_root_ca_cert=options.certificate) if options.certificate else False
    client = await Client.connect(options.target, tls=tls, transport=options.transport)
    # By its default where it is there: `--against` runs this script with older revisions too.
    watch: dict[str, Any] = {"cancellation_watch": None} if options.no_watch else {}
    worker = Worker(
        client,
        task_queue=options.task_queue,
        activities=[greet, sleep, heartbeat],
        max_concurrent_activities=options.slots,
        max_concurrent_activity_task_polls=options.polls,
        observers=[*[ignore] * options.observers, *([metrics()] if options.prometheus else [])],
        **watch,
    )
    await worker.run()


def run(options: argparse.Namespace) -> None:
    """Run the worker on the event loop that is asked for."""
    if options.uvloop:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main(options))
    else:
        asyncio.run(main(options))


def trace(options: argparse.Namespace) -> None:
    """Run the worker under cProfile."""
    import cProfile

    profile = cProfile.Profile()
    profile.runcall(run, options)
    profile.dump_stats(options.profile)


if __name__ == "__main__":
    arguments = parse()
    if arguments.gc_threshold is not None:
        gc.set_threshold(arguments.gc_threshold, 10, 10)
    trace(arguments) if arguments.profile else run(arguments)
