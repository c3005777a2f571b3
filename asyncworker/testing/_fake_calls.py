"""The part of a FakeTemporal that is about the calls it gets: a test reads them, waits for them, and has them fail."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import betterproto2

from .._rpc import _methods
from ..exceptions import RPCStatusCode
from ._fake._call import Incoming
from ._fake._cluster import Cluster
from ._fake._faults import Faults

__all__ = ["FakeCalls"]

_METHODS = frozenset(it.name for it in vars(_methods).values() if isinstance(it, _methods.Method))


class FakeCalls:
    """The part of a FakeTemporal that is about the calls it gets."""

    _calls: list[Incoming]
    _cluster: Cluster
    _faults: Faults

    @property
    def calls(self) -> Sequence[Incoming]:
        """All calls in the order in which they came: method, request, metadata, seconds given."""
        return tuple(self._calls)

    def requests(self, method: str) -> list[Any]:
        """The requests of one method, as in ``requests("RespondActivityTaskCompleted")``, in their order.

        Raises:
            ValueError: There is no such method.
        """
        _check_method(method)
        return [call.request for call in self._calls if call.method == method]

    async def wait_for(self, method: str, *, count: int = 1, timeout: float | None = None) -> list[Any]:
        """Wait until a method has been called so many times, and return its requests. Cancelling is safe.

        Args:
            method: As in ``RespondActivityTaskCompleted``.
            count: How many calls there are to be.
            timeout: Seconds to wait at most. Default: FakeTemporal's *wait_timeout*; in virtual time for as long as
                anything can happen.

        Raises:
            ValueError: There is no such method.
            TimeoutError: It was not, within *timeout* seconds.
            DeadlockError: It cannot be any more, in virtual time.
        """
        _check_method(method)

        def what() -> str:
            seen = ", ".join(call.method for call in self._calls[-10:])
            return f"{count} calls of {method}, and saw {len(self.requests(method))}; the last calls: {seen or 'none'}"

        await self._cluster.wait_for(lambda: len(self.requests(method)) >= count or None, what, timeout)
        return self.requests(method)

    def _record(self, call: Incoming) -> None:
        self._calls.append(call)
        self._cluster.changes.notify()

    # Faults

    def fail_next(
        self,
        method: str,
        status: RPCStatusCode,
        message: str = "",
        *,
        details: Sequence[betterproto2.Message] = (),
        times: int = 1,
        applied: bool = False,
    ) -> None:
        """Refuse the next calls of a method.

        Args:
            method: As in ``RespondActivityTaskCompleted``.
            status: The status to refuse with.
            message: The message to refuse with.
            details: Messages of ``temporal.api.errordetails.v1``.
            times: How many calls to refuse.
            applied: Whether the call does its work all the same, as when its reply is lost.

        Raises:
            ValueError: There is no such method.
        """
        _check_method(method)
        self._faults.add(method, status, message, details, times, applied=applied)

    def delay(self, method: str, seconds: float) -> None:
        """Delay all calls of a method by so many seconds; 0 ends that.

        Raises:
            ValueError: There is no such method.
        """
        _check_method(method)
        self._faults.delay(method, seconds)

    def hold(self, method: str) -> AbstractContextManager[None]:
        """Hold all calls of a method within the block, and serve them after it.

        Raises:
            ValueError: There is no such method.
        """
        _check_method(method)
        return self._faults.hold(method)

    def outage(self) -> AbstractContextManager[None]:
        """Fail calls under way and new ones with ``UNAVAILABLE`` within the block."""
        return self._faults.outage()


def _check_method(name: str) -> None:
    if name not in _METHODS:
        raise ValueError(f"there is no method {name!r}; there are {', '.join(sorted(_METHODS))}")
