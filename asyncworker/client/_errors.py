"""Turn statuses and details of errors into exception types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..exceptions import ActivityAlreadyStartedError, ActivityNotFoundError, RPCError, RPCStatusCode

__all__ = ["already_started", "is_already_requested", "not_found_as_such"]


@contextmanager
def not_found_as_such(*, or_closed: bool = False) -> Iterator[None]:
    """Raise :exc:`ActivityNotFoundError` where the server knows no such activity (*or_closed*: no open one)."""
    try:
        yield
    except RPCError as error:
        if _is_unknown(error) or (or_closed and _is_closed(error)):
            raise ActivityNotFoundError(error.message, error.details) from error
        raise


def _is_unknown(error: RPCError) -> bool:
    return error.status is RPCStatusCode.NOT_FOUND and not _is_about_namespace(error)


def _is_closed(error: RPCError) -> bool:
    # Server 1.32 says so of a standalone activity that is completed by its id; by its token it is NOT_FOUND.
    return error.status is RPCStatusCode.FAILED_PRECONDITION and "invalid transition from" in error.message


def _is_about_namespace(error: RPCError) -> bool:
    from .._proto.temporal.api.errordetails.v1 import NamespaceNotFoundFailure

    return any(isinstance(detail, NamespaceNotFoundFailure) for detail in error.details)


def already_started(error: RPCError, activity_id: str, activity_type: str) -> RPCError:
    """Return the error to raise when a start was refused: its own type if the id is taken, else as it is."""
    if error.status is not RPCStatusCode.ALREADY_EXISTS:
        return error
    from .._proto.temporal.api.errordetails.v1 import ActivityExecutionAlreadyStartedFailure

    for detail in error.details:
        if isinstance(detail, ActivityExecutionAlreadyStartedFailure):
            return ActivityAlreadyStartedError(activity_id, activity_type, run_id=detail.run_id or None)
    return error


def is_already_requested(error: RPCError) -> bool:
    """Whether a cancellation was refused because it was requested before, which is no error."""
    return error.status is RPCStatusCode.FAILED_PRECONDITION and "already requested" in error.message
