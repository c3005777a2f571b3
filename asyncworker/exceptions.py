"""Every error that asyncworker raises on purpose, grouped by the layer that raises it.

* :exc:`AsyncWorkerError`
    * :exc:`FailureError`: travels between worker, server and client as a ``temporal.api.failure.v1.Failure``
        * :exc:`ApplicationError`: raised by activity code
        * :exc:`CancelledError`
        * :exc:`TimeoutError`
        * :exc:`TerminatedError`
        * :exc:`ServerError`
        * :exc:`ActivityError`
    * :exc:`RPCError`: the server refused a call, or could not be reached
        * :exc:`ActivityAlreadyStartedError`
        * :exc:`ActivityNotFoundError`
    * :exc:`ActivityFailureError`: an activity that a client waited for did not complete
    * :exc:`AsyncActivityCancelledError`: an asynchronously completed activity should stop
    * :exc:`ConverterError`: a value could not be converted to a payload, or back
    * :exc:`CodecError`: a payload codec could not do its work at this time
    * :exc:`StorageError`: external storage could not store or retrieve a payload at this time
    * :exc:`ConfigurationError`: a setting is wrong
    * :exc:`WorkerError`: a worker had to stop

Names follow ``temporalio.exceptions``, ``temporalio.service`` and ``temporalio.client`` where those have one.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ._enums import NamedIntEnum

if TYPE_CHECKING:
    from ._proto.temporal.api.failure.v1 import Failure

__all__ = [
    "ActivityAlreadyStartedError",
    "ActivityError",
    "ActivityFailureError",
    "ActivityNotFoundError",
    "ApplicationError",
    "ApplicationErrorCategory",
    "AsyncActivityCancelledError",
    "AsyncWorkerError",
    "CancelledError",
    "ClientClosedError",
    "CodecError",
    "ConfigurationError",
    "ConverterError",
    "FailureError",
    "RPCError",
    "RPCStatusCode",
    "RetryState",
    "ServerError",
    "StorageError",
    "TerminatedError",
    "TimeoutError",
    "TimeoutType",
    "WorkerError",
]


class AsyncWorkerError(Exception):
    """Base of every error that asyncworker raises on purpose."""


# Failures: errors on the wire


class ApplicationErrorCategory(NamedIntEnum):
    """How much attention an application error deserves (``temporal.api.enums.v1.ApplicationErrorCategory``)."""

    UNSPECIFIED = 0
    #: Expected in the normal course of things: logged at DEBUG and not counted as a failure.
    BENIGN = 1


class TimeoutType(NamedIntEnum):
    """Which of an activity's timeouts passed (``temporal.api.enums.v1.TimeoutType``)."""

    UNSPECIFIED = 0
    START_TO_CLOSE = 1
    SCHEDULE_TO_START = 2
    SCHEDULE_TO_CLOSE = 3
    HEARTBEAT = 4


class RetryState(NamedIntEnum):
    """Why the server did, or did not, retry (``temporal.api.enums.v1.RetryState``)."""

    UNSPECIFIED = 0
    IN_PROGRESS = 1
    NON_RETRYABLE_FAILURE = 2
    TIMEOUT = 3
    MAXIMUM_ATTEMPTS_REACHED = 4
    RETRY_POLICY_NOT_SET = 5
    INTERNAL_SERVER_ERROR = 6
    CANCEL_REQUESTED = 7


class FailureError(AsyncWorkerError):
    """An error that has a form on the wire; its ``__cause__`` travels with it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self._failure: Failure | None = None
        self._stack_trace: str | None = None

    @property
    def failure(self) -> Any:
        """The ``Failure`` message this error was decoded from, or ``None`` for one made here."""
        return self._failure

    @property
    def stack_trace(self) -> str | None:
        """The stack trace reported by the process that failed, if this error came over the wire."""
        return self._stack_trace

    @property
    def cause(self) -> BaseException | None:
        """The error that led to this one."""
        return self.__cause__


class ApplicationError(FailureError):
    """Fail an activity, and say how the server should treat it.

    Args:
        message: What happened, for people.
        details: Values to send along; the receiver reads them from :attr:`details`.
        type: A name that ``RetryPolicy.non_retryable_error_types`` can list. ``None`` leaves it empty.
        non_retryable: ``True`` ends the activity whatever its retry policy says.
        next_retry_delay: Seconds (or a timedelta) until the next attempt, in place of the policy's interval.
            Zero is the same as ``None``: the server cannot be asked for an immediate retry.
        category: ``BENIGN`` for a failure that is part of normal life.
    """

    def __init__(
        self,
        message: str = "",
        *details: Any,
        type: str | None = None,
        non_retryable: bool = False,
        next_retry_delay: float | timedelta | None = None,
        category: ApplicationErrorCategory = ApplicationErrorCategory.UNSPECIFIED,
    ) -> None:
        super().__init__(message)
        self.details: Sequence[Any] = details
        self.type = type
        self.non_retryable = non_retryable
        self.next_retry_delay: timedelta | None = _checked_delay(next_retry_delay)
        self.category = category

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.type else self.message


# With that of another SDK, where its activities are run.
_application_errors: tuple[type[BaseException], ...] = (ApplicationError,)


def _add_application_error(kind: type[BaseException]) -> None:
    """Take errors of *kind*, which has the attributes of an :class:`ApplicationError`, for such."""
    global _application_errors  # noqa: PLW0603 - set when a module is imported
    if kind not in _application_errors:
        _application_errors = (*_application_errors, kind)


def _is_application_error(error: BaseException | None) -> bool:
    # By its type, as `__class__` may be code of the exception's own.
    return issubclass(type(error), _application_errors)


def _is_benign(error: BaseException | None) -> bool:
    """Return whether *error* says that it is part of normal life."""
    category = getattr(error, "category", None) if _is_application_error(error) else None
    return isinstance(category, int) and category == ApplicationErrorCategory.BENIGN


def _checked_delay(delay: float | timedelta | None) -> timedelta | None:
    if delay is None:
        return None
    if not isinstance(delay, timedelta):
        delay = timedelta(seconds=delay)
    if delay < timedelta(0):
        raise ValueError(f"next_retry_delay must not be negative, got {delay.total_seconds()} s")
    return delay


class CancelledError(FailureError):
    """An activity was cancelled. Raised by an activity whose cancellation was not requested, it is a plain failure."""

    def __init__(self, message: str = "Cancelled", *details: Any) -> None:
        super().__init__(message)
        self.details: Sequence[Any] = details


class TerminatedError(FailureError):
    """An activity was terminated, without a request to its code."""

    def __init__(self, message: str = "Terminated", *details: Any) -> None:
        super().__init__(message)
        self.details: Sequence[Any] = details


class TimeoutError(FailureError, builtins.TimeoutError):
    """One of an activity's timeouts passed."""

    def __init__(
        self,
        message: str = "Timed out",
        *,
        type: TimeoutType = TimeoutType.UNSPECIFIED,
        last_heartbeat_details: Sequence[Any] = (),
    ) -> None:
        super().__init__(message)
        self.type = type
        self.last_heartbeat_details: Sequence[Any] = last_heartbeat_details


class ServerError(FailureError):
    """The server itself failed the activity."""

    def __init__(self, message: str, *, non_retryable: bool = False) -> None:
        super().__init__(message)
        self.non_retryable = non_retryable


class ActivityError(FailureError):
    """An activity failed; its ``__cause__`` says how."""

    def __init__(
        self,
        message: str = "Activity failed",
        *,
        scheduled_event_id: int = 0,
        started_event_id: int = 0,
        identity: str = "",
        activity_type: str = "",
        activity_id: str = "",
        retry_state: RetryState = RetryState.UNSPECIFIED,
    ) -> None:
        super().__init__(message)
        self.scheduled_event_id = scheduled_event_id
        self.started_event_id = started_event_id
        self.identity = identity
        self.activity_type = activity_type
        self.activity_id = activity_id
        self.retry_state = retry_state


# Calls to the server


class RPCStatusCode(NamedIntEnum):
    """The status codes of gRPC."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


# The set that the official SDK's core retries.
_RETRYABLE = frozenset(
    {
        RPCStatusCode.UNKNOWN,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.OUT_OF_RANGE,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DATA_LOSS,
    }
)
# RESOURCE_EXHAUSTED also means "this very message is too large": the same bytes will not fit a second time.
_TOO_LARGE = (
    "grpc: received message larger than max",
    "grpc: message after decompression larger than max",
    "grpc: received message after decompression larger than max",
    "grpc: trying to send message larger than max",
    "received message comes to more than",
)


class RPCError(AsyncWorkerError):
    """A call to the server failed.

    Attributes:
        status: The gRPC status code; ``UNAVAILABLE`` also when no connection could be made or it was lost.
        message: The server's message, or what went wrong with the connection.
        details: The decoded messages of ``grpc-status-details-bin``; one of an unknown type is left as its bytes.
    """

    # The beginning of a response that cannot be read, and for a poll the token of the task in it.
    _head: bytes = b""
    _task_token: bytes = b""

    def __init__(self, message: str, status: RPCStatusCode, details: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.details: Sequence[Any] = details

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed when it is sent again."""
        return self.status in _RETRYABLE and not self.is_message_too_large

    @property
    def is_message_too_large(self) -> bool:
        """Whether the message itself was larger than the receiver accepts."""
        return self.status is RPCStatusCode.RESOURCE_EXHAUSTED and self.message.startswith(_TOO_LARGE)

    def __str__(self) -> str:
        return f"{self.status.name}: {self.message}"


class ClientClosedError(RPCError, RuntimeError):
    """A call on a client that was closed; nothing was sent, and trying again is of no use."""

    def __init__(self) -> None:
        super().__init__("this client is closed: no call can be made with it", RPCStatusCode.FAILED_PRECONDITION)


class ActivityAlreadyStartedError(RPCError):
    """A standalone activity of this id exists, and the policies given do not allow another."""

    def __init__(self, activity_id: str, activity_type: str, *, run_id: str | None = None) -> None:
        super().__init__(f"activity {activity_id!r} is already started", RPCStatusCode.ALREADY_EXISTS)
        self.activity_id = activity_id
        self.activity_type = activity_type
        self.run_id = run_id


class ActivityNotFoundError(RPCError):
    """The server knows no such activity, or no longer: it has closed, timed out or been deleted."""

    def __init__(self, message: str, details: Sequence[Any] = ()) -> None:
        super().__init__(message, RPCStatusCode.NOT_FOUND, details)


# Results of a client's calls


class ActivityFailureError(AsyncWorkerError):
    """An activity that a client waited for ended without a result; ``__cause__`` is the failure."""

    def __init__(self, message: str = "Activity failed", *, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.__cause__ = cause

    @property
    def cause(self) -> BaseException | None:
        """The failure: :exc:`ApplicationError`, :exc:`CancelledError`, :exc:`TimeoutError`, …"""
        return self.__cause__


class AsyncActivityCancelledError(AsyncWorkerError):
    """The server asked for this asynchronously completed activity to stop.

    Attributes:
        details: An :class:`asyncworker.activity.ActivityCancellationDetails` that says why.
    """

    def __init__(self, details: Any = None) -> None:
        super().__init__("Activity cancelled")
        self.details = details


# Values and settings


class ConverterError(AsyncWorkerError):
    """A value could not be converted to a payload, or a payload to a value."""


class CodecError(AsyncWorkerError):
    """A payload codec could not do its work: a key is missing or does not fit, or a codec server cannot be reached.

    An attempt that fails with it is retried, as another worker, or this one later, may have what was missing. What is
    wrong with a payload itself is a :exc:`ConverterError`, and final.
    """


class StorageError(AsyncWorkerError):
    """External storage could not store or retrieve a payload: it is away, refused, or does not have it (yet).

    An attempt that fails with it is retried. What no retry can change, such as a payload whose hash differs, is a
    :exc:`ConverterError`, and final.
    """


class ConfigurationError(AsyncWorkerError):
    """A setting is wrong: the message names it, where it came from and what is allowed."""


class WorkerError(AsyncWorkerError):
    """A worker had to stop; ``__cause__`` says why."""
