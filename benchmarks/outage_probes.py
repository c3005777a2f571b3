"""What the health probes say while the server is dead, and what becomes of the attempts that are held meanwhile.

``python -m benchmarks.outage_probes [--seconds N]``

The dev server is away for so long (a minute by default) while a worker holds four activities: two that end in the
outage, of which one heartbeats, one that ends after it, and one that waits until it is cancelled after it. ``/livez``
and ``/readyz`` are asked once a second all the time. Then the server comes back, on the same port with the same
database. Exits with 1 if ``/livez`` was ever anything but 200, or an activity did not end in its first attempt.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from asyncworker import ActivityHandle, Client, Worker, activity
from asyncworker.testing import DevServer

_QUEUE = "outage"
# Seconds that a request may take; longer counts as no response.
_TIMEOUT = 2.0
_BEFORE, _AFTER = 5.0, 60.0


@activity.defn
async def ends_after(seconds: float) -> int:
    """Return the attempt's number after so long."""
    await asyncio.sleep(seconds)
    return activity.info().attempt


@activity.defn
async def heartbeats_for(seconds: float) -> int:
    """Do that, and heartbeat meanwhile."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        activity.heartbeat()
        await asyncio.sleep(0.5)
    return activity.info().attempt


@activity.defn
async def waits() -> int:
    """Return the attempt's number when it is cancelled."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return activity.info().attempt
    return 0


def probe(address: str, path: str) -> str:
    """Return the status of a probe, or the kind of error where there is none."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=_TIMEOUT) as response:
            return str(response.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return type(error).__name__


class Probes:
    """The responses so far: how often which, by phase and path."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.phase = "before"
        self.counts: dict[str, Counter[str]] = {}

    async def run(self) -> None:
        """Ask once a second, in a thread."""
        while True:
            for path in ("/livez", "/readyz"):
                phase = self.phase
                status = await asyncio.to_thread(probe, self._address, path)
                self.counts.setdefault(f"{phase} {path}", Counter())[status] += 1
            await asyncio.sleep(1)

    @property
    def was_always_live(self) -> bool:
        """Whether each liveness probe got 200."""
        return all(set(counts) == {"200"} for name, counts in self.counts.items() if name.endswith("/livez"))


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


async def _start_all(client: Client, seconds: float) -> list[ActivityHandle[int]]:
    # Timeouts of the server run on while it is dead: these are longer than that.
    options: dict[str, Any] = {
        "task_queue": _QUEUE,
        "start_to_close_timeout": seconds + 600,
        "heartbeat_timeout": seconds + 300,
        "result_type": int,
    }
    return [
        await client.start_activity("ends_after", _BEFORE + seconds / 2, id="ends while it is dead", **options),
        await client.start_activity("heartbeats_for", _BEFORE + seconds / 2, id="heartbeats meanwhile", **options),
        await client.start_activity("ends_after", _BEFORE + seconds + 10, id="ends later", **options),
        await client.start_activity("waits", id="waits", **options),
    ]


async def run(seconds: float) -> bool:
    """Play it; return whether all was as it should be."""
    address = f"127.0.0.1:{_free_port()}"
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "server.db")
        probes = Probes(address)
        async with DevServer(db_filename=database) as server:
            port, target = server.port, server.target
            client = await Client.connect(target)
            worker = Worker(
                client,
                task_queue=_QUEUE,
                activities=[ends_after, heartbeats_for, waits],
                health_address=address,
                graceful_shutdown_timeout=5,
            )
            await worker.__aenter__()
            handles = await _start_all(client, seconds)
            asking = asyncio.create_task(probes.run())
            await asyncio.sleep(_BEFORE)
        probes.phase = "dead"
        await asyncio.sleep(seconds)
        probes.phase = "back"
        async with DevServer(db_filename=database, port=port):
            await asyncio.sleep(1)
            async with asyncio.timeout(_AFTER):
                await handles[-1].cancel()
                attempts = [await handle.result() for handle in handles]
            asking.cancel()
            await worker.__aexit__(None, None, None)
        await client.close()
    for name, counts in probes.counts.items():
        print(f"{name}: {dict(counts)}", flush=True)
    print(f"attempts in which the activities ended: {attempts}")
    return probes.was_always_live and attempts == [1] * len(attempts)


def main() -> None:
    """Play it, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the server is dead")
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    sys.exit(not asyncio.run(run(options.seconds)))


if __name__ == "__main__":
    main()
