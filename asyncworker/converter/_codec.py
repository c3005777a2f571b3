"""Transform payloads on their way out and back in: encryption, compression, storage elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

from .._proto.temporal.api.common.v1 import Payload
from ..exceptions import ConverterError
from ._context import SerializationContext, WithSerializationContext, takes_context, with_context

__all__ = ["ChainedPayloadCodec", "PayloadCodec", "decode_one", "encode_one"]


class PayloadCodec(ABC):
    """Transform payloads; for encryption and compression.

    It is applied to arguments, results, heartbeat details, the details of failures and cancellations, memos and
    encoded failure attributes; not to headers nor search attributes. What it raises is what the caller gets: a key
    service that does not answer fails the attempt, and the server may retry it.
    """

    @abstractmethod
    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Transform payloads on their way out; leave the ones that are given as they are.

        The list that is returned may be shorter or longer, as long as :meth:`decode` makes it what it was. A single
        payload, as failures have it in their encoded attributes, must stay single.
        """

    @abstractmethod
    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Undo :meth:`encode`, and pass on what it did not encode: older payloads, and those of other senders."""


class ChainedPayloadCodec(PayloadCodec, WithSerializationContext):
    """Several codecs as one, in the order that the Go SDK gives them.

    The first is the outermost: the **last** to encode and the first to decode. To compress and then encrypt is
    ``[encryption, compression]``.

    Args:
        codecs: The codecs, outermost first.

    Raises:
        TypeError: One of them is not a :class:`PayloadCodec`.
    """

    def __init__(self, codecs: Sequence[PayloadCodec]) -> None:
        for codec in codecs:
            if not isinstance(codec, PayloadCodec):
                raise TypeError(f"expected a PayloadCodec instance, got {codec!r}")
        self.codecs = tuple(codecs)
        self.takes_context = any(takes_context(each) for each in self.codecs)

    def __repr__(self) -> str:
        return f"ChainedPayloadCodec({list(self.codecs)!r})"

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encode with the last codec, then the one before it, …"""
        encoded = list(payloads)
        for codec in reversed(self.codecs):
            encoded = await codec.encode(encoded)
        return encoded

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decode with the first codec, then the one after it, …"""
        decoded = list(payloads)
        for codec in self.codecs:
            decoded = await codec.decode(decoded)
        return decoded

    def with_context(self, context: SerializationContext) -> Self:
        """Return a chain whose codecs work for *context*."""
        return type(self)([with_context(each, context) for each in self.codecs])


async def encode_one(codec: PayloadCodec, payload: Payload) -> Payload:
    """Encode a payload that has no list to be in.

    Raises:
        ConverterError: The codec did not return exactly one.
    """
    return _only(await codec.encode([payload]), codec)


async def decode_one(codec: PayloadCodec, payload: Payload) -> Payload:
    """Decode a payload that has no list to be in.

    Raises:
        ConverterError: The codec did not return exactly one.
    """
    return _only(await codec.decode([payload]), codec)


def _only(payloads: Sequence[Payload], codec: PayloadCodec) -> Payload:
    if len(payloads) != 1:
        raise ConverterError(f"{type(codec).__name__} made {len(payloads)} payloads of one that has to stay single")
    return payloads[0]
