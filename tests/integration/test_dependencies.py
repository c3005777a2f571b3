"""Dependencies against the real server: callers do not see them, and each attempt has its own."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import pytest

from asyncworker import ApplicationError, Client, Depends, activity
from asyncworker.exceptions import ActivityFailureError

from .calls import Caller

pytestmark = pytest.mark.server

log: list[str] = []


class Engine:
    """What lives as long as the worker."""


async def get_engine() -> AsyncIterator[Engine]:
    log.append("+engine")
    yield Engine()
    log.append("-engine")


def get_session(engine: Annotated[Engine, Depends(get_engine, scope="worker")]) -> Iterator[str]:
    log.append("+session")
    try:
        yield f"session of attempt {activity.info().attempt}"
    except ApplicationError as error:
        log.append(error.message)
        raise
    finally:
        log.append("-session")


@activity.defn
async def pack(session: Annotated[str, Depends(get_session)], order: str, boxes: int = 1) -> list[str | int]:
    return [order, boxes, session]


@activity.defn
def weigh(order: str, *, session: str = Depends(get_session)) -> list[str]:
    return [order, session]


@activity.defn(start_to_close_timeout=10)
async def ship(order: str, *, session: str = Depends(get_session)) -> str:
    if activity.info().attempt == 1:
        raise ApplicationError("no lorry", next_retry_delay=0.01)
    return f"{order} {session}"


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.clear()


async def test_workflows_and_clients_pass_the_payload(caller: Caller):
    """A workflow and a client pass the other arguments, and the activity gets its dependencies besides."""
    async with caller.worker(pack, weigh):
        results = [await caller.result(pack, "7"), await caller.result(pack, "8", 2), await caller.result(weigh, "9")]

    assert results == [
        ["7", 1, "session of attempt 1"],
        ["8", 2, "session of attempt 1"],
        ["9", "session of attempt 1"],
    ]
    assert log == ["+engine", *["+session", "-session"] * 3, "-engine"]


async def test_each_attempt_has_its_own(client: Client, task_queue: str):
    """A retry has dependencies of its own, and those of the attempt before have seen its error."""
    from asyncworker import Worker

    async with Worker(client, task_queue=task_queue, activities=[ship]):
        try:
            result = await client.execute_activity(ship, "7", task_queue=task_queue)
        except ActivityFailureError as error:
            raise AssertionError(error.cause) from error
        assert log == ["+engine", "+session", "no lorry", "-session", "+session", "-session"]

    assert result == "7 session of attempt 2"
