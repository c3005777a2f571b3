"""Translate the errors of grpclib and h2."""

from __future__ import annotations

import re

from grpclib.exceptions import GRPCError, StreamTerminatedError
from h2.exceptions import H2Error

from ...exceptions import RPCError, RPCStatusCode

__all__ = ["interrupted", "not_sent", "translate"]

# https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
_RESET_STATUS = {
    7: RPCStatusCode.UNAVAILABLE,  # REFUSED_STREAM
    8: RPCStatusCode.CANCELLED,  # CANCEL
    11: RPCStatusCode.RESOURCE_EXHAUSTED,  # ENHANCE_YOUR_CALM
    12: RPCStatusCode.PERMISSION_DENIED,  # INADEQUATE_SECURITY
}
# grpclib has the code in its message only.
_RESET = re.compile(r"Stream reset by remote party, error_code: (\d+)")


def not_sent() -> RPCError:
    """The error of a poll that could not be sent in time."""
    return RPCError("the poll could not be sent before its deadline", RPCStatusCode.UNAVAILABLE)


def interrupted() -> RPCError:
    """The error of a call whose connection was closed here."""
    return RPCError("the connection was closed during the call", RPCStatusCode.UNAVAILABLE)


def translate(error: Exception, *, is_lost: bool) -> RPCError:
    """Return the error that stands for *error*; *is_lost* where the connection has ended."""
    match error:
        case GRPCError():
            details = () if error.details is None else (error.details,)
            return RPCError(error.message or "", RPCStatusCode(error.status.value), details)
        case StreamTerminatedError() if reset := _RESET.match(str(error)):
            return RPCError(str(error), _RESET_STATUS.get(int(reset[1]), RPCStatusCode.INTERNAL))
        case TimeoutError():
            return RPCError("deadline exceeded", RPCStatusCode.DEADLINE_EXCEEDED)
        case StreamTerminatedError() | OSError() | H2Error():
            return RPCError(str(error) or type(error).__name__, RPCStatusCode.UNAVAILABLE)
        case _:
            status = RPCStatusCode.UNAVAILABLE if is_lost else RPCStatusCode.INTERNAL
            return RPCError(f"{type(error).__name__}: {error}", status)
