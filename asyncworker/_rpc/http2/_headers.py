"""HPACK for one connection, both ways, remembering blocks whose meaning cannot change.

Theory. A header block is read and written against a table that earlier blocks have filled (RFC 7541), so equal bytes
do not mean equal headers in general. They do as long as the table stays as it is, and a block leaves the table alone if
every field in it is one *indexed* byte (0x81 to 0xFE; 0xFF begins a longer number). A gRPC peer that has seen one call
sends little else. So both directions keep such blocks in a dictionary, and throw the dictionary away when any other
block passes: a call costs one look-up in place of some twenty Python calls inside ``hpack``.

Some fields are written as literals, which leave the table alone too: those that change with every call
(``grpc-timeout``), those so long that they would push everything else out, and metadata of the user's, any of which may
be a secret: no table and no log of ``hpack`` is to hold it (RFC 7541 §7.1.3).
"""

from __future__ import annotations

import base64
import functools
import math
import re
from typing import Any, NamedTuple

from hpack import Decoder, Encoder
from hpack.exceptions import HPACKError, OversizedHeaderListError

from .._metadata import check_metadatum
from .._transport import Metadata

Field = tuple[bytes, bytes]

# A cached block is short and the table small; peers that vary their blocks beyond this gain nothing from a cache.
_MAX_CACHED = 1024
_MAX_TABLE_SIZE = 4096
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
# RFC 9113 §8.2.2.
_CONNECTION_SPECIFIC = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"))
# Sent by every gRPC client, or added by asyncworker: all else is the user's.
_PUBLIC = frozenset(
    (
        b":method",
        b":scheme",
        b":path",
        b":authority",
        b"te",
        b"content-type",
        b"user-agent",
        b"grpc-accept-encoding",
        b"grpc-encoding",
        b"grpc-timeout",
        b"client-name",
        b"client-version",
        b"temporal-namespace",
    )
)
# hpack shows a view's address, which is another one each time.
_ADDRESS = re.compile(r"<memory at \w+>")
# What `grpc-timeout` adds to a list of headers at most.
_MAX_TIMEOUT_SIZE = len("grpc-timeout") + len("99999999H") + 32
_TIMEOUT_UNITS = (("u", 1e-6), ("m", 1e-3), ("S", 1), ("M", 60), ("H", 3600))


class HeaderBlock(NamedTuple):
    """Decoded headers; *fault* is why they are malformed (RFC 9113 §8.1.1), if they are.

    *size* is that of the list as HTTP/2 counts it (§6.5.2): what it took to decode, however short the block was.
    """

    fields: dict[bytes, bytes]
    fault: str | None
    size: int


class HeaderDecodingError(Exception):
    """The table is lost, and the connection with it; *is_oversized* where the list was merely too long."""

    def __init__(self, message: str, *, is_oversized: bool) -> None:
        super().__init__(message)
        self.is_oversized = is_oversized


def _is_table_neutral(block: bytes) -> bool:
    return bool(block) and min(block) >= 0x80 and 0xFF not in block


class HeaderDecoder:
    """Read the header blocks of one connection, in the order they arrive."""

    __slots__ = ("_cache", "_decoder")

    def __init__(self, max_header_list_size: int) -> None:
        self._decoder = Decoder(max_header_list_size)
        self._cache: dict[bytes, HeaderBlock] = {}

    def decode(self, block: bytes) -> HeaderBlock:
        """Decode a whole block.

        Raises:
            HeaderDecodingError: no later block can be read either.
        """
        known = self._cache.get(block)
        if known is not None:
            return known
        try:
            fields = [(name, value) for name, value in self._decoder.decode(block, raw=True)]
        except OversizedHeaderListError as error:
            raise HeaderDecodingError(str(error), is_oversized=True) from error
        except HPACKError as error:
            message = _ADDRESS.sub("the header block", str(error)) or type(error).__name__
            raise HeaderDecodingError(message, is_oversized=False) from error
        size = sum(len(name) + len(value) + 32 for name, value in fields)
        headers = HeaderBlock(dict(fields), _fault(fields), size)
        if _is_table_neutral(block) and len(self._cache) < _MAX_CACHED:
            self._cache[block] = headers
        else:
            self._cache.clear()
        return headers


def _fault(fields: list[Field]) -> str | None:
    is_past_pseudo = has_status = False
    for name, value in fields:
        # RFC 9113 §8.2.1; the spaces about a value, forbidden as well, are what gRPC servers leave about a message.
        if b"\0" in value or b"\r" in value or b"\n" in value:
            return f"impossible value of header {name!r}"
        if name.startswith(b":"):
            if name != b":status" or is_past_pseudo or has_status:
                return f"unexpected pseudo-header {name!r}"
            if len(value) != 3 or not value.isdigit():
                return f"impossible :status {value!r}"
            has_status = True
        else:
            is_past_pseudo = True
            if not _NAME.fullmatch(name):
                return f"impossible header name {name!r}"
            if name in _CONNECTION_SPECIFIC:
                return f"connection-specific header {name!r}"
    return None


class HeaderEncoder:
    """Write the header blocks of the calls of one connection, in the order they are sent."""

    __slots__ = ("_cache", "_encoder", "_first", "_max_header_list_size", "_second")

    def __init__(self, authority: str, scheme: str, user_agent: str, *, is_compressing: bool = False) -> None:
        self._encoder = Encoder()
        self._cache: dict[tuple[str, Metadata], bytes] = {}
        self._max_header_list_size: int | None = None
        self._first: list[Field] = [(b":method", b"POST"), (b":scheme", scheme.encode())]
        self._second: list[Field] = [
            (b":authority", authority.encode()),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
            (b"user-agent", user_agent.encode()),
            (b"grpc-accept-encoding", b"identity,gzip"),
        ]
        if is_compressing:
            self._second.append((b"grpc-encoding", b"gzip"))

    def encode(self, path: str, metadata: Metadata, timeout: float | None) -> bytes:
        """Write the block of one call.

        Raises:
            ValueError: a key or a value of *metadata* cannot be sent, or all together are more than the peer accepts.
        """
        # Hashing wants a tuple; a caller that passes one pays nothing here.
        key = (path, metadata if type(metadata) is tuple else tuple(metadata))
        block = self._cache.get(key)
        if block is None:
            block = self._encode(key)
        if timeout is None:
            return block
        # A call that must be over by some moment has a timeout of its own; rounded up, as it may be, it has been seen.
        return block + timeout_literal(math.ceil(timeout * 100) / 100 if 1 < timeout < math.inf else timeout)

    def check(self, path: str, metadata: Metadata) -> list[Field]:
        """Make the list of headers of one call.

        Raises:
            ValueError: as `encode`.
        """
        fields = [*self._first, (b":path", path.encode()), *self._second, *map(encode_metadatum, metadata)]
        size = sum((len(name) + len(value) + 32 for name, value in fields), _MAX_TIMEOUT_SIZE)
        if self._max_header_list_size is not None and size > self._max_header_list_size:
            raise ValueError(f"metadata make {size} bytes of headers, the server accepts {self._max_header_list_size}")
        return fields

    def _encode(self, key: tuple[str, Metadata]) -> bytes:
        fields = self.check(*key)
        apart = [field for field in fields if field[0] not in _PUBLIC or len(field[1]) > _MAX_TABLE_SIZE // 4]
        block = self._encoder.encode([field for field in fields if field not in apart] if apart else fields)
        literals = b"".join(literal(name, value, is_secret=name not in _PUBLIC) for name, value in apart)
        if _is_table_neutral(block) and len(self._cache) < _MAX_CACHED:
            self._cache[key] = block + literals
        else:
            self._cache.clear()
        return block + literals

    def limit(self, size: int) -> None:
        """Apply the peer's ``SETTINGS_MAX_HEADER_LIST_SIZE``; a longer list is refused here and not sent (§10.5.1)."""
        self._max_header_list_size = size
        self._cache.clear()

    def resize(self, size: int) -> None:
        """Apply the peer's ``SETTINGS_HEADER_TABLE_SIZE``; the next block tells the peer."""
        self._encoder.header_table_size = min(size, _MAX_TABLE_SIZE)
        self._cache.clear()


class DiscreetEncoder(Encoder):
    """An HPACK encoder that keeps what is the user's out of its logs and tables."""

    def encode(self, headers: Any, huffman: bool = True) -> bytes:
        fields = [(_bytes(name), _bytes(value)) for name, value in headers]
        block = super().encode([field for field in fields if field[0] in _PUBLIC], huffman)
        return block + b"".join(literal(*field, is_secret=True) for field in fields if field[0] not in _PUBLIC)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def encode_metadatum(item: tuple[str, str | bytes]) -> Field:
    """Check one pair of metadata and give it its form on the wire; ``-bin`` values become unpadded base64.

    Raises:
        ValueError: gRPC does not allow this key or this value.
    """
    key, value = item
    check_metadatum(key, value)
    if isinstance(value, bytes):
        return key.encode(), base64.b64encode(value).rstrip(b"=")
    return key.encode(), value.encode()


def literal(name: bytes, value: bytes, *, is_secret: bool = False) -> bytes:
    """Write a field so that neither side's table changes (RFC 7541 §6.2.2), nor that of any proxy between (§6.2.3)."""
    return (b"\x10" if is_secret else b"\0") + _length(len(name)) + name + _length(len(value)) + value


def _length(number: int) -> bytes:
    if number < 0x7F:
        return bytes((number,))
    number -= 0x7F
    digits = bytearray((0x7F,))
    while number >= 0x80:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)


@functools.lru_cache(maxsize=256)
def timeout_literal(timeout: float) -> bytes:
    """Write ``grpc-timeout`` as a literal; few timeouts are in use, and most of them again and again."""
    return literal(b"grpc-timeout", format_timeout(timeout))


def format_timeout(timeout: float) -> bytes:
    """Write seconds as gRPC does: at most eight digits and a unit, rounded up: the server must not be first."""
    for unit, seconds in _TIMEOUT_UNITS:
        if timeout <= 99_999_999 * seconds:
            return f"{max(math.ceil(timeout / seconds), 1)}{unit}".encode()
    return b"99999999H"
