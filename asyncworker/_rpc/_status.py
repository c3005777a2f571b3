"""Decode the details of an error: ``grpc-status-details-bin``, a ``google.rpc.Status``."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .._safe_logger import get_logger
from .._wire import decode, encode

if TYPE_CHECKING:
    import betterproto2

    from .._proto.temporal.wkt.lazy import Any as AnyMessage

__all__ = ["decode_details"]

_logger = get_logger(__name__)

_ERROR_DETAILS = "temporal.api.errordetails.v1."


def decode_details(details: Sequence[Any]) -> tuple[Any, ...]:
    """Decode the details of an error as a transport leaves them: serialized ``google.rpc.Status`` messages.

    Returns one value for each detail: a message of ``temporal.api.errordetails.v1``, or for any other type the bytes of
    the ``google.protobuf.Any`` that came. What is no ``Status`` at all is passed on as it is: the details of an error
    are no reason for another.
    """
    return tuple(detail for status in details for detail in _decode_status(status))


def _decode_status(data: Any) -> Sequence[Any]:
    # Imported here, as few calls fail and fewer fail with details.
    from .._proto.google.rpc import Status

    try:
        status = decode(Status, data)
        return [_unpack(detail) for detail in status.details]
    except Exception:
        # A server, or a proxy before it, may send anything at all.
        _logger.debug("Cannot decode the details of an error: %r", data, exc_info=True)
        return [data]


def _unpack(detail: AnyMessage) -> betterproto2.Message | bytes:
    name = detail.type_url.rpartition("/")[2]
    if name.startswith(_ERROR_DETAILS):
        module = import_module("asyncworker._proto.temporal.api.errordetails.v1")
        message_type: type[betterproto2.Message] | None = getattr(module, name.removeprefix(_ERROR_DETAILS), None)
        if message_type is not None:
            return decode(message_type, detail.value)
    return encode(detail)
