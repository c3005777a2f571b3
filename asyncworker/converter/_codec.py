"""Payload codecs: encrypt, compress or store payloads before they are sent, and undo that after they are received."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Self

from .._proto.temporal.api.common.v1 import Payload
from ..exceptions import ConverterError
from ._context import SerializationContext, WithSerializationContext, takes_context, with_context

__all__ = ["ChainedPayloadCodec", "PayloadCodec", "decode_headers", "decode_one", "encode_headers", "encode_one"]


class PayloadCodec(ABC):
    """Transform payloads, for encryption or compression.

    A codec is applied to arguments, results, heartbeat details, the details of failures and cancellations, memos and
    encoded failure attributes, but not to search attributes, and to headers only
    by request (:class:`asyncworker.common.HeaderCodecBehavior`). An error of the codec reaches the caller: if
    the key service of an encryption is down, the attempt fails, and the server may retry it.

    Both coroutines are cancelled together with the activity or the call that they work for; they may let that through.
    """

    @abstractmethod
    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads as they are to be sent, without changing the given ones.

        The returned list may be shorter or longer, as long as :meth:`decode` restores it. A list of one payload, as
        failures have it in their encoded attributes, must stay one. Cancelling happens where the attempt or the call is
        cancelled, and is to be let through.

        Raises:
            Exception: Any error fails the attempt or the call.
        """

    @abstractmethod
    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Undo :meth:`encode`, and return unchanged what it did not encode: older payloads, and those of others.

        Cancelling is as for :meth:`encode`.

        Raises:
            Exception: Any error fails the attempt or the call.
        """


class ChainedPayloadCodec(PayloadCodec, WithSerializationContext):
    """Several codecs as one, in the Go SDK's order.

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
        self.codecs: tuple[PayloadCodec, ...] = tuple(codecs)
        self.takes_context: bool = any(takes_context(each) for each in self.codecs)

    def __repr__(self) -> str:
        return f"ChainedPayloadCodec({list(self.codecs)!r})"

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encode with the last codec first. Cancelling cancels the codec at work; its errors are raised."""
        encoded = list(payloads)
        for codec in reversed(self.codecs):
            encoded = await codec.encode(encoded)
        return encoded

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decode with the first codec first. Cancelling cancels the codec at work; its errors are raised."""
        decoded = list(payloads)
        for codec in self.codecs:
            decoded = await codec.decode(decoded)
        return decoded

    def with_context(self, context: SerializationContext) -> Self:
        """Return a chain whose codecs have *context*."""
        return type(self)([with_context(each, context) for each in self.codecs])


async def encode_one(codec: PayloadCodec, payload: Payload) -> Payload:
    """Encode a single payload.

    Raises:
        ConverterError: The codec did not return exactly one.
    """
    return _only(await codec.encode([payload]), codec)


async def decode_one(codec: PayloadCodec, payload: Payload) -> Payload:
    """Decode a single payload.

    Raises:
        ConverterError: The codec did not return exactly one.
    """
    return _only(await codec.decode([payload]), codec)


async def encode_headers(codec: PayloadCodec, headers: Mapping[str, Payload]) -> dict[str, Payload]:
    """Encode each header for itself, as temporalio does.

    Raises:
        ConverterError: The codec did not return exactly one payload for one.
    """
    return {name: await encode_one(codec, payload) for name, payload in headers.items()}


async def decode_headers(codec: PayloadCodec, headers: Mapping[str, Payload]) -> dict[str, Payload]:
    """Undo :func:`encode_headers`.

    Raises:
        ConverterError: The codec did not return exactly one payload for one.
    """
    return {name: await decode_one(codec, payload) for name, payload in headers.items()}


def _only(payloads: Sequence[Payload], codec: PayloadCodec) -> Payload:
    if len(payloads) != 1:
        raise ConverterError(
            f"{type(codec).__name__} returned {len(payloads)} payloads for one that has to stay single"
        )
    return payloads[0]
