"""Wait for a server that may be starting at this very moment, and say what may be wrong if it does not answer."""

from __future__ import annotations

import asyncio
import math
import random
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .._proto.temporal.api.workflowservice.v1 import GetSystemInfoRequest
from .._rpc._methods import GET_SYSTEM_INFO
from .._rpc._retry import NONE, Backoff
from .._safe_logger import get_logger
from .._time import Seconds, to_seconds
from ..config import TLSConfig
from ..exceptions import ConfigurationError, RPCError, RPCStatusCode

if TYPE_CHECKING:
    from .._rpc._service import WorkflowService

__all__ = ["is_unanswered", "wait_budget", "wait_until_serving", "waiting_for_servers"]

_logger = get_logger("asyncworker.client")

_BACKOFF = Backoff(0.1, 1.0)
# Seconds between two lines about a server that is waited for.
_LOG_INTERVAL = 30.0
# One try: a server that hangs is worth another.
_TRY_TIMEOUT = 5.0
# OpenSSL's codes for a certificate whose authority is not known.
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})
_MAYBE_WANTED = ("HANDSHAKE_FAILURE", "BAD_CERTIFICATE")
_CERTIFICATE_WANTED = (
    "give a client certificate (TLSConfig.client_cert and client_private_key, or TEMPORAL_TLS_CLIENT_CERT_PATH and"
    " TEMPORAL_TLS_CLIENT_KEY_PATH)"
)
_UNANSWERED = "no Temporal server answered"
# What a server that is still starting, or a way there that is not yet open, looks like.
_NOT_YET = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)

_wait_budget: ContextVar[float] = ContextVar("wait_budget", default=10.0)


def wait_budget(connect_timeout: Seconds | None) -> float:
    """Return for how many seconds to wait for a server."""
    return _wait_budget.get() if connect_timeout is None else to_seconds(connect_timeout)


@contextmanager
def waiting_for_servers(seconds: float) -> Iterator[None]:
    """Wait for so long in ``Client.connect()`` without a ``connect_timeout``, in the block and the tasks it starts."""
    token = _wait_budget.set(seconds)
    try:
        yield
    finally:
        _wait_budget.reset(token)


async def wait_until_serving(service: WorkflowService, address: str, *, tls: TLSConfig | None, budget: float) -> None:
    """Ask the server for its system info until it answers, as it may be starting at this very moment.

    Args:
        service: What to ask.
        address: Where that is, for people.
        tls: How the way there is made private, if it is.
        budget: Seconds after which it is given up.

    Raises:
        RPCError: The server refuses, or has not answered in time; the message says where, and what may be wrong.

    Cancelling is safe.
    """
    clock = asyncio.get_running_loop().time
    began_at = log_at = clock()
    until = began_at + budget
    attempt = 0
    reason: RPCError | None = None
    while True:
        attempt += 1
        try:
            await service.call(GET_SYSTEM_INFO, GetSystemInfoRequest(), timeout=_TRY_TIMEOUT, until=until, retry=NONE)
        except RPCError as error:
            # That the time is over says less than what took it.
            if reason is None or error.status is not RPCStatusCode.DEADLINE_EXCEEDED:
                reason = error
            # Not all at once: the containers of one host start together.
            wait = _BACKOFF.wait(attempt) * random.uniform(0.8, 1.2)
            if not _may_pass(error) or clock() + wait >= until:
                raise _explain(reason, address, tls=tls, budget=budget) from reason
            if clock() >= log_at:
                log_at = clock() + _LOG_INTERVAL
                _log_wait(address, error, waited=clock() - began_at if attempt > 1 else 0, budget=budget)
            await asyncio.sleep(wait)
        else:
            return


def _log_wait(address: str, error: RPCError, *, waited: float, budget: float) -> None:
    how_long = "until there is" if math.isinf(budget) else f"up to {budget:g} s for"
    so_far = f" ({waited:.0f} s so far)" if waited else ""
    _logger.info("waiting %s a Temporal server at %s%s: %s", how_long, address, so_far, error.message)


def _may_pass(error: RPCError) -> bool:
    """Whether waiting can help: not against a certificate that is wrong, nor credentials."""
    return error.status in _NOT_YET and not any(
        isinstance(cause, ssl.SSLError | ConfigurationError) for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _explain(error: RPCError, address: str, *, tls: TLSConfig | None, budget: float) -> RPCError:
    way = "without TLS" if tls is None else "over TLS"
    if error.status in _NOT_YET:
        waited = f" within {budget:g} s" if _may_pass(error) else ""
        message = f"{_UNANSWERED} at {address} {way}{waited}: {error.message}{_hint(error, tls)}"
    else:
        message = f"the server at {address} ({way}) refused: {error.message}"
    return RPCError(message, error.status, error.details)


def is_unanswered(error: RPCError) -> bool:
    """Whether *error* says that there was no server to connect to."""
    return error.message.startswith(_UNANSWERED)


def _hint(error: RPCError, tls: TLSConfig | None) -> str:
    """Guess at TLS on one side only, where the symptoms allow it."""
    causes = list(_causes(error))
    # A certificate of ours that cannot be used says nothing about the server.
    if any(isinstance(cause, ConfigurationError) for cause in causes):
        return ""
    if tls is not None:
        alerts = [
            cause.reason for cause in causes if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or "")
        ]
        if alerts:
            # Who speaks of TLS in alerts speaks TLS.
            if any("CERTIFICATE_REQUIRED" in alert for alert in alerts):
                return f"; {_CERTIFICATE_WANTED}"
            # TLS 1.2 has no alert of its own for that.
            is_missing = tls.client_cert is None and any(alert.endswith(_MAYBE_WANTED) for alert in alerts)
            return f"; if the server wants a client certificate, {_CERTIFICATE_WANTED}" if is_missing else ""
        distrust = [cause.verify_code for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)]
        if distrust:
            # One that has expired, or is for another name, gets no better by trusting its authority.
            if not _UNKNOWN_AUTHORITY.intersection(distrust):
                return ""
            return "; to trust the server's own authority, give its certificate (TLSConfig.server_root_ca_cert)"
        if any(isinstance(cause, ssl.SSLError | ConnectionResetError) for cause in causes):
            return "; does the server speak plaintext? Then connect with tls=False (TEMPORAL_TLS=false)"
        return ""
    # Nothing listens there, or the name is wrong: that has nothing to do with TLS.
    if any(isinstance(cause, ConnectionRefusedError | socket.gaierror) for cause in causes):
        return ""
    return "; does the server expect TLS? Then connect with tls=True (TEMPORAL_TLS=true)"
