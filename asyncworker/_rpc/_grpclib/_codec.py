"""Codecs for grpclib that leave messages and error details as bytes."""

from __future__ import annotations

from typing import Any

from grpclib.const import Status
from grpclib.encoding.base import CodecBase, StatusDetailsCodecBase

__all__ = ["BytesCodec", "BytesDetailsCodec"]


class BytesCodec(CodecBase):
    """Leave messages as the bytes they are."""

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:  # noqa: ARG002
        return bytes(message)

    def decode(self, data: bytes, message_type: Any) -> bytes:  # noqa: ARG002
        return data


class BytesDetailsCodec(StatusDetailsCodecBase):
    """Leave ``grpc-status-details-bin`` as the bytes it is; without a codec grpclib drops it."""

    def encode(self, status: Status, message: str | None, details: Any) -> bytes:  # noqa: ARG002
        return bytes(details)

    def decode(self, status: Status, message: str | None, data: bytes) -> bytes:  # noqa: ARG002
        return data
