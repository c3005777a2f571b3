"""The server's errors: a status, a message, and a detail that tells errors of one status apart."""

from __future__ import annotations

from ..._proto.google.rpc import Status
from ..._proto.temporal.api.errordetails.v1 import NamespaceNotFoundFailure, NotFoundFailure
from ..._proto.temporal.wkt.lazy import Any as AnyMessage
from ..._wire import encode
from ...exceptions import RPCError, RPCStatusCode

_TYPE_URL = "type.googleapis.com/temporal.api.errordetails.v1."


class Refusal(RPCError):
    """An error that the server responds with; *details* are messages of ``temporal.api.errordetails.v1``."""

    def encode(self) -> bytes:
        """Write the ``google.rpc.Status`` that goes into ``grpc-status-details-bin``."""
        details = [AnyMessage(type_url=_TYPE_URL + type(it).__name__, value=encode(it)) for it in self.details]
        return encode(Status(code=int(self.status), message=self.message, details=details))


def invalid(message: str) -> Refusal:
    """Return the error for a request that is wrong in any state."""
    return Refusal(message, RPCStatusCode.INVALID_ARGUMENT)


def not_now(message: str) -> Refusal:
    """Return the error for a request that does not fit the current state."""
    return Refusal(message, RPCStatusCode.FAILED_PRECONDITION)


def not_found(message: str) -> Refusal:
    """Return the error for a request about something that does not exist, or no longer."""
    return Refusal(message, RPCStatusCode.NOT_FOUND, [NotFoundFailure()])


def no_namespace(name: str) -> Refusal:
    """Return the error for an unknown namespace."""
    if not name:
        return invalid("Namespace is empty.")
    message = f"Namespace {name} is not found."
    return Refusal(message, RPCStatusCode.NOT_FOUND, [NamespaceNotFoundFailure(namespace=name)])
