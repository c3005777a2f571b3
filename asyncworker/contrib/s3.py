"""Keep large payloads in S3, or in a store that speaks its protocol, with the keys and references of the official SDKs.

::

    from asyncworker.contrib.s3 import ObstoreClient, S3StorageDriver
    from asyncworker.converter import DataConverter, ExternalStorage

    driver = S3StorageDriver(ObstoreClient(region="eu-central-1"), bucket="payloads")
    converter = DataConverter(external_storage=ExternalStorage([driver]))
"""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

import anyio

from ..converter import (
    Payload,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
    StorageDriverWorkflowInfo,
)
from ..converter._payload_bytes import write_payload
from ..converter._stored import ExternalPayloadError
from ..converter.storage._content import hash_of, read_verified, verified_hash
from ..exceptions import StorageError

try:
    import obstore
    from obstore.exceptions import PermissionDeniedError, UnauthenticatedError
    from obstore.store import S3Store
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f'asyncworker.contrib.s3 needs {_error.name}: pip install "temporal-asyncworker[s3]"', name=_error.name
    ) from _error

__all__ = ["ObstoreClient", "S3StorageDriver", "S3StorageDriverClient"]

T = TypeVar("T")

# What S3 calls safe in keys; all else is percent-encoded, as the official drivers do.
_SAFE = frozenset((string.ascii_letters + string.digits + "!-_.*'()").encode())
_LONGEST_KEY = 1024
_DOTS = frozenset({".", ".."})


class S3StorageDriverClient(Protocol):
    """What the driver needs of an S3 client. Those of ``temporalio.contrib.aws.s3driver`` have it too."""

    async def object_exists(self, *, bucket: str, key: str) -> bool:
        """Whether the bucket has an object of that key."""

    async def put_object(self, *, bucket: str, key: str, data: bytes) -> None:
        """Store an object."""

    async def get_object(self, *, bucket: str, key: str) -> bytes:
        """Return an object's content."""


class ObstoreClient:
    """An S3 client by obstore, which reads AWS's environment variables and the instance's or pod's role.

    Args:
        max_object_bytes: Larger objects are not downloaded (64 MiB).
        config: Options of ``obstore.store.S3Store``: ``region``, ``endpoint``, ``access_key_id``,
            ``virtual_hosted_style_request``, …
    """

    def __init__(self, *, max_object_bytes: int = 64 * 1024 * 1024, **config: Any) -> None:
        self._max_object_bytes = max_object_bytes
        self._config = config
        self._stores: dict[str, S3Store] = {}

    def __repr__(self) -> str:
        # Not the credentials.
        return f"ObstoreClient(region={self._config.get('region')!r}, endpoint={self._config.get('endpoint')!r})"

    def _store(self, bucket: str) -> S3Store:
        store = self._stores.get(bucket)
        if store is None:
            store = self._stores[bucket] = S3Store(bucket, **self._config)
        return store

    async def object_exists(self, *, bucket: str, key: str) -> bool:
        """Whether the bucket has an object of that key. Cancelling ends the request."""
        try:
            await obstore.head_async(self._store(bucket), key)
        except FileNotFoundError:
            return False
        return True

    async def put_object(self, *, bucket: str, key: str, data: bytes) -> None:
        """Store an object. Cancelling ends the upload; S3 then has nothing of it."""
        # In one request: of an upload in parts that is cut off, S3 would keep the parts.
        await obstore.put_async(self._store(bucket), key, data, use_multipart=False)

    async def get_object(self, *, bucket: str, key: str) -> bytes:
        """Return an object's content. Cancelling ends the download.

        Raises:
            FileNotFoundError: There is none.
            ConverterError: It is larger than *max_object_bytes*.
        """
        result = await obstore.get_async(self._store(bucket), key)
        if result.meta["size"] > self._max_object_bytes:
            raise ExternalPayloadError(f"the object has {result.meta['size']:,} bytes: more than max_object_bytes")
        return bytes(await result.bytes_async())


class S3StorageDriver(StorageDriver):
    """Store payloads in S3, under the keys of the official drivers (layout v0).

    A key names the namespace, the activity or workflow, and the SHA-256 of the payload, which is verified when it is
    read. What is there already is not stored again. Only buckets that are given here are read: a reference comes from
    the wire.

    Args:
        client: The S3 client: :class:`ObstoreClient`, or one with the same three methods.
        bucket: The bucket; or a function of the context and the payload that chooses it, with *buckets*.
        buckets: The buckets that may be read besides *bucket*.
        driver_name: The driver's name in references. Two drivers of one data converter need two names.
        max_payload_size: What one payload may have, in bytes (50 MiB), stored or retrieved.
        max_concurrent: How many payloads are stored or retrieved at a time, by all activities together. Each takes
            its size in memory twice.

    Raises:
        ValueError: A function chooses buckets and *buckets* is empty, or a number is not positive.
    """

    def __init__(
        self,
        client: S3StorageDriverClient,
        bucket: str | Callable[[StorageDriverStoreContext, Payload], str],
        driver_name: str = "aws.s3driver",
        max_payload_size: int = 50 * 1024 * 1024,
        *,
        buckets: Collection[str] = (),
        max_concurrent: int = 8,
    ) -> None:
        for name, value in (("max_payload_size", max_payload_size), ("max_concurrent", max_concurrent)):
            if value <= 0:
                raise ValueError(f"{name} must be positive, got {value!r}")
        if callable(bucket) and not buckets:
            raise ValueError("buckets must name those that bucket() may choose: no others are read")
        self._client = client
        self._bucket = bucket
        self._buckets = frozenset([*buckets, *([] if callable(bucket) else [bucket])])
        self._name = driver_name
        self._max_payload_size = max_payload_size
        self._max_concurrent = max_concurrent
        self._slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"S3StorageDriver({self._client!r}, {self._bucket!r})"

    def name(self) -> str:
        """Return the driver's name."""
        return self._name

    def type(self) -> str:
        """Return ``aws.s3driver``, as in every SDK."""
        return "aws.s3driver"

    async def store(
        self, context: StorageDriverStoreContext, payloads: Sequence[Payload]
    ) -> Sequence[StorageDriverClaim]:
        """Upload payloads, several at a time. Cancelling ends the uploads; S3 has whole objects or none.

        Raises:
            ConverterError: A payload is larger than ``max_payload_size``.
            StorageError: S3 refused it or could not be reached. It is retryable.
        """
        return await _together([self._upload(context, payload) for payload in payloads])

    async def retrieve(
        self,
        context: StorageDriverRetrieveContext,  # noqa: ARG002
        claims: Sequence[StorageDriverClaim],
    ) -> Sequence[Payload]:
        """Download payloads, several at a time. Cancelling ends the downloads.

        Raises:
            ConverterError: A claim names another bucket, no hash, or an object that is not what was stored.
            StorageError: There is no such object, or S3 could not be asked. It is retryable.
        """
        return await _together([self._download(claim) for claim in claims])

    async def _upload(self, context: StorageDriverStoreContext, payload: Payload) -> StorageDriverClaim:
        async with self._slot():
            data = write_payload(payload)
            self._check_size(len(data))
            bucket = self._bucket(context, payload) if callable(self._bucket) else self._bucket
            if bucket not in self._buckets:
                raise ExternalPayloadError(
                    f"the bucket {bucket!r} is not one of those of the storage driver {self._name!r}"
                )
            digest = hash_of(data)
            key = key_of(context, digest)
            with _naming(bucket, key):
                if not await self._client.object_exists(bucket=bucket, key=key):
                    await self._client.put_object(bucket=bucket, key=key, data=data)
        return StorageDriverClaim({"bucket": bucket, "key": key, "hash_algorithm": "sha256", "hash_value": digest})

    async def _download(self, claim: StorageDriverClaim) -> Payload:
        bucket, key = claim.claim_data.get("bucket", ""), claim.claim_data.get("key", "")
        digest = verified_hash(claim.claim_data)
        if bucket not in self._buckets:
            raise ExternalPayloadError(
                f"the reference names the bucket {bucket[:100]!r}, and the storage driver {self._name!r} reads only"
                f" {sorted(self._buckets)}"
            )
        if not key.startswith("v0/"):
            raise ExternalPayloadError("the reference names a key that is none of a storage driver's")
        async with self._slot():
            with _naming(bucket, key):
                data = await self._client.get_object(bucket=bucket, key=key)
            self._check_size(len(data))
            return read_verified(data, digest)

    def _check_size(self, size: int) -> None:
        if size > self._max_payload_size:
            raise ExternalPayloadError(
                f"the payload has {size:,} bytes, and max_payload_size is {self._max_payload_size:,}"
            )

    def _slot(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        slots = self._slots.get(loop)
        if slots is None:
            slots = self._slots[loop] = asyncio.Semaphore(self._max_concurrent)
        return slots


def key_of(context: StorageDriverStoreContext, digest: str) -> str:
    """Return the key of a payload: layout v0 of the official drivers.

    A key over 1,024 bytes, and one with a segment of dots, which obstore refuses, is shortened to the namespace's.
    """
    target, end = context.target, f"d/sha256/{digest}"
    if target is None:
        return f"v0/{end}"
    namespace = _segment(target.namespace)
    run = _segment(target.run_id)
    if isinstance(target, StorageDriverWorkflowInfo):
        owner = ["wt", _segment(target.type), "wi", _segment(target.id), "ri", run]
    else:
        owner = ["at", _segment(target.type), "ai", _segment(target.id), "ri", run]
    if namespace in _DOTS:
        return f"v0/{end}"
    key = "/".join(["v0", "ns", namespace, *owner, end])
    if len(key) > _LONGEST_KEY or not _DOTS.isdisjoint(owner):
        return f"v0/ns/{namespace}/{end}"
    return key


def _segment(text: str | None) -> str:
    """Return a part of a key, percent-encoded; ``null`` for what is not known."""
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in text.encode()) if text else "null"


@contextmanager
def _naming(bucket: str, key: str) -> Iterator[None]:
    """Name the object in an error of the client, whose own text stays in the worker's log."""
    try:
        yield
    except FileNotFoundError as error:
        raise StorageError(f"S3 has no object {key} in the bucket {bucket}") from error
    except ExternalPayloadError:
        raise
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise StorageError(
            "S3 does not permit that with these credentials: it takes s3:GetObject, s3:PutObject and s3:ListBucket"
            f" [bucket={bucket}, key={key}]"
        ) from error
    except Exception as error:
        raise StorageError(f"S3 failed with {type(error).__name__} [bucket={bucket}, key={key}]") from error


async def _together(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Await all of them; the first error ends the others."""
    found: dict[int, T] = {}

    async def keep(index: int, one: Coroutine[Any, Any, T]) -> None:
        found[index] = await one

    try:
        async with anyio.create_task_group() as group:
            for index, one in enumerate(work):
                group.start_soon(keep, index, one)
    except ExceptionGroup as errors:
        # The first says what is wrong; the others were cancelled for it, or are like it.
        raise errors.exceptions[0] from errors.exceptions[0].__cause__
    return [found[index] for index in range(len(work))]
