"""Say one thing to Temporal's WorkflowService: with its deadline, metadata and retries, and the server's own errors."""

from __future__ import annotations

import logging
import math
import random
import re
from asyncio import CancelledError, Event, current_task, get_running_loop
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from inspect import isawaitable
from time import monotonic
from typing import Any, Generic, TypeAlias

import anyio

from .._log_throttle import LogThrottle
from .._safe_logger import get_logger
from .._wire import DecodeError, TooMuchError, decode, encode
from ..exceptions import ClientClosedError, RPCError, RPCStatusCode
from ._callbacks import AbandonedError, BackgroundCalls, post_of
from ._long_poll import LongPoll, UnansweredError, poll_of
from ._methods import POLL_ACTIVITY_TASK_QUEUE, Method, Req, Resp
from ._request_events import RequestFinished, RequestListener
from ._response_head import HEAD_SIZE, leading_field
from ._retry import DEFAULT, Failures, RetryRules
from ._status import decode_details
from ._transport import Metadata, Receiver, Transport

__all__ = ["DEFAULT_MAX_DECODED_BYTES", "LONG_POLL_TIMEOUT", "APIKey", "WorkflowService", "client_version"]

_logger = get_logger(__name__)

#: A bearer token, or what returns one: called before each try, so it should answer from memory most of the time.
APIKey: TypeAlias = str | Callable[[], str | Awaitable[str]]

#: Seconds a long poll may take. The server answers after 60 s at the latest, so this never cuts an answer off.
LONG_POLL_TIMEOUT = 70.0

#: What a response may come to in memory. Two bytes on the wire can be 250 there.
DEFAULT_MAX_DECODED_BYTES = 128 << 20

# The server refuses a poll that has two seconds left or less when it arrives; the shortest that is sent has three.
_TOO_SHORT = 2.5
# A timer may go off so many seconds early.
_TIMER_SLACK = 0.01
# What says nothing of the server, or that it did not answer.
_NO_ANSWER = frozenset({RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED})
_METADATA_KEY = re.compile(r"[0-9a-z_.-]+")
_METADATA_TEXT = re.compile(r"[ -~]+")


class WorkflowService:
    """Temporal's WorkflowService, as one namespace's client sees it, over any transport.

    Args:
        transport: Carries the calls; stays its owner's to close.
        namespace: Told to the server with each call.
        api_key: Sent as ``authorization: Bearer …``.
        metadata: Sent with each call; wins over what is sent anyway.
        max_decoded_bytes: What a response may come to in memory; one that comes to more fails with
            ``RESOURCE_EXHAUSTED``.

    Attributes:
        answered_at: When the server last answered a call, on the clock of :func:`time.monotonic`; of any thread.
        unanswered_at: When a call last found that it would get no answer, on the same clock.

    Raises:
        ValueError: A metadata key or value that gRPC does not allow, or a limit below 1.
    """

    __slots__ = (
        "_api_key",
        "_bearer",
        "_closing",
        "_extra",
        "_listeners",
        "_max_decoded_bytes",
        "_metadata",
        "_news",
        "_poll",
        "_post",
        "_proven",
        "_relays",
        "_transport",
        "answered_at",
        "namespace",
        "unanswered_at",
    )

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
        self.namespace = namespace
        self._transport = transport
        self._post = post_of(transport)
        self._poll = poll_of(transport)
        self._api_key = api_key
        self._bearer = api_key if isinstance(api_key, str) else None
        self._extra = _checked(metadata or {})
        self._metadata: Metadata = self._build_metadata()
        self._proven: set[str] = set()
        self._relays = BackgroundCalls()
        self.answered_at = self.unanswered_at = -math.inf
        self._closing = Event()
        self._listeners: tuple[RequestListener, ...] = ()
        # By method.
        self._news: dict[str, LogThrottle] = {}

    def __repr__(self) -> str:
        return f"<WorkflowService namespace={self.namespace!r} over {self._transport!r}>"

    @property
    def transport(self) -> Transport:
        """What carries the calls."""
        return self._transport

    async def close(self) -> None:
        """Close the transport; a call that waits for its next try makes it now, and learns of it."""
        self._closing.set()
        await self._transport.close()

    def replace_api_key(self, api_key: APIKey | None) -> None:
        """Use *api_key* for every try from now on, those of calls under way included."""
        self._api_key = api_key
        self._bearer = api_key if isinstance(api_key, str) else None
        self._metadata = self._build_metadata()

    def replace_metadata(self, metadata: Mapping[str, str | bytes]) -> None:
        """Send *metadata* in place of what was given at first, with every try from now on."""
        self._extra = _checked(metadata)
        self._metadata = self._build_metadata()

    @contextmanager
    def listening(self, listener: RequestListener | None) -> Iterator[None]:
        """Call *listener* with each request that ends within the block; ``None``: do nothing."""
        if listener is None:
            yield
            return
        self._listeners = (*self._listeners, listener)
        try:
            yield
        finally:
            remaining = list(self._listeners)
            remaining.remove(listener)
            self._listeners = tuple(remaining)

    def call(
        self,
        method: Method[Req, Resp],
        request: Req,
        *,
        timeout: float | None = None,
        retry: RetryRules | None = None,
        until: float | None = None,
        metadata: Metadata = (),
    ) -> Coroutine[Any, Any, Resp]:
        """Send *request* and return the response.

        Args:
            method: One of the constants of ``_methods``.
            request: Its request. The namespace in it is the caller's to set.
            timeout: Seconds that one try may take: the rules' ``attempt_timeout`` if not given, 70 s for a long poll.
            retry: When to try again; a client's rules if not given. Every method here may be repeated (see ``_retry``).
            until: The moment on the event loop's clock at which the call must be over. No try reaches beyond it.
            metadata: Sent with this call besides what is always sent.

        A long poll whose deadline passes was not answered because there was nothing to say: it returns an empty
        response, as the server does a second earlier. So does one that had to wait for a connection until its time was
        nearly over, which the server refuses.

        Raises:
            RPCError: The last try's error, its ``details`` decoded. Where *until* has cut the last try short, the error
                of the one before, as that says why.

        Cancelling is safe and ends the try under way; the server may have done its work all the same. A poll should
        not be cancelled: the task that it was about to return would be lost until it times out.
        """
        # Chosen here, so that a frame more is in the way of observed calls only.
        call = self._observed_call if self._listeners else self._call
        return call(method, request, timeout, retry or DEFAULT, until, metadata)

    async def _call(
        self,
        method: Method[Req, Resp],
        request: Req,
        timeout: float | None,
        rules: RetryRules,
        until: float | None,
        metadata: Metadata,
        failures: Failures | None = None,
    ) -> Resp:
        data = encode(request)
        # Not needed for as long as the call takes, which may be a minute.
        del request
        if timeout is None:
            timeout = LONG_POLL_TIMEOUT if method.long_poll else rules.attempt_timeout
        ends_at = get_running_loop().time() + timeout if method.long_poll else None
        try:
            reply = await self._try(method, data, timeout, until, metadata)
        except RPCError as error:
            if ends_at is not None and _came_too_late(error, ends_at):
                return decode(method.response, b"")
            again = partial(self._try, method, data, timeout, until, metadata)
            reply = await self._try_again(error, again, method, failures or Failures(rules), until)
        return self._read(method, reply)

    async def _observed_call(
        self,
        method: Method[Req, Resp],
        request: Req,
        timeout: float | None,
        rules: RetryRules,
        until: float | None,
        metadata: Metadata,
    ) -> Resp:
        began_at, failures = monotonic(), Failures(rules)
        call = self._call(method, request, timeout, rules, until, metadata, failures)
        del request
        try:
            response = await call
        except (RPCError, CancelledError) as error:
            self._notify(method, _status_of(error), began_at, failures)
            raise
        self._notify(method, RPCStatusCode.OK, began_at, failures)
        return response

    def _notify(
        self, method: Method[Any, Any], status: RPCStatusCode, began_at: float, failures: Failures | None = None
    ) -> None:
        attempts = 0 if failures is None else failures.attempts
        if status is RPCStatusCode.OK or not attempts:
            attempts += 1
        event = RequestFinished(method.name, status, monotonic() - began_at, attempts, method.long_poll)
        for listener in self._listeners:
            listener(event)

    def poll(
        self, method: Method[Req, Resp], request: Req, listening: LongPoll, *, timeout: float
    ) -> Coroutine[Any, Any, Resp]:
        """Make a long poll that may bring what must not be lost: once.

        Unlike a poll by :meth:`call` it is not over at its deadline, which is *timeout* seconds away and what the
        server is told: it ends by the server's word, or with its connection. Where the server says that there was
        nothing, or that the time is over, the response is empty.

        Args:
            method: As there.
            request: As there.
            listening: For how much longer to listen than to the deadline; shows how the poll stands.
            timeout: Seconds until the deadline.

        Raises:
            UnansweredError: There was no answer: what the server has handed out to it is lost.
            RPCError: As there.

        Cancelling is as there; *listening* knows when it does no harm.
        """
        poll = self._observed_poll if self._listeners else self._poll_once
        return poll(method, request, listening, timeout)

    async def _observed_poll(
        self, method: Method[Req, Resp], request: Req, listening: LongPoll, timeout: float
    ) -> Resp:
        began_at = monotonic()
        try:
            response = await self._poll_once(method, request, listening, timeout)
        except (RPCError, CancelledError) as error:
            self._notify(method, _status_of(error), began_at)
            raise
        self._notify(method, RPCStatusCode.OK, began_at)
        return response

    async def _poll_once(self, method: Method[Req, Resp], request: Req, listening: LongPoll, timeout: float) -> Resp:
        data = encode(request)
        del request
        ends_at = get_running_loop().time() + timeout
        try:
            if self._api_key is not self._bearer:
                await self._renew_api_key()
            reply = await self._poll(method.path, data, timeout=timeout, metadata=self._metadata, listening=listening)
        except RPCError as error:
            if _is_overdue(error) or _came_too_late(error, ends_at):
                self.answered_at = monotonic()
                return decode(method.response, b"")
            self._note(error)
            error.details = decode_details(error.details)
            _name_task(method, error)
            raise
        return self._read(method, reply)

    def post(
        self,
        method: Method[Req, Resp],
        request: Req,
        receiver: Receiver[Resp],
        *,
        retry: RetryRules | None = None,
        until: float | None = None,
    ) -> None:
        """Do what :meth:`call` does, without anybody to await it: *receiver* is told, once, after this has returned.

        Not for long polls. It is told in any context. The call cannot be cancelled, so that *until* should be given.
        """
        _Posting(self, method, encode(request), retry or DEFAULT, until, receiver).begin()

    def _read(self, method: Method[Req, Resp], reply: bytes) -> Resp:
        self._proven.add(method.path)
        self.answered_at = monotonic()
        try:
            return decode(method.response, reply, self._max_decoded_bytes)
        except (DecodeError, MemoryError) as error:
            refusal = _unreadable(method, error)
            refusal._head = reply[:HEAD_SIZE]
            _name_task(method, refusal)
            raise refusal from error

    def _try(
        self, method: Method[Req, Resp], data: bytes, timeout: float, until: float | None, metadata: Metadata
    ) -> Coroutine[Any, Any, bytes]:
        """Begin one try. What is awaited is the transport's own coroutine: each layer upon it costs every call."""
        timeout = _time_for(method, timeout, until)
        if self._api_key is not self._bearer:
            return self._try_with_fresh_key(method, data, timeout, metadata)
        always = self._metadata
        return self._transport.unary(
            method.path, data, timeout=timeout, metadata=(*always, *metadata) if metadata else always
        )

    async def _try_with_fresh_key(
        self, method: Method[Req, Resp], data: bytes, timeout: float, metadata: Metadata
    ) -> bytes:
        await self._renew_api_key()
        return await self._transport.unary(
            method.path, data, timeout=timeout, metadata=(*self._metadata, *metadata) if metadata else self._metadata
        )

    async def _renew_api_key(self) -> None:
        try:
            await self._fetch_api_key()
        except (Exception, CancelledError) as error:
            task = current_task()
            is_cancelled = isinstance(error, CancelledError) and (task is None or task.cancelling())
            # As long as nothing has worked it is a mistake, which its own error explains best.
            if is_cancelled or not self._proven:
                raise
            # Nothing was sent, and it may do better next time: no reply is to be lost, and no poller, for that.
            raise RPCError(f"there is no API key: {error!r}", RPCStatusCode.UNAVAILABLE) from error

    async def _try_again(
        self,
        error: RPCError,
        again: Callable[[], Awaitable[bytes]],
        method: Method[Req, Resp],
        failures: Failures,
        until: float | None,
    ) -> bytes:
        telling = error
        while True:
            self._note(error)
            error.details = decode_details(error.details)
            _name_task(method, error)
            if error.status is not RPCStatusCode.DEADLINE_EXCEEDED:
                telling = error
            if method.long_poll and error.status is RPCStatusCode.DEADLINE_EXCEEDED:
                return b""
            now = get_running_loop().time()
            proven = method.path in self._proven
            wait = failures.next_wait(error, now=now, random=random.random(), until=until, proven=proven)
            if wait is None:
                # That the call's time is over says nothing of why it was not enough.
                raise error if until is None or now + _TIMER_SLACK < until else telling
            self._tell(method.name, error, wait, now)
            with anyio.move_on_after(wait):
                await self._closing.wait()
            try:
                return await again()
            except RPCError as next_error:
                error = next_error

    async def _fetch_api_key(self) -> None:
        assert callable(self._api_key)
        answer = self._api_key()
        bearer = await answer if isawaitable(answer) else answer
        if bearer != self._bearer:
            self._bearer = bearer
            self._metadata = self._build_metadata()

    def _build_metadata(self) -> Metadata:
        # One tuple for all calls: a transport keeps what it has encoded, and knows it again by identity.
        pairs: dict[str, str | bytes] = {
            "client-name": "asyncworker",
            "client-version": client_version(),
            "temporal-namespace": self.namespace,
        }
        if self._bearer is not None:
            pairs["authorization"] = f"Bearer {self._bearer}"
        return tuple(_checked({**pairs, **self._extra}).items())

    def _note(self, error: RPCError) -> None:
        """Note whether *error* was the server's answer."""
        if error.retryable or error.status in _NO_ANSWER or isinstance(error, ClientClosedError):
            self.unanswered_at = monotonic()
        else:
            self.answered_at = monotonic()

    def _tell(self, name: str, error: RPCError, wait: float, now: float) -> None:
        should_log = self._news.setdefault(name, LogThrottle()).should_log(error.message, now)
        level = logging.WARNING if should_log else logging.DEBUG
        _logger.log(level, "%s failed, and is tried again in %.1f s: %s", name, wait, error)


class _Posting(Generic[Req, Resp]):
    """A call that nobody awaits: its first try is posted, and only what comes after a failure takes a task."""

    __slots__ = ("_began_at", "_data", "_failures", "_method", "_receiver", "_rules", "_service", "_until")

    def __init__(
        self,
        service: WorkflowService,
        method: Method[Req, Resp],
        data: bytes,
        rules: RetryRules,
        until: float | None,
        receiver: Receiver[Resp],
    ) -> None:
        self._service = service
        self._method = method
        self._data = data
        self._rules = rules
        self._until = until
        self._receiver = receiver
        # Of the tries so far; ``None`` while the first is under way, whose error is not yet the call's.
        self._failures: Failures | None = None
        self._began_at = monotonic() if service._listeners else 0.0

    def begin(self) -> None:
        """Make the first try."""
        service, method, timeout = self._service, self._method, self._rules.attempt_timeout
        if self._until is not None:
            timeout = min(timeout, self._until - get_running_loop().time())
        if timeout > 0 and service._api_key is service._bearer:
            service._post(method.path, self._data, timeout=timeout, metadata=service._metadata, receiver=self)
        else:
            service._relays.add(self._try_aside(), self)

    def on_reply(self, reply: bytes) -> None:
        """Learn how the server has answered."""
        try:
            response = self._service._read(self._method, reply)
        except RPCError as error:
            self._end(error)
        else:
            self._receiver.on_reply(response)
            if self._began_at:
                self._service._notify(self._method, RPCStatusCode.OK, self._began_at, self._failures)

    def on_failure(self, error: RPCError) -> None:
        """Learn how a try has failed."""
        if self._failures is not None or isinstance(error, AbandonedError):
            self._end(error)
            return
        self._failures = Failures(self._rules)
        service = self._service
        rest = service._try_again(error, self._try, self._method, self._failures, self._until)
        service._relays.add(rest, self)

    def _end(self, error: RPCError) -> None:
        self._receiver.on_failure(error)
        if self._began_at:
            self._service._notify(self._method, error.status, self._began_at, self._failures)

    async def _try_aside(self) -> bytes:
        return await self._try()

    def _try(self) -> Coroutine[Any, Any, bytes]:
        return self._service._try(self._method, self._data, self._rules.attempt_timeout, self._until, ())


def _status_of(error: RPCError | CancelledError) -> RPCStatusCode:
    return error.status if isinstance(error, RPCError) else RPCStatusCode.CANCELLED


def _unreadable(method: Method[Any, Any], error: Exception) -> RPCError:
    if isinstance(error, TooMuchError):
        # `RPCError.is_message_too_large` knows these words.
        return RPCError(str(error), RPCStatusCode.RESOURCE_EXHAUSTED)
    return RPCError(f"the response is no {method.name}Response: {error!r}", RPCStatusCode.INTERNAL)


def _name_task(method: Method[Any, Any], error: RPCError) -> None:
    """Note the token of the task that came with a poll's answer, where that answer is of no use."""
    if method is POLL_ACTIVITY_TASK_QUEUE and error._head:
        error._task_token = leading_field(error._head) or b""


def _time_for(method: Method[Any, Any], timeout: float, until: float | None) -> float:
    """How many seconds the next try of a call has."""
    if until is None:
        return timeout
    timeout = min(timeout, until - get_running_loop().time())
    if timeout <= 0:
        raise RPCError(f"no time was left for {method.name}", RPCStatusCode.DEADLINE_EXCEEDED)
    return timeout


def _is_overdue(error: RPCError) -> bool:
    """Whether the server has ended a poll as its time was over."""
    return error.status is RPCStatusCode.DEADLINE_EXCEEDED and not isinstance(error, UnansweredError)


def _came_too_late(error: RPCError, ends_at: float) -> bool:
    """Whether a poll was refused for the little time that it had left."""
    is_refused = error.status is RPCStatusCode.FAILED_PRECONDITION
    return is_refused and get_running_loop().time() > ends_at - _TOO_SHORT


@cache
def client_version() -> str:
    """Name the version of this package, as it is told to the server."""
    # Slow to import, and as a rule imported by then.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("temporal-asyncworker")
    except PackageNotFoundError:
        return "0"


def _checked(metadata: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
    for key, value in metadata.items():
        if not _METADATA_KEY.fullmatch(key) or key.startswith("grpc-"):
            raise ValueError(f"metadata key {key!r} is not allowed: lower-case letters, digits, '_', '-' and '.'")
        if key.endswith("-bin") != isinstance(value, bytes):
            raise ValueError(f"metadata {key!r} must be bytes exactly if its name ends in -bin")
        if isinstance(value, str) and not _METADATA_TEXT.fullmatch(value):
            # The value may be a secret.
            raise ValueError(f"metadata {key!r} must be printable ASCII and not empty")
    return dict(metadata)
