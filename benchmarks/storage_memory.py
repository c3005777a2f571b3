"""What external storage takes in memory: values that are stored and retrieved at a time, in a process of their own.

::

    python -m benchmarks.storage_memory --values 20 --megabytes 20

Prints the peak of the process's memory above what it had with the values themselves: for the file driver, and for S3
(moto's server, in a process of its own) where that is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from asyncworker.converter import DataConverter, ExternalStorage, FileStorageDriver, Payload, StorageDriver

_MB = 1_000_000
_SERVER = """
import sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
import boto3
url = "http://%s:%d" % server.get_host_and_port()
boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test",
             aws_secret_access_key="test").create_bucket(Bucket="payloads")
print(url, flush=True)
time.sleep(600)
"""


def peak() -> float:
    """Return the most memory that this process has had so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MB


def driver_of(kind: str, place: str) -> StorageDriver:
    if kind == "file":
        return FileStorageDriver(place)
    from asyncworker.contrib.s3 import ObstoreClient, S3StorageDriver

    client = ObstoreClient(
        endpoint=place,
        client_options={"allow_http": True},
        virtual_hosted_style_request=False,
        region="us-east-1",
        access_key_id="test",
        secret_access_key="test",
    )
    return S3StorageDriver(client, "payloads")


async def measure(kind: str, place: str, values: int, megabytes: int) -> None:
    """Store values at a time, forget them, retrieve them at a time; print both peaks above the values."""
    converter = DataConverter(external_storage=ExternalStorage([driver_of(kind, place)]))
    warm = Payload(metadata={"encoding": b"binary/plain"}, data=os.urandom(_MB))
    await converter.decode_payloads(await converter.encode_payloads([warm]))
    payloads = [
        Payload(metadata={"encoding": b"binary/plain"}, data=os.urandom(megabytes * _MB)) for _ in range(values)
    ]
    before = peak()
    # As attempts at a time do: each for itself.
    stored = await asyncio.gather(*[converter.encode_payloads([payload]) for payload in payloads])
    above_storing = peak() - before
    # The memory of the values is free for those that come back.
    payloads.clear()
    retrieved = await asyncio.gather(*[converter.decode_payloads(each) for each in stored])
    above_retrieving = peak() - before
    assert all(len(payload.data) == megabytes * _MB for [payload] in retrieved)
    print(f"{kind}: storing +{above_storing:.0f} MB, retrieving +{above_retrieving:.0f} MB", flush=True)


@contextmanager
def s3_server() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=20)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--kind", choices=["file", "s3"])
    parser.add_argument("--place")
    options = parser.parse_args()
    if options.kind:
        asyncio.run(measure(options.kind, options.place, options.values, options.megabytes))
        return
    command = [sys.executable, "-m", "benchmarks.storage_memory"]
    command += ["--values", str(options.values), "--megabytes", str(options.megabytes)]
    print(f"{options.values} values of {options.megabytes} MB, and above these:")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*command, "--kind", "file", "--place", folder], check=True)
    with s3_server() as url:
        subprocess.run([*command, "--kind", "s3", "--place", url], check=True)


if __name__ == "__main__":
    main()
