"""A codec that compresses payloads: zlib as the Go SDK writes it, or zstd."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from ..._proto.temporal.api.common.v1 import Payload
from ...exceptions import ConfigurationError, ConverterError
from .._codec import PayloadCodec
from .._payload_bytes import read_payload, write_payload
from ._threads import in_thread_if_large

__all__ = ["CompressionCodec"]


class _Algorithm(NamedTuple):
    encoding: bytes
    compress: Callable[[bytes], bytes]
    # Given the data and how many bytes may come of it.
    decompress: Callable[[bytes, int], bytes]


class CompressionCodec(PayloadCodec):
    """Compress payloads, and decompress those of this codec and of the Go SDK's zlib codec.

    A payload is sent compressed only where that makes it smaller. What comes uncompressed, or in another encoding, is
    returned unchanged by :meth:`decode`. With an :class:`EncryptionCodec` it stands behind it,
    ``payload_codec=[encryption, compression]``: what is encrypted cannot be compressed.

    Args:
        algorithm: ``"zlib"`` (encoding ``binary/zlib``, as in the Go SDK) or ``"zstd"`` (``binary/zstd``, needs the
            extra ``zstd``). Both are decompressed, zstd where its package is installed.
        level: The algorithm's compression level; ``None`` is its default.
        always: Compress also where it makes a payload larger.
        max_decompressed_bytes: What one payload may come to, in bytes (64 MiB). A larger one is refused, and is not
            decompressed beyond it.

    Raises:
        ValueError: The algorithm is not one of these, or the limit is not positive.
        ConfigurationError: zstd is asked for and its package is not installed.
    """

    def __init__(
        self,
        algorithm: Literal["zlib", "zstd"] = "zlib",
        *,
        level: int | None = None,
        always: bool = False,
        max_decompressed_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        if algorithm not in {"zlib", "zstd"}:
            raise ValueError(f"algorithm must be 'zlib' or 'zstd', got {algorithm!r}")
        if max_decompressed_bytes <= 0:
            raise ValueError(f"max_decompressed_bytes must be positive, got {max_decompressed_bytes!r}")
        self.algorithm = algorithm
        self.always = always
        self.max_decompressed_bytes = max_decompressed_bytes
        self._write = _zlib(level) if algorithm == "zlib" else _zstd(level)
        self._read = {each.encoding: each for each in (_zlib(None), self._write)}

    def __repr__(self) -> str:
        return f"CompressionCodec({self.algorithm!r})"

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Compress each payload for which it saves bytes. Large ones are compressed in a thread.

        Cancelling returns at once; the thread ends with its payload.
        """
        return [await self._compressed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decompress the compressed payloads, and return the others unchanged. Cancelling is as for :meth:`encode`.

        Raises:
            ConverterError: A payload is damaged, or larger than ``max_decompressed_bytes``.
            ConfigurationError: A payload is compressed with zstd, whose package is not installed.
        """
        return [await self._decompressed(payload) for payload in payloads]

    async def _compressed(self, payload: Payload) -> Payload:
        plain = write_payload(payload)
        data = await in_thread_if_large(self._write.compress, plain)
        compressed = Payload(metadata={"encoding": self._write.encoding}, data=data)
        return compressed if self.always or len(data) < len(plain) else payload

    async def _decompressed(self, payload: Payload) -> Payload:
        encoding = payload.metadata.get("encoding")
        algorithm = self._read.get(encoding) if encoding is not None else None
        if algorithm is None:
            if encoding != b"binary/zstd":
                return payload
            algorithm = self._read[encoding] = _zstd(None)
        plain = await in_thread_if_large(algorithm.decompress, payload.data, self.max_decompressed_bytes)
        return read_payload(plain)


def _zlib(level: int | None) -> _Algorithm:
    def compress(data: bytes) -> bytes:
        return zlib.compress(data, zlib.Z_DEFAULT_COMPRESSION if level is None else level)

    def decompress(data: bytes, limit: int) -> bytes:
        stream = zlib.decompressobj()
        try:
            plain = stream.decompress(data, limit)
            # It stops at the limit: then it has to be at its end, which may be bytes away.
            plain += stream.decompress(stream.unconsumed_tail, 1)
        except zlib.error as error:
            raise _damaged("zlib") from error
        return _complete(plain, limit, "zlib", ended=stream.eof)

    return _Algorithm(b"binary/zlib", compress, decompress)


def _zstd(level: int | None) -> _Algorithm:
    try:
        import zstandard
    except ImportError as error:
        raise ConfigurationError(
            'zstd needs the package zstandard: pip install "temporal-asyncworker[zstd]"'
        ) from error

    # Compressors are not to be used by two threads at a time: each payload has one of its own.
    options: dict[str, Any] = {} if level is None else {"level": level}

    def compress(data: bytes) -> bytes:
        compressed: bytes = zstandard.ZstdCompressor(**options).compress(data)
        return compressed

    def decompress(data: bytes, limit: int) -> bytes:
        try:
            with zstandard.ZstdDecompressor().stream_reader(data) as reader:
                plain = reader.read(limit + 1)
            # A reader takes the end of truncated data for the end.
            expected = zstandard.frame_content_size(data)
        except zstandard.ZstdError as error:
            raise _damaged("zstd") from error
        return _complete(plain, limit, "zstd", ended=expected in {-1, len(plain)})

    return _Algorithm(b"binary/zstd", compress, decompress)


def _complete(plain: bytes, limit: int, name: str, *, ended: bool) -> bytes:
    if len(plain) > limit:
        raise ConverterError(f"the payload is more than {limit:,} bytes without its {name} compression")
    if not ended:
        raise _damaged(name)
    return plain


def _damaged(name: str) -> ConverterError:
    return ConverterError(f"the payload's {name} data is damaged or cut off")
