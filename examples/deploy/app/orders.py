"""The program that is deployed: one activity, and its worker."""

from __future__ import annotations

import asyncio

from asyncworker import Worker, activity


@activity.defn(start_to_close_timeout=300, heartbeat_timeout=30)
async def pack(order_id: str, items: list[str]) -> str:
    """Pack one item after the other; the next attempt goes on where this one ended."""
    packed = activity.heartbeat_details(int, default=0)
    for number, _ in enumerate(items[packed:], start=packed + 1):
        await asyncio.sleep(1)
        activity.heartbeat(number)
    return f"{order_id}: {len(items)} packed"


worker = Worker(task_queue="orders", activities=[pack])
