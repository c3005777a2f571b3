"""Our worker, which runs the peer's activities by the bridge."""

from __future__ import annotations

import argparse
import asyncio
import gc
from pathlib import Path

from temporalio.client import Client as TheirClient

from asyncworker import Client, Worker
from asyncworker.client import TLSConfig
from asyncworker.contrib.temporalio import TemporalioInterceptor, from_temporalio

from .temporalio_worker import greet, heartbeat, sleep


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--task-queue", default="benchmark")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--slots", type=int, default=100)
    parser.add_argument("--polls", type=int, default=5)
    parser.add_argument("--gc-threshold", type=int, help="new objects after which Python looks for garbage")
    return parser.parse_args()


async def main(options: argparse.Namespace) -> None:
    tls = TLSConfig(server_root_ca_cert=options.certificate) if options.certificate else False
    client = await Client.connect(options.target, tls=tls)
    # Not connected until an activity asks for it, as these do not.
    theirs = await TheirClient.connect(options.target, lazy=True)
    worker = Worker(
        client,
        task_queue=options.task_queue,
        activities=[from_temporalio(each) for each in (greet, sleep, heartbeat)],
        interceptors=[TemporalioInterceptor(theirs)],
        max_concurrent_activities=options.slots,
        max_concurrent_activity_task_polls=options.polls,
    )
    await worker.run()


if __name__ == "__main__":
    arguments = parse()
    if arguments.gc_threshold is not None:
        gc.set_threshold(arguments.gc_threshold, 10, 10)
    asyncio.run(main(arguments))
