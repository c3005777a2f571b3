"""Four activities and a worker, against a real Temporal server that this script starts and stops.

Run it with ``make run``, or, where asyncworker is installed with its ``dev`` or ``server`` and ``cli`` extras, with
``python examples/quickstart.py``.
"""

from __future__ import annotations

import asyncio
import logging

from rich.console import Console
from rich.progress import Progress

from asyncworker import ActivityHandle, Client, RetryPolicy, Worker, activity
from asyncworker.exceptions import ActivityFailureError
from asyncworker.testing import DevServer

# The activities. A worker runs them; to start one it is enough to know its name.


@activity.defn(task_queue="quickstart", start_to_close_timeout=10)
async def append_word(text: str, word: str) -> str:
    return f"{text} {word}"


@activity.defn(
    task_queue="quickstart",
    start_to_close_timeout=30,
    # Heartbeats reach the server within 0.8 × this.
    heartbeat_timeout=0.25,
    retry_policy=RetryPolicy(initial_interval=0.2),
)
async def copy_pages(pages: int) -> str:
    # A retry continues where the last attempt's heartbeats ended.
    first = activity.heartbeat_details(int, default=0)
    for page in range(first, pages):
        activity.heartbeat(page)
        if page == pages // 2 and activity.info().attempt == 1:
            raise OSError("paper jam")
        await asyncio.sleep(0.05)
    activity.heartbeat(pages)
    return f"{pages} pages, the last {pages - first} of them in attempt {activity.info().attempt}"


@activity.defn(task_queue="quickstart", start_to_close_timeout=60, heartbeat_timeout=1)
async def wait_for_rain() -> None:
    try:
        while True:
            activity.heartbeat("dry")
            await asyncio.sleep(0.1)
    finally:
        # Clean-up may await: the cancellation comes once.
        await asyncio.sleep(0.1)
        activity.logger.info("umbrella put away")


approvals: asyncio.Queue[bytes] = asyncio.Queue()


@activity.defn(task_queue="quickstart", start_to_close_timeout=60)
async def ask_a_person(question: str) -> bool:
    activity.logger.info("asking: %s", question)
    # Any process that has the task token can complete the activity. Here it stays in this one.
    approvals.put_nowait(activity.info().task_token)
    activity.raise_complete_async()


# What to show of them.

console = Console(highlight=False)


async def simple(client: Client) -> None:
    result = await client.execute_activity(append_word, "hello", "world")
    console.print(f"[bold]append_word[/] returned {result!r}")


async def resumed(client: Client) -> None:
    handle = await client.start_activity(copy_pages, 40)
    with Progress(console=console) as progress:
        bar = progress.add_task("[bold]copy_pages[/]", total=40)
        async for page in handle.progress(int):
            progress.update(bar, completed=page)
        progress.update(bar, completed=40)
    console.print(f"[bold]copy_pages[/] failed half way, was resumed, and copied {await handle.result()}")


async def cancelled(client: Client) -> None:
    handle = await client.start_activity(wait_for_rain)
    await first_heartbeat(handle)
    await handle.cancel(reason="the weather report is in")
    try:
        await handle.result()
    except ActivityFailureError as error:
        console.print(f"[bold]wait_for_rain[/] was cancelled half way: {error.cause!r}")


async def first_heartbeat(handle: ActivityHandle[None]) -> None:
    async for _ in handle.progress():
        return


async def completed_from_outside(client: Client) -> None:
    handle = await client.start_activity(ask_a_person, "Shall we?")
    token = await approvals.get()
    await client.get_async_activity_handle(task_token=token).complete(True)
    console.print(f"[bold]ask_a_person[/] was completed from outside, with {await handle.result()}")


async def main() -> None:
    # A worker warns of each failed attempt. The one here is part of the show.
    logging.getLogger("asyncworker").setLevel(logging.ERROR)
    async with (
        DevServer() as server,
        await Client.connect(server.target) as client,
        Worker(
            client,
            task_queue="quickstart",
            activities=[append_word, copy_pages, wait_for_rain, ask_a_person],
        ),
    ):
        console.print(f"A worker polls task queue 'quickstart' of the Temporal server at {server.target}")
        await simple(client)
        await resumed(client)
        await cancelled(client)
        await completed_from_outside(client)
    console.print("Worker and server have stopped.")


if __name__ == "__main__":
    asyncio.run(main())
