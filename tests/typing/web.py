"""What type checkers must know of an app with workers in it; checked by mypy --strict, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict, assert_type

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry

from asyncworker import Client, Worker, activity
from asyncworker.contrib.fastapi import ClientDep, health_router, lifespan


class State(TypedDict):
    dsn: str


@asynccontextmanager
async def opened(app: FastAPI) -> AsyncIterator[State]:
    yield {"dsn": app.title}


@asynccontextmanager
async def opened_by_a_worker(worker: Worker) -> AsyncIterator[int]:
    yield 1


@activity.defn
async def pack() -> str:
    return activity.state(State)["dsn"]


def an_app_takes_workers_with_any_state() -> None:
    worker = Worker(task_queue="depot", activities=[pack], lifespan=opened_by_a_worker)
    plain = Worker[State](task_queue="depot", activities=[pack])
    app = FastAPI(lifespan=lifespan(worker, plain, app_lifespan=opened, wait_for_server=False, rpc_timeout=3))
    assert_type(health_router(worker, plain, registry=CollectorRegistry()), APIRouter)
    app.include_router(health_router())
    assert_type(plain.state, State)
    lifespan("worker")  # type: ignore[arg-type]
    health_router("worker")  # type: ignore[arg-type]


async def a_route_has_a_client(client: ClientDep) -> None:
    assert_type(client, Client)
    assert_type(client.with_rpc_timeout(3), Client)
    client.with_rpc_timeout("3s")  # type: ignore[arg-type]
