"""The context of one attempt, as activity code uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from types import UnionType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar, Union, get_origin, overload

from typing_extensions import is_typeddict

from .._arguments import UNSET
from .._proto.temporal.api.common.v1 import Payload
from ..common import ActivityCancellationDetails, CancelReason
from ..exceptions import CancelledError
from ._cancellation import Notice, cancel_message
from ._info import Info

if TYPE_CHECKING:
    from ..client import Client
    from ..converter import PayloadConverter

__all__ = ["CompleteAsync", "Context", "Outbound", "current"]

T = TypeVar("T")
D = TypeVar("D")


class CompleteAsync(BaseException):
    """Raised to leave an activity open for completion from outside; ``except Exception`` does not catch it."""


#: The attempt that the running code belongs to.
current: ContextVar[Context] = ContextVar("asyncworker.activity")


def _class_of(type: Any) -> Any:
    """Return what to look for an instance of: neither ``dict[str, int]`` nor a TypedDict has any."""
    origin = get_origin(type)
    if is_typeddict(type) or is_typeddict(origin):
        return dict
    return type if origin is None or origin in (Union, UnionType) else origin


class Outbound(Protocol):
    """The calls of a context that leave the activity; interceptors wrap them."""

    def info(self) -> Info:
        """Return the server's description of this attempt."""
        ...

    def heartbeat(self, *details: Any) -> None:
        """Record a heartbeat; called in the activity's own thread."""
        ...


class Context:
    """One attempt of an activity, as its code sees it.

    An activity gets it from :func:`context`, or as its first parameter when that is annotated with this class. The
    functions of this package do what the methods of the same name do.
    """

    __slots__ = (
        "_cancellation",
        "_client",
        "_details",
        "_is_told",
        "_outbound",
        "_payload_converter",
        "_raise_on_heartbeat",
        "_shutdown",
        "_state",
        "headers",
    )

    def __init__(
        self,
        outbound: Outbound,
        *,
        cancellation: Notice,
        shutdown: Notice,
        payload_converter: PayloadConverter,
        heartbeat_details: Sequence[Payload] = (),
        headers: Mapping[str, Payload] | None = None,
        client: Client | None = None,
        state: Any = UNSET,
        raise_on_heartbeat: bool = False,
    ) -> None:
        self._outbound = outbound
        self._cancellation = cancellation
        self._shutdown = shutdown
        self._payload_converter = payload_converter
        self._details = heartbeat_details
        self._client = client
        self._state = state
        # Nothing can stop a thread, so a heartbeat of a `def` activity raises.
        self._raise_on_heartbeat = raise_on_heartbeat
        self._is_told = False
        #: The headers that came with the task; see interceptors and context propagators.
        self.headers: Mapping[str, Payload] = {} if headers is None else headers

    def __repr__(self) -> str:
        reason = self._cancellation.reason
        return f"<activity.Context [{'running' if reason is None else reason.value}]>"

    # The attempt

    @property
    def info(self) -> Info:
        """The server's description of the running attempt."""
        return self._outbound.info()

    def client(self) -> Client:
        """Return the worker's client, which shares its connection: for ``async def`` code.

        Raises:
            RuntimeError: A test's environment was made without one.
        """
        if self._client is None:
            raise RuntimeError("this activity has no client: its environment was made without one")
        return self._client

    @overload
    def state(self) -> Any: ...
    @overload
    def state(self, type: type[T]) -> T: ...

    def state(self, type: Any = Any) -> Any:
        """Return what the worker's lifespan has yielded; see :func:`asyncworker.activity.state`.

        Raises:
            RuntimeError: The worker has no lifespan.
            TypeError: The lifespan has yielded something else than a *type*.
        """
        state = self._state
        if state is UNSET:
            raise RuntimeError("this worker has no state, which its lifespan yields: Worker(…, lifespan=…)")
        if type is Any or isinstance(state, _class_of(type)):
            return state
        expected = getattr(type, "__name__", type)
        raise TypeError(f"the worker's lifespan has yielded no {expected}, but a {state.__class__.__name__}")

    def payload_converter(self) -> PayloadConverter:
        """Return the converter that read this activity's arguments."""
        return self._payload_converter

    # Heartbeats

    def heartbeat(self, *details: Any) -> None:
        """Record a heartbeat; see :func:`asyncworker.activity.heartbeat`.

        Raises:
            ConverterError: The details cannot be encoded; nothing was recorded.
            CancelledError: In the thread of a ``def`` activity, once, when the activity was cancelled.
        """
        self._outbound.heartbeat(*details)
        if self._raise_on_heartbeat and self._cancellation.is_raised:
            # Once: clean-up code may go on heartbeating.
            self._raise_on_heartbeat = False
            self._is_told = True
            raise CancelledError(cancel_message(self._cancellation.details), self._cancellation.details)

    def _go_on_in_loop(self) -> bool:
        """Raise from no heartbeat any more, as what can be awaited can be cancelled; return whether one has raised."""
        self._raise_on_heartbeat = False
        return self._is_told

    def has_heartbeat_details(self) -> bool:
        """Whether an earlier attempt left heartbeat details."""
        return bool(self._details)

    @overload
    def heartbeat_details(self) -> Any: ...
    @overload
    def heartbeat_details(self, type: type[T], *, index: int = 0) -> T: ...
    @overload
    def heartbeat_details(self, type: type[T], *, default: D, index: int = 0) -> T | D: ...
    @overload
    def heartbeat_details(self, type: Any = ..., *, default: Any = ..., index: int = 0) -> Any: ...

    def heartbeat_details(self, type: Any = Any, *, default: Any = UNSET, index: int = 0) -> Any:
        """Return a detail of an earlier attempt's last heartbeat; see :func:`asyncworker.activity.heartbeat_details`.

        Raises:
            LookupError: There is no such detail, and no default.
            ConverterError: The detail is not a *type*. If the activity lets it through, it fails without a retry.
        """
        if index < len(self._details):
            return self._payload_converter.from_payload(self._details[index], type)
        if default is UNSET:
            raise LookupError(
                f"no attempt of this activity has heartbeated a detail number {index} yet: give a default"
                " for the first attempt, e.g. heartbeat_details(int, default=0)"
            )
        return default

    # Stopping

    def is_cancelled(self) -> bool:
        """Whether the activity was asked to stop."""
        return self._cancellation.is_raised

    @property
    def cancel_reason(self) -> CancelReason | None:
        """Why the activity was asked to stop, or ``None`` if it was not."""
        return self._cancellation.reason

    def cancellation_details(self) -> ActivityCancellationDetails | None:
        """Return why the activity was asked to stop, or ``None`` if it was not."""
        return self._cancellation.details

    async def wait_for_cancelled(self) -> None:
        """Wait until the activity is asked to stop.

        In the activity's own task that is also the moment at which :exc:`asyncio.CancelledError` arrives. Raises
        nothing of its own. Cancelling is safe.
        """
        await self._cancellation.wait()

    def wait_for_cancelled_sync(self, timeout: float | None = None) -> bool:
        """Block a ``def`` activity's thread until it is asked to stop, for at most *timeout* seconds.

        Returns:
            Whether it was asked to stop.
        """
        return self._cancellation.wait_in_thread(timeout)

    def is_worker_shutdown(self) -> bool:
        """Whether the worker is stopping; the activity still has what is left of the grace period."""
        return self._shutdown.is_raised

    async def wait_for_worker_shutdown(self) -> None:
        """Wait until the worker begins to stop. Raises nothing of its own. Cancelling is safe."""
        await self._shutdown.wait()

    def wait_for_worker_shutdown_sync(self, timeout: float | None = None) -> bool:
        """Block a ``def`` activity's thread until the worker begins to stop, for at most *timeout* seconds.

        Returns:
            Whether the worker is stopping.
        """
        return self._shutdown.wait_in_thread(timeout)

    def raise_complete_async(self) -> NoReturn:
        """Leave the activity open: it is completed from outside, by its task token or its ids."""
        raise CompleteAsync
