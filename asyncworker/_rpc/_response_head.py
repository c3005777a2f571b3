"""The beginning of a response that cannot be used: what names a task comes first in it."""

from __future__ import annotations

import zlib

__all__ = ["HEAD_SIZE", "head_of", "is_head_whole", "leading_field"]

#: Bytes of a message that are kept. A task token has a few hundred, and some 4 KiB where all that it names is long.
HEAD_SIZE = 16_384


def head_of(message: bytes | bytearray, *, is_compressed: bool) -> bytes:
    """Return the first bytes of *message*, decompressed; its end may be missing."""
    if not is_compressed:
        return bytes(message[:HEAD_SIZE])
    try:
        return zlib.decompressobj(wbits=31).decompress(bytes(message[:HEAD_SIZE]), HEAD_SIZE)
    except zlib.error:
        return b""


def is_head_whole(message: bytes | bytearray, *, is_compressed: bool) -> bool:
    """Whether as much of *message* has come as is of use."""
    if len(message) >= HEAD_SIZE:
        return True
    return leading_field(head_of(message, is_compressed=is_compressed)) is not None


def leading_field(head: bytes) -> bytes | None:
    """Return the value of a protobuf message's field 1, where that comes first and is bytes.

    It is empty where that is not so, and ``None`` where more of the message is needed.
    """
    if head[:1] != b"\x0a":
        return b"" if head else None
    size = shift = 0
    for at, byte in enumerate(head[1:6], 2):
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            if size > HEAD_SIZE:
                return b""
            return head[at : at + size] if len(head) >= at + size else None
    return b"" if len(head) > 5 else None
