"""What a run begins with: a client, and the namespace as the server describes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import anyio

from .._events import RequestFinished
from ..control._namespace import Namespace, describe_namespace

if TYPE_CHECKING:
    from ...client import Client
    from ._state import RunState

__all__ = ["Connection", "connected"]


class Connection(NamedTuple):
    """A client, and its namespace."""

    client: Client
    namespace: Namespace


@asynccontextmanager
async def connected(run: RunState) -> AsyncIterator[Connection | None]:
    """Have a client whose namespace is known for the length of a block; ``None`` if the shutdown begins before.

    Raises:
        RPCError: The server could not be reached.
        WorkerError: There is no such namespace.
        ConfigurationError: A setting of the connection is wrong.
    """
    async with _client_of(run) as client:
        if client is None:
            yield None
            return
        observers = run.observers
        listener = None if observers is None else observers.notifier(RequestFinished)
        with client.service.listening(listener):
            namespace = None
            # Nothing is at stake yet: a shutdown waits for no server.
            with run.stages.drain.ends(anyio.CancelScope()):
                namespace = await describe_namespace(client.service)
            yield None if namespace is None else Connection(client, namespace)


@asynccontextmanager
async def _client_of(run: RunState) -> AsyncIterator[Client | None]:
    """Have a client; ``None`` if the shutdown begins before there is one."""
    if run.client is not None:
        run.settings.prepare(run.client)
        yield run.client
        return
    # A client costs time to import, which a worker that is only made should not pay.
    from ...client import Client

    with run.stages.drain.ends(anyio.CancelScope()):
        run.client = await Client.connect(connect_timeout=run.settings.connect_timeout)
    if run.client is None:
        yield None
        return
    async with run.client:
        run.settings.prepare(run.client)
        yield run.client
