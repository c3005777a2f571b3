"""What the lifespan of an app has set up, for its routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from asyncworker.client import Client

from ._hosted import HostedWorker

__all__ = ["CLIENT_KEY", "DEFAULT_RPC_TIMEOUT", "Host"]

#: Seconds that a call of a route may take.
DEFAULT_RPC_TIMEOUT = 5.0

#: The key under which the lifespan's state, and so ``request.state``, has the client.
CLIENT_KEY = "temporal_client"
# The same for all that the lifespan has set up.
_HOST_KEY = "temporal_host"


@dataclass(frozen=True, slots=True)
class Host:
    """The client of an app's routes, and the workers that run in the app.

    Attributes:
        client: As it was connected.
        bounded: The same client, with a limit for the calls of a route.
        rpc_timeout: That limit, in seconds.
        workers: Those that run in the app.
    """

    client: Client
    bounded: Client
    rpc_timeout: float
    workers: Sequence[HostedWorker]

    @property
    def state(self) -> Mapping[str, Any]:
        """What the app's lifespan yields."""
        return {CLIENT_KEY: self.client, _HOST_KEY: self}

    @staticmethod
    def of(connection: HTTPConnection) -> Host | None:
        """Return what the app of a request has, if it runs the lifespan."""
        found = getattr(connection.state, _HOST_KEY, None)
        return found if isinstance(found, Host) else None
