"""A storage driver for development: payloads are files of a folder."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, to_thread

from ..._proto.temporal.api.common.v1 import Payload
from ...exceptions import StorageError
from .._payload_bytes import write_payload
from ._content import hash_of, read_verified, verified_hash
from ._driver import StorageDriver, StorageDriverClaim, StorageDriverRetrieveContext, StorageDriverStoreContext

__all__ = ["FileStorageDriver"]


class FileStorageDriver(StorageDriver):
    """Keep payloads as files in a folder that all workers and clients share, for development and tests.

    A payload is stored once, under the hash of its bytes. Nothing removes it. A reference names a hash and no path, so
    that nothing outside the folder can be read.

    Args:
        directory: The folder; it is created when something is stored.
        name: The driver's name in references.
        max_concurrent: How many payloads are stored or retrieved at a time, by all activities together. Each takes its
            size in memory twice.

    Raises:
        ValueError: *max_concurrent* is not positive.
    """

    def __init__(
        self, directory: str | os.PathLike[str], name: str = "asyncworker.file", *, max_concurrent: int = 8
    ) -> None:
        if max_concurrent <= 0:
            raise ValueError(f"max_concurrent must be positive, got {max_concurrent!r}")
        self.directory: Path = Path(directory)
        self._name = name
        self._max_concurrent = max_concurrent
        self._limiters: WeakKeyDictionary[asyncio.AbstractEventLoop, CapacityLimiter] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"FileStorageDriver({str(self.directory)!r})"

    def name(self) -> str:
        """Return the name given."""
        return self._name

    def type(self) -> str:
        """Return ``asyncworker.file``."""
        return "asyncworker.file"

    async def store(
        self,
        context: StorageDriverStoreContext,  # noqa: ARG002
        payloads: Sequence[Payload],
    ) -> Sequence[StorageDriverClaim]:
        """Write payloads in a thread. Cancelling returns at once; the thread ends with its file.

        Raises:
            OSError: A file cannot be written.
        """
        return [
            await to_thread.run_sync(self._write, payload, abandon_on_cancel=True, limiter=self._limiter())
            for payload in payloads
        ]

    async def retrieve(
        self,
        context: StorageDriverRetrieveContext,  # noqa: ARG002
        claims: Sequence[StorageDriverClaim],
    ) -> Sequence[Payload]:
        """Read payloads in a thread. Cancelling returns at once.

        Raises:
            StorageError: There is no such file (yet).
            ConverterError: A claim has no hash, or the file is not what was stored.
            OSError: A file cannot be read.
        """
        return [
            await to_thread.run_sync(self._read, claim, abandon_on_cancel=True, limiter=self._limiter())
            for claim in claims
        ]

    def _limiter(self) -> CapacityLimiter:
        loop = asyncio.get_running_loop()
        limiter = self._limiters.get(loop)
        if limiter is None:
            limiter = self._limiters[loop] = CapacityLimiter(self._max_concurrent)
        return limiter

    def _path(self, digest: str) -> Path:
        return self.directory / digest[:2] / digest

    def _write(self, payload: Payload) -> StorageDriverClaim:
        data = write_payload(payload)
        digest = hash_of(data)
        path = self._path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Whole or not at all, also where two write the same.
            handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(unfinished).replace(path)
            except BaseException:
                Path(unfinished).unlink(missing_ok=True)
                raise
        return StorageDriverClaim({"hash_algorithm": "sha256", "hash_value": digest})

    def _read(self, claim: StorageDriverClaim) -> Payload:
        digest = verified_hash(claim.claim_data)
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError as error:
            raise StorageError(f"{self.directory} has no payload {digest}") from error
        return read_verified(data, digest)
