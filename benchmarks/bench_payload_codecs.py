"""What encryption, compression and external storage cost per activity, beside temporalio with the same.

::

    python -m benchmarks.bench_payload_codecs

One activity is an argument decoded and a result encoded, as a worker does it; the rest of an activity is not in it. The
codecs of temporalio are written as its samples write theirs, and both sides keep stored payloads in a dict. Rounds take
turns, and each figure is the median of its rounds.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any

import temporalio.api.common.v1
import temporalio.converter as theirs
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from asyncworker.converter import (
    CompressionCodec,
    DataConverter,
    EncryptionCodec,
    ExternalStorage,
    Payload,
    StorageDriver,
    StorageDriverClaim,
)

_KEY = b"k" * 32
_ROUNDS = 9
_SECONDS = 0.1
TheirPayload = temporalio.api.common.v1.Payload
Activity = Callable[[], Awaitable[None]]


class _Kept(StorageDriver):
    def __init__(self) -> None:
        self.kept: list[Payload] = []

    def name(self) -> str:
        return "memory"

    async def store(self, context: Any, payloads: Sequence[Payload]) -> list[StorageDriverClaim]:  # noqa: ARG002
        self.kept[1:] = payloads
        return [StorageDriverClaim({"key": "1"})]

    async def retrieve(self, context: Any, claims: Sequence[StorageDriverClaim]) -> list[Payload]:  # noqa: ARG002
        return [self.kept[0] for _ in claims]


class _TheirKept(theirs.StorageDriver):
    def __init__(self) -> None:
        self.kept: list[TheirPayload] = []

    def name(self) -> str:
        return "memory"

    async def store(self, context: Any, payloads: Sequence[TheirPayload]) -> list[Any]:  # noqa: ARG002
        self.kept[1:] = payloads
        return [theirs.StorageDriverClaim({"key": "1"})]

    async def retrieve(self, context: Any, claims: Sequence[Any]) -> list[TheirPayload]:  # noqa: ARG002
        return [self.kept[0] for _ in claims]


class _TheirEncryption(theirs.PayloadCodec):
    def __init__(self) -> None:
        self._cipher = AESGCM(_KEY)

    async def encode(self, payloads: Sequence[TheirPayload]) -> list[TheirPayload]:
        return [
            TheirPayload(
                metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"k"},
                data=(nonce := os.urandom(12)) + self._cipher.encrypt(nonce, payload.SerializeToString(), None),
            )
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[TheirPayload]) -> list[TheirPayload]:
        return [
            TheirPayload.FromString(self._cipher.decrypt(payload.data[:12], payload.data[12:], None))
            for payload in payloads
        ]


class _TheirCompression(theirs.PayloadCodec):
    async def encode(self, payloads: Sequence[TheirPayload]) -> list[TheirPayload]:
        return [
            TheirPayload(metadata={"encoding": b"binary/zlib"}, data=zlib.compress(payload.SerializeToString()))
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[TheirPayload]) -> list[TheirPayload]:
        return [TheirPayload.FromString(zlib.decompress(payload.data)) for payload in payloads]


async def _activity(converter: Any, value: str) -> Activity:
    argument = await converter.encode([value])

    async def run() -> None:
        await converter.decode(argument, [str])
        await converter.encode([value])

    return run


async def _time(activity: Activity) -> float:
    """Return the microseconds of one call."""
    calls, began = 0, perf_counter()
    while (took := perf_counter() - began) < _SECONDS:
        await activity()
        calls += 1
    return took / calls * 1e6


async def _compare(name: str, value: str, ours: Any, of_them: Any) -> None:
    activities = [await _activity(ours, value), await _activity(of_them, value)]
    times: list[list[float]] = [[], []]
    for _ in range(_ROUNDS):
        for activity, found in zip(activities, times, strict=True):
            found.append(await _time(activity))
    first, second = median(times[0]), median(times[1])
    print(f"{name:32} {len(value):>9,} {first:>11,.1f} {second:>11,.1f} {first / second:>7.2f}", flush=True)


def _text(size: int) -> str:
    # Half as large when it is compressed.
    return os.urandom(size // 2).hex()


async def main() -> None:
    print(f"{'per activity':32} {'bytes':>9} {'ours, µs':>11} {'temporalio':>11} {'ratio':>7}")
    for size in (1_000, 100_000):
        text = _text(size)
        await _compare("no codec", text, DataConverter(), theirs.DataConverter())
        await _compare(
            "encryption",
            text,
            DataConverter(payload_codec=EncryptionCodec({"k": _KEY}, "k")),
            theirs.DataConverter(payload_codec=_TheirEncryption()),
        )
        await _compare(
            "compression",
            text,
            DataConverter(payload_codec=CompressionCodec(always=True)),
            theirs.DataConverter(payload_codec=_TheirCompression()),
        )
    text = _text(1_000_000)
    await _compare(
        "storage",
        text,
        DataConverter(external_storage=ExternalStorage([_Kept()])),
        theirs.DataConverter(external_storage=theirs.ExternalStorage(drivers=[_TheirKept()])),
    )
    await _compare(
        "encryption and storage",
        text,
        DataConverter(payload_codec=EncryptionCodec({"k": _KEY}, "k"), external_storage=ExternalStorage([_Kept()])),
        theirs.DataConverter(
            payload_codec=_TheirEncryption(), external_storage=theirs.ExternalStorage(drivers=[_TheirKept()])
        ),
    )


if __name__ == "__main__":
    asyncio.run(main())
