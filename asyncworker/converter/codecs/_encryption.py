"""A codec that encrypts payloads with AES-GCM, in the format of the official samples."""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Self

from ..._proto.temporal.api.common.v1 import Payload
from ...exceptions import CodecError, ConfigurationError, ConverterError
from .._codec import PayloadCodec
from .._context import SerializationContext, WithSerializationContext
from .._payload_bytes import read_payload, write_payload
from ._threads import in_thread_if_large

__all__ = ["EncryptionCodec"]

_ENCODING = b"binary/encrypted"
_KEY_ID = "encryption-key-id"
_NONCE = 12
_TAG = 16
_KEY_SIZES = (16, 24, 32)


class EncryptionCodec(PayloadCodec, WithSerializationContext):
    """Encrypt payloads with AES-GCM, and decrypt those of any key in the ring.

    The format is that of the official samples in Go, TypeScript and Python: encoding ``binary/encrypted``, the
    key's id in the metadata ``encryption-key-id``, and as data a nonce of 12 bytes followed by the sealed payload.
    Payloads in another encoding are returned unchanged by :meth:`decode`.

    To rotate, give every worker and client the new key first, then make it the *key_id*, and remove the old one when
    no payload of it is needed any more. A nonce is random: use a key for fewer than 2**32 payloads.

    Args:
        keys: The key ring: AES keys of 16, 24 or 32 bytes by their ids; or a function that returns the key of an id,
            or ``None`` where it does not know it. It may be a coroutine function, for a key service. What it returned
            is kept; it must not block.
        key_id: The id of the key to encrypt with; or a function that chooses it by the serialization context, for a
            key per namespace or workflow. It is given ``None`` where there is no context.
        foreign_keys: What to do with an encrypted payload whose key id is not in the ring, or which has none, such as
            one of the Temporal Proxy's: ``"fail"`` the attempt or call, or ``"pass"`` the payload on unchanged, to
            another codec or as a ``RawValue``.

    Raises:
        ValueError: A key has another length, or the key ring has no key of *key_id*.
        ConfigurationError: The package cryptography is not installed (extra ``encryption``).
    """

    def __init__(
        self,
        keys: Mapping[str, bytes] | Callable[[str], bytes | Awaitable[bytes | None] | None],
        key_id: str | Callable[[SerializationContext | None], str],
        *,
        foreign_keys: Literal["fail", "pass"] = "fail",
    ) -> None:
        if foreign_keys not in {"fail", "pass"}:
            raise ValueError(f"foreign_keys must be 'fail' or 'pass', got {foreign_keys!r}")
        self.foreign_keys = foreign_keys
        self._key_id = key_id
        self._context: SerializationContext | None = None
        self._ring = _KeyRing(keys)
        self.takes_context: bool = callable(key_id)
        if isinstance(key_id, str) and isinstance(keys, Mapping) and key_id not in keys:
            raise ValueError(f"key_id is {key_id!r}, which the key ring does not have: {sorted(keys)}")

    def __repr__(self) -> str:
        # Never the keys.
        return f"EncryptionCodec(key_id={self._key_id!r}, foreign_keys={self.foreign_keys!r})"

    def with_context(self, context: SerializationContext) -> Self:
        """Return a codec of the same keys that chooses the key to encrypt with by *context*."""
        bound = object.__new__(type(self))
        bound.__dict__.update(self.__dict__)
        bound._context = context
        return bound

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload. Cancelling cancels the key function; large payloads are encrypted in a thread.

        Raises:
            CodecError: There is no key to encrypt with. It is retryable.
            Exception: An error of the key function.
        """
        key_id = self._key_id(self._context) if callable(self._key_id) else self._key_id
        cipher = await self._ring.cipher(key_id)
        if cipher is None:
            raise CodecError(f"there is no key {key_id!r} to encrypt with")
        metadata = {"encoding": _ENCODING, _KEY_ID: key_id.encode()}
        return [
            Payload(metadata=dict(metadata), data=await in_thread_if_large(_seal, write_payload(payload), cipher))
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt the encrypted payloads, and return the others unchanged. Cancelling is as for :meth:`encode`.

        Raises:
            CodecError: The key is not in the ring (and *foreign_keys* is ``"fail"``), or does not fit. It is
                retryable: a worker with the right key may run the next attempt.
            ConverterError: A payload is too short to be an encrypted one.
            Exception: An error of the key function.
        """
        return [await self._opened(each) if _is_encrypted(each) else each for each in payloads]

    async def _opened(self, payload: Payload) -> Payload:
        # An id that is no text is none of ours.
        key_id = payload.metadata.get(_KEY_ID, b"").decode(errors="replace")
        cipher = await self._ring.cipher(key_id) if key_id else None
        if cipher is None:
            if self.foreign_keys == "pass":
                return payload
            named = f"with key {key_id[:100]!r}, which this codec does not have" if key_id else "without naming its key"
            raise CodecError(f"the payload is encrypted {named}")
        if len(payload.data) < _NONCE + _TAG:
            raise ConverterError(f"the encrypted payload is cut off: {len(payload.data)} bytes")
        return read_payload(await in_thread_if_large(_open, payload.data, cipher, key_id))


class _KeyRing:
    """The ciphers of the keys that are known, by key id."""

    def __init__(self, keys: Mapping[str, bytes] | Callable[[str], Any]) -> None:
        # Said here if it is not installed, also where the keys come later.
        _aesgcm()
        self._ciphers: dict[str, Any] = {}
        self._find: Callable[[str], Any] | None = None
        if isinstance(keys, Mapping):
            self._ciphers = {key_id: _cipher(key_id, key) for key_id, key in keys.items()}
        else:
            self._find = keys

    async def cipher(self, key_id: str) -> Any:
        cipher = self._ciphers.get(key_id)
        if cipher is None and self._find is not None:
            key = self._find(key_id)
            if inspect.isawaitable(key):
                key = await key
            if key is not None:
                cipher = self._ciphers[key_id] = _cipher(key_id, key)
        return cipher


def _aesgcm() -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise ConfigurationError(
            'EncryptionCodec needs the package cryptography: pip install "temporal-asyncworker[encryption]"'
        ) from error
    return AESGCM


def _cipher(key_id: object, key: object) -> Any:
    if not isinstance(key_id, str) or not key_id:
        raise ValueError(f"a key's id must be a text that is not empty, got {key_id!r}")
    if not isinstance(key, bytes | bytearray | memoryview) or len(key) not in _KEY_SIZES:
        # Not the key itself.
        size = f"{len(key)} bytes" if isinstance(key, bytes | bytearray | memoryview) else type(key).__name__
        raise ValueError(f"the key {key_id!r} must have 16, 24 or 32 bytes, got {size}")
    return _aesgcm()(bytes(key))


def _is_encrypted(payload: Payload) -> bool:
    return payload.metadata.get("encoding") == _ENCODING


def _seal(plain: bytes, cipher: Any) -> bytes:
    nonce = os.urandom(_NONCE)
    sealed: bytes = cipher.encrypt(nonce, plain, None)
    return nonce + sealed


def _open(data: bytes, cipher: Any, key_id: str) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        plain: bytes = cipher.decrypt(data[:_NONCE], data[_NONCE:], None)
    except InvalidTag:
        # A key of the same id with other bytes, or a payload that was changed: which of them cannot be known.
        raise CodecError(f"the payload cannot be decrypted with the key {key_id[:100]!r}") from None
    return plain
