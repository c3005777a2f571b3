"""Temporal's WorkflowService: typed calls with deadline, metadata and retries, and the server's own errors."""

from __future__ import annotations

from asyncio import CancelledError, get_running_loop
from collections.abc import Mapping
from contextlib import AbstractContextManager
from time import monotonic
from typing import Any, Generic

from .._wire import DecodeError, TooMuchError, decode, encode
from ..exceptions import RPCError, RPCStatusCode
from ._call_metadata import APIKey, CallMetadata
from ._callbacks import CallTaskCancelledError
from ._caller import Caller, annotate
from ._long_poll import LongPoll, UnansweredError
from ._methods import Method, Req, Resp
from ._request_events import RequestEvents, RequestListener
from ._response_head import HEAD_SIZE
from ._retry import DEFAULT, Failures, RetryRules
from ._transport import Callbacks, Metadata, Transport

__all__ = ["DEFAULT_MAX_DECODED_BYTES", "LONG_POLL_TIMEOUT", "WorkflowService"]

#: Seconds a long poll may take. The server answers after 60 s at the latest, so this never cuts an answer off.
LONG_POLL_TIMEOUT = 70.0

#: What a response may come to in memory. Two bytes on the wire can be 250 there.
DEFAULT_MAX_DECODED_BYTES = 128 << 20

# The server refuses a poll that has two seconds left or less when it arrives; the shortest that is sent has three.
_TOO_SHORT = 2.5


class WorkflowService:
    """Temporal's WorkflowService, as one namespace's client sees it, over any transport.

    Args:
        transport: Carries the calls; stays its owner's to close.
        namespace: Sent with each call.
        api_key: Sent as ``authorization: Bearer …``.
        metadata: Sent with each call; wins over what is sent anyway.
        max_decoded_bytes: What a response may come to in memory; one that comes to more fails with
            ``RESOURCE_EXHAUSTED``.

    Raises:
        ValueError: A metadata key or value that gRPC does not allow, or a limit below 1.
    """

    __slots__ = ("_max_decoded_bytes", "_transport", "caller", "namespace", "requests")

    def __init__(
        self,
        transport: Transport,
        *,
        namespace: str,
        api_key: APIKey | None = None,
        metadata: Mapping[str, str | bytes] | None = None,
        max_decoded_bytes: int = DEFAULT_MAX_DECODED_BYTES,
    ) -> None:
        if max_decoded_bytes < 1:
            raise ValueError(f"max_decoded_bytes must be at least 1, got {max_decoded_bytes!r}")
        self._max_decoded_bytes = max_decoded_bytes
        self.namespace: str = namespace
        self._transport = transport
        self.requests: RequestEvents = RequestEvents()
        self.caller: Caller = Caller(transport, CallMetadata(namespace, api_key, metadata or {}))

    def __repr__(self) -> str:
        return f"<WorkflowService namespace={self.namespace!r} over {self._transport!r}>"

    @property
    def transport(self) -> Transport:
        """The transport that carries the calls."""
        return self._transport

    @property
    def answered_at(self) -> float:
        """When the server last answered a call, on the clock of :func:`time.monotonic`; of any thread."""
        return self.caller.answered_at

    @property
    def unanswered_at(self) -> float:
        """When a call last turned out to get no answer, on the same clock."""
        return self.caller.unanswered_at

    async def close(self) -> None:
        """Close the transport; a call that waits for its next try makes it now, and fails."""
        await self.caller.close()

    def replace_api_key(self, api_key: APIKey | None) -> None:
        """Use *api_key* for every try from now on, those of calls under way included."""
        self.caller.metadata.replace_api_key(api_key)

    def replace_metadata(self, metadata: Mapping[str, str | bytes]) -> None:
        """Send *metadata* in place of what was given at first, with every try from now on."""
        self.caller.metadata.replace_extra(metadata)

    def listening(self, listener: RequestListener | None) -> AbstractContextManager[None]:
        """Call *listener* with each request that ends within the block; ``None``: do nothing."""
        return self.requests.listening(listener)

    async def call(
        self,
        method: Method[Req, Resp],
        request: Req,
        *,
        timeout: float | None = None,
        retry: RetryRules | None = None,
        until: float | None = None,
        metadata: Metadata = (),
        failures: Failures | None = None,
    ) -> Resp:
        """Send *request* and return the response.

        Args:
            method: One of the constants of ``_methods``.
            request: Its request. The namespace in it is the caller's to set.
            timeout: Seconds that one try may take: the rules' ``attempt_timeout`` if not given, 70 s for a long poll.
            retry: When to try again; a client's rules if not given. Every method here may be repeated (see ``_retry``).
            until: When the call must be over, on the event loop's clock. No try reaches beyond it.
            metadata: Sent with this call besides what is always sent.
            failures: Counts the failed tries, by rules of its own instead of *retry*.

        A long poll whose deadline passes was not answered because there was nothing to return: it returns an empty
        response, as the server does a second earlier. So does one that had to wait for a connection until its time was
        nearly over, which the server refuses.

        Raises:
            RPCError: The last try's error, its ``details`` decoded. Where *until* has cut the last try short, the error
                of the one before, as that says why.

        Cancelling is safe and ends the try under way; the server may have done its work all the same. A poll should
        not be cancelled: the task that it was about to return would be lost until it times out.
        """
        rules = failures.rules if failures is not None else retry or DEFAULT
        data = encode(request)
        # Not needed for as long as the call takes, which may be a minute.
        del request
        if timeout is None:
            timeout = LONG_POLL_TIMEOUT if method.long_poll else rules.attempt_timeout
        ends_at = get_running_loop().time() + timeout if method.long_poll else None
        # Inline, as each function on this path is in the cost of every activity.
        began_at = monotonic() if self.requests.listeners else 0.0
        reply: bytes | None
        try:
            try:
                reply = await self.caller.send(method, data, timeout, until, metadata)
            except RPCError as error:
                if ends_at is not None and _came_too_late(error, ends_at):
                    reply = None
                else:
                    if failures is None:
                        failures = Failures(rules)
                    reply = await self.caller.retry(error, method, data, failures, timeout, until, metadata)
            response = decode(method.response, b"") if reply is None else self.read(method, reply)
        except (RPCError, CancelledError) as error:
            self.requests.end(method, began_at, failures, error)
            raise
        if began_at:
            self.requests.end(method, began_at, failures)
        return response

    async def poll(self, method: Method[Req, Resp], request: Req, long_poll: LongPoll, *, timeout: float) -> Resp:
        """Make a long poll that may bring what must not be lost: once.

        Unlike a poll by :meth:`call` it is not over at its deadline, which is *timeout* seconds away and what the
        server is sent: it ends by the server's response, or with its connection. Where the server responds that there
        was nothing, or that the time is over, the response is empty.

        Args:
            method: As there.
            request: As there.
            long_poll: Has the time to wait for a late response, and shows the state of the poll.
            timeout: Seconds until the deadline.

        Raises:
            UnansweredError: There was no response: what the server has handed out to it is lost.
            RPCError: As there.

        Cancelling is as there; *long_poll* shows when it does no harm.
        """
        data = encode(request)
        del request
        ends_at = get_running_loop().time() + timeout
        began_at = monotonic() if self.requests.listeners else 0.0
        long_poll.was_overdue = False
        reply: bytes | None
        try:
            try:
                reply = await self.caller.poll(method, data, long_poll, timeout=timeout)
            except RPCError as error:
                long_poll.was_overdue = _is_overdue(error)
                if not (long_poll.was_overdue or _came_too_late(error, ends_at)):
                    self.caller.record_error(error)
                    annotate(method, error)
                    raise
                self.caller.record_answer()
                reply = None
            response = decode(method.response, b"") if reply is None else self.read(method, reply)
        except (RPCError, CancelledError) as error:
            self.requests.end(method, began_at, None, error)
            raise
        if began_at:
            self.requests.end(method, began_at, None)
        return response

    async def call_bytes(self, method: Method[Any, Any], request: bytes, *, timeout: float) -> bytes:
        """Make a call whose messages are not encoded and decoded here: once, for at most *timeout* seconds.

        A long poll whose deadline passes returns an empty response, as there.

        Raises:
            RPCError: As there; its ``details`` stay bytes.

        Cancelling is as there.
        """
        began_at = monotonic() if self.requests.listeners else 0.0
        try:
            try:
                reply = await self.caller.send(method, request, timeout, None)
                self.caller.record_success(method)
            except RPCError as error:
                self.caller.record_error(error)
                if not (method.long_poll and error.status is RPCStatusCode.DEADLINE_EXCEEDED):
                    raise
                reply = b""
        except (RPCError, CancelledError) as error:
            self.requests.end(method, began_at, None, error)
            raise
        self.requests.end(method, began_at, None)
        return reply

    def call_nowait(
        self,
        method: Method[Req, Resp],
        request: Req,
        callbacks: Callbacks[Resp],
        *,
        retry: RetryRules | None = None,
        until: float | None = None,
    ) -> bytes:
        """Start what :meth:`call` does, and return the encoded request; *callbacks* gets the outcome, once, after that.

        Not for long polls. A callback runs in an arbitrary context. The call cannot be cancelled, so that *until*
        should be given.
        """
        call = _NowaitCall(self, method, encode(request), retry or DEFAULT, until, callbacks)
        self.caller.send_nowait(method, call.data, call.rules.attempt_timeout, until, call)
        return call.data

    def read(self, method: Method[Req, Resp], reply: bytes) -> Resp:
        """Decode the response of a call that has succeeded.

        Raises:
            RPCError: It cannot be read, or would come to more memory than is allowed.
        """
        self.caller.record_success(method)
        try:
            return decode(method.response, reply, self._max_decoded_bytes)
        except (DecodeError, MemoryError) as error:
            refusal = _unreadable(method, error)
            refusal._head = reply[:HEAD_SIZE]
            annotate(method, refusal)
            raise refusal from error


class _NowaitCall(Generic[Req, Resp]):
    """A call whose outcome goes to callbacks: it is the callbacks of its first try, and of the retries."""

    __slots__ = ("_began_at", "_callbacks", "_failures", "_method", "_service", "_until", "data", "rules")

    def __init__(
        self,
        service: WorkflowService,
        method: Method[Req, Resp],
        data: bytes,
        rules: RetryRules,
        until: float | None,
        callbacks: Callbacks[Resp],
    ) -> None:
        self._service = service
        self._method = method
        self.data = data
        self.rules = rules
        self._until = until
        self._callbacks = callbacks
        # Of the retries; ``None`` while the first try is under way.
        self._failures: Failures | None = None
        self._began_at = monotonic() if service.requests.listeners else 0.0

    def __repr__(self) -> str:
        return f"<_NowaitCall {self._method.name} for {self._callbacks!r}>"

    def on_reply(self, reply: bytes) -> None:
        """Decode the reply and pass it on."""
        try:
            response = self._service.read(self._method, reply)
        except RPCError as error:
            self._fail(error)
            return
        self._callbacks.on_reply(response)
        if self._began_at:
            self._service.requests.end(self._method, self._began_at, self._failures)

    def on_failure(self, error: RPCError) -> None:
        """Retry after the first try; pass on the error of the retries."""
        if self._failures is not None or isinstance(error, CallTaskCancelledError):
            self._fail(error)
            return
        self._failures = Failures(self.rules)
        self._service.caller.retry_nowait(error, self._method, self.data, self._failures, self._until, self)

    def _fail(self, error: RPCError) -> None:
        self._callbacks.on_failure(error)
        self._service.requests.end(self._method, self._began_at, self._failures, error)


def _unreadable(method: Method[Any, Any], error: Exception) -> RPCError:
    if isinstance(error, TooMuchError):
        # `RPCError.is_message_too_large` looks for these words.
        return RPCError(str(error), RPCStatusCode.RESOURCE_EXHAUSTED)
    return RPCError(f"the response is no {method.name}Response: {error!r}", RPCStatusCode.INTERNAL)


def _is_overdue(error: RPCError) -> bool:
    """Whether the server has ended a poll as its time was over."""
    return error.status is RPCStatusCode.DEADLINE_EXCEEDED and not isinstance(error, UnansweredError)


def _came_too_late(error: RPCError, ends_at: float) -> bool:
    """Whether a poll was refused for the little time that it had left."""
    is_refused = error.status is RPCStatusCode.FAILED_PRECONDITION
    return is_refused and get_running_loop().time() > ends_at - _TOO_SHORT
