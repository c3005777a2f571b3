"""A worker whose activities fork, in a process of its own: run with the loop's and the activity's name as arguments."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import uvloop

from asyncworker import Worker, activity
from asyncworker.testing import FakeTemporal

ROUNDS = 10
fork = multiprocessing.get_context("fork")


def sleeper() -> multiprocessing.process.BaseProcess:
    process = fork.Process(target=time.sleep, args=(60,))
    process.start()
    return process


def codes(processes: list[multiprocessing.process.BaseProcess]) -> str:
    for process in processes:
        process.join()
    return str(sorted({process.exitcode for process in processes}))  # type: ignore[type-var]


@activity.defn
def pools() -> str:
    for _ in range(ROUNDS):
        # The first example of Python's documentation. Leaving the block terminates the children.
        with fork.Pool(2) as pool:
            pool.map(abs, range(100))
    return "done"


@activity.defn
def processes() -> str:
    children = []
    for _ in range(ROUNDS):
        children.append(sleeper())
        # At once: it may not have begun.
        children[-1].terminate()
    return codes(children)


@activity.defn
def executor() -> str:
    with ProcessPoolExecutor(2, mp_context=fork) as executor:
        future = executor.submit(time.sleep, 60)
        for pid in list(executor._processes):
            os.kill(pid, signal.SIGTERM)
        try:
            return str(future.result())
        except BrokenProcessPool:
            return "broken"


@activity.defn
async def forks() -> str:
    statuses = []
    for _ in range(ROUNDS):
        # On the loop, in the main thread.
        try:
            pid = os.fork()
            if not pid:
                time.sleep(60)  # noqa: ASYNC251 - the child has no loop to run
                os._exit(0)
        except KeyboardInterrupt:
            # The child's, which may get it before its next line.
            os._exit(signal.SIGINT)
        os.kill(pid, signal.SIGINT)
        status = (await asyncio.to_thread(os.waitpid, pid, 0))[1]
        # By Python's handler, or by the kernel if it came before that was there.
        statuses.append(abs(os.waitstatus_to_exitcode(status)))
    return str(sorted(set(statuses)))


@activity.defn
async def group() -> str:
    children = [sleeper() for _ in range(3)]
    os.killpg(os.getpgrp(), signal.SIGTERM)
    result = await asyncio.to_thread(codes, children)
    await activity.wait_for_worker_shutdown()
    # A second signal would cancel this.
    await asyncio.sleep(0.2)
    return result


async def main(name: str) -> None:
    signals: list[logging.LogRecord] = []
    logger = logging.getLogger("asyncworker.worker.run._host")
    logger.addFilter(lambda record: signals.append(record) if "got SIG" in record.getMessage() else None)  # type: ignore[return-value]
    logger.setLevel(logging.INFO)
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        worker = Worker(temporal.client(), task_queue="q", activities=[pools, processes, executor, forks, group])
        running = asyncio.create_task(worker.run())
        task = temporal.add_task(name, task_queue="q")
        await task.wait_closed(timeout=40)
        await worker.shutdown()
        await running
        print(f"{task.state} {task.result if task.state == 'Completed' else task.last_failure}, {len(signals)} signals")


if __name__ == "__main__":
    factory = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}[sys.argv[1]]
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main(sys.argv[2]))
