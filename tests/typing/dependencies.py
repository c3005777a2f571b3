"""What type checkers must know of dependencies; checked by mypy --strict and pyright, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, assert_type

from asyncworker import Client, Depends, Worker, activity
from asyncworker.client import ActivityHandle
from asyncworker.testing import ActivityEnvironment


class Order:
    """Something of the user's."""


class Session:
    """What an activity depends on."""


async def get_session() -> AsyncIterator[Session]:
    yield Session()


# One for all activities; the default says to type checkers that callers leave it out.
SESSION = Depends(get_session)
SessionDep = Annotated[Session, Depends(get_session)]


@activity.defn
async def pack(order: Order, *, session: Session = SESSION) -> str:
    assert_type(session, Session)
    raise NotImplementedError


@activity.defn
async def weigh(order: Order, boxes: int = 1, *, session: SessionDep = Depends()) -> float:
    assert_type(session, Session)
    raise NotImplementedError


@activity.defn
def ship(context: activity.Context, order: Order, session: Session = Depends(get_session, scope="worker")) -> int:
    raise NotImplementedError


@activity.defn
async def store(order: Order, session: SessionDep) -> bool:
    raise NotImplementedError


class Depot:
    @activity.defn
    async def find(self, order: Order, *, session: SessionDep = Depends()) -> str:
        raise NotImplementedError


async def callers_leave_them_out(client: Client, order: Order) -> None:
    assert_type(await client.start_activity(pack, order), ActivityHandle[str])
    assert_type(await client.execute_activity(weigh, order), float)
    assert_type(await client.execute_activity(weigh, order, 2), float)
    assert_type(await client.execute_activity(ship, order), int)
    assert_type(await client.execute_activity_method(Depot.find, order), str)
    await client.start_activity(pack, "no order")  # type: ignore[arg-type]
    # One that is keyword-only cannot be passed by mistake.
    await client.start_activity(pack, order, Session())  # type: ignore[arg-type, call-arg]
    # Without a default, type checkers want it passed, and the client refuses it: args=[…] is not checked.
    await client.start_activity(store, order)  # type: ignore[arg-type]
    assert_type(await client.execute_activity(store, args=[order]), bool)


async def plain_calls_pass_them(order: Order) -> None:
    assert_type(await pack(order, session=Session()), str)
    assert_type(await store(order, Session()), bool)
    await pack(order, session=Order())  # type: ignore[arg-type]


async def an_environment_fills_them_in(order: Order) -> None:
    assert_type(await ActivityEnvironment().run(pack, order), str)
    assert_type(await ActivityEnvironment().run(pack, order, session=Session()), str)


def overrides_are_blocks(worker: Worker) -> None:
    with worker.override(get_session, Session) as nothing:
        assert_type(nothing, None)
    worker.override(get_session, 7)  # type: ignore[arg-type]
    Depends(get_session, scope="request")  # type: ignore[arg-type]
    Depends(7)  # type: ignore[arg-type]
