"""Events of requests to the server, which cost nothing without a listener."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any, NamedTuple, TypeAlias

from ..exceptions import RPCError, RPCStatusCode
from ._methods import Method
from ._retry import Failures

__all__ = ["RequestEvents", "RequestFinished", "RequestListener"]

# An enum's attribute is looked up by a function.
_OK = RPCStatusCode.OK


class RequestFinished(NamedTuple):
    """A request to the server ended.

    Attributes:
        operation: The method of the service, such as ``"RespondActivityTaskCompleted"``.
        status: ``OK``, or the last try's status; ``CANCELLED`` if the caller was cancelled.
        took: Seconds from the request to its end, with its retries and the waits between them.
        attempts: How many tries it took.
        is_long_poll: Whether the server holds such a request until there is something to return.
    """

    operation: str
    status: RPCStatusCode
    took: float
    attempts: int
    is_long_poll: bool


# Of a tuple, as the constructor of a named tuple is a function of Python's, and takes twice as long.
_make: Callable[[tuple[str, RPCStatusCode, float, int, bool]], RequestFinished] = partial(
    tuple.__new__, RequestFinished
)

#: Called when a request has ended, on the event loop. It must not raise.
RequestListener: TypeAlias = Callable[[RequestFinished], None]


class RequestEvents:
    """The listeners to the requests of one service."""

    __slots__ = ("listeners",)

    def __init__(self) -> None:
        self.listeners: tuple[RequestListener, ...] = ()

    def __repr__(self) -> str:
        return f"<RequestEvents [{len(self.listeners)} listeners]>"

    @contextmanager
    def listening(self, listener: RequestListener | None) -> Iterator[None]:
        """Call *listener* with each request that ends within the block; ``None``: do nothing."""
        if listener is None:
            yield
            return
        self.listeners = (*self.listeners, listener)
        try:
            yield
        finally:
            remaining = list(self.listeners)
            remaining.remove(listener)
            self.listeners = tuple(remaining)

    def end(
        self, method: Method[Any, Any], began_at: float, failures: Failures | None, error: BaseException | None = None
    ) -> None:
        """Call the listeners, as the request of *method* that began at *began_at* has ended.

        Args:
            method: Of the request.
            began_at: By :func:`time.monotonic`; 0 if there was no listener then, so that none is called.
            failures: Of the tries; ``None`` if the first was the only one.
            error: With which it has failed.
        """
        if not began_at:
            return
        status, attempts = _OK, 1
        if error is not None or failures is not None:
            failed = 0 if failures is None else failures.attempts
            attempts = failed if error is not None and failed else failed + 1
            status = error.status if isinstance(error, RPCError) else RPCStatusCode.CANCELLED if error else _OK
        event = _make((method.name, status, monotonic() - began_at, attempts, method.long_poll))
        for listener in self.listeners:
            listener(event)
