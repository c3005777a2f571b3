"""Payloads in a real HTTP S3, with temporalio's own driver on the other side."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import boto3
import pytest
import temporalio.converter
from anyio import to_thread
from moto.server import ThreadedMotoServer
from temporalio.contrib.aws.s3driver import S3StorageDriver as TheirDriver, S3StorageDriverClient as TheirClient

from asyncworker import Client, Worker, activity
from asyncworker.common import RetryPolicy
from asyncworker.contrib.s3 import ObstoreClient, S3StorageDriver, key_of
from asyncworker.converter import (
    ActivitySerializationContext,
    DataConverter,
    EncryptionCodec,
    ExternalStorage,
    Payload,
    StorageDriverActivityInfo,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
    StorageDriverWorkflowInfo,
)
from asyncworker.exceptions import ActivityFailureError, ConverterError, StorageError

BUCKET = "payloads"
LARGE = "x" * 300_000
DIGEST = hashlib.sha256(b"").hexdigest()
CREDENTIALS = {"region": "us-east-1", "access_key_id": "test", "secret_access_key": "s3cret-key"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3 server with one bucket of ours and one of others."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto_client(url)
    for bucket in (BUCKET, "secrets"):
        client.create_bucket(Bucket=bucket)
    yield url
    client.close()
    server.stop()


def boto_client(url: str):
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="s3cret-key"
    )


class BotoClient(TheirClient):
    """boto3, for temporalio's driver."""

    def __init__(self, url: str) -> None:
        self._client = boto_client(url)

    async def object_exists(self, *, bucket: str, key: str) -> bool:
        found = await to_thread.run_sync(lambda: self._client.list_objects_v2(Bucket=bucket, Prefix=key))
        return found["KeyCount"] > 0

    async def put_object(self, *, bucket: str, key: str, data: bytes) -> None:
        await to_thread.run_sync(lambda: self._client.put_object(Bucket=bucket, Key=key, Body=data))

    async def get_object(self, *, bucket: str, key: str) -> bytes:
        found = await to_thread.run_sync(lambda: self._client.get_object(Bucket=bucket, Key=key))
        return await to_thread.run_sync(found["Body"].read)


def our_client(url: str) -> ObstoreClient:
    return ObstoreClient(
        endpoint=url,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
        virtual_hosted_style_request=False,
        **CREDENTIALS,
    )


def our_converter(url: str, **options) -> DataConverter:
    return DataConverter(external_storage=ExternalStorage([S3StorageDriver(our_client(url), BUCKET, **options)]))


def their_converter(url: str, target) -> temporalio.converter.DataConverter:
    storage = temporalio.converter.ExternalStorage(drivers=[TheirDriver(BotoClient(url), BUCKET)])
    bound = storage._with_store_context(temporalio.converter.StorageDriverStoreContext(target=target))
    return dataclasses.replace(temporalio.converter.default(), external_storage=bound)


# Keys


TARGETS = [
    (StorageDriverActivityInfo, {"namespace": "default", "id": "seven", "type": "pack", "run_id": "r"}),
    (StorageDriverActivityInfo, {"namespace": "default", "id": "seven", "type": "pack"}),
    (StorageDriverActivityInfo, {"namespace": "acme.prod", "id": "a/b c?é*'()", "type": "päck"}),
    (StorageDriverWorkflowInfo, {"namespace": "default", "id": "w", "type": "Order", "run_id": "r"}),
    (StorageDriverWorkflowInfo, {"namespace": "default"}),
    (StorageDriverWorkflowInfo, {"namespace": "", "id": "x" * 2000}),
    (StorageDriverActivityInfo, {"namespace": "n", "id": "é" * 200, "type": "t"}),
]


@pytest.mark.parametrize(("kind", "fields"), TARGETS)
async def test_reference_and_key_are_those_of_temporalios_driver(s3, kind, fields):
    """The same payload for the same execution gets the same reference, and each reads the other's."""
    theirs = their_converter(s3, getattr(temporalio.converter, kind.__name__)(**fields))
    driver = S3StorageDriver(our_client(s3), BUCKET)
    ours = DataConverter(external_storage=ExternalStorage([driver]))
    [payload] = ours.payload_converter.to_payloads([LARGE])

    [of_theirs] = await theirs.encode([LARGE])
    [claim] = await driver.store(StorageDriverStoreContext(kind(**fields)), [payload])

    reference = Payload.parse(of_theirs.SerializeToString())
    assert f'"key":"{claim.claim_data["key"]}"'.encode() in reference.data
    assert await ours.decode([reference], [str]) == [LARGE]
    assert await driver.retrieve(StorageDriverRetrieveContext(), [claim]) == [payload]


def test_key_without_an_execution_is_the_hash():
    """As in the layout."""
    assert key_of(StorageDriverStoreContext(), DIGEST) == f"v0/d/sha256/{DIGEST}"


@pytest.mark.parametrize(
    ("target", "key"),
    [
        (StorageDriverActivityInfo(namespace="n", id="."), f"v0/ns/n/d/sha256/{DIGEST}"),
        (StorageDriverWorkflowInfo(namespace="n", id="w", type=".."), f"v0/ns/n/d/sha256/{DIGEST}"),
        (StorageDriverActivityInfo(namespace="..", id="a"), f"v0/d/sha256/{DIGEST}"),
    ],
)
def test_key_has_no_segment_of_dots(target, key):
    """Obstore refuses such keys: the shorter ones of the layout are used."""
    assert key_of(StorageDriverStoreContext(target), DIGEST) == key


async def test_payload_is_uploaded_once(s3):
    """The same payload for the same activity is there already."""
    puts = []

    class Counting(ObstoreClient):
        async def put_object(self, *, bucket, key, data):
            puts.append(key)
            await super().put_object(bucket=bucket, key=key, data=data)

    client = Counting(
        endpoint=s3, client_options={"allow_http": True}, virtual_hosted_style_request=False, **CREDENTIALS
    )
    converter = DataConverter(external_storage=ExternalStorage([S3StorageDriver(client, BUCKET)]))
    bound = converter.with_context(ActivitySerializationContext(namespace="once", activity_id="a", activity_type="t"))

    assert await bound.encode([LARGE]) == await bound.encode([LARGE])
    assert len(puts) == 1


# What comes from the wire


def claim(**changes: str) -> StorageDriverClaim:
    return StorageDriverClaim(
        {"bucket": BUCKET, "key": f"v0/d/sha256/{DIGEST}", "hash_algorithm": "sha256", "hash_value": DIGEST} | changes
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bucket": "secrets"}, r"names the bucket 'secrets', and the storage driver 'aws.s3driver' reads only"),
        ({"key": "passwords.txt"}, "names a key that is none of a storage driver's"),
        ({"hash_algorithm": "md5"}, "has no SHA-256 of its payload"),
        ({"hash_value": "x"}, "has no SHA-256 of its payload"),
    ],
)
async def test_claim_that_leads_elsewhere_is_final(s3, changes, message):
    """Only the given bucket is read, only under the layout's keys, and only with a hash."""
    driver = S3StorageDriver(our_client(s3), BUCKET)

    with pytest.raises(ConverterError, match=message):
        await driver.retrieve(StorageDriverRetrieveContext(), [claim(**changes)])


async def test_further_buckets_can_be_read(s3):
    """Those that are named; a function that chooses has to name them."""
    driver = S3StorageDriver(our_client(s3), lambda context, payload: "secrets", buckets=["secrets"])
    [stored] = await driver.store(StorageDriverStoreContext(), [Payload(data=b"x")])

    assert stored.claim_data["bucket"] == "secrets"
    [found] = await S3StorageDriver(our_client(s3), BUCKET, buckets=["secrets"]).retrieve(
        StorageDriverRetrieveContext(), [stored]
    )
    assert found == Payload(data=b"x")
    with pytest.raises(ValueError, match="buckets must name those that bucket"):
        S3StorageDriver(our_client(s3), lambda context, payload: "secrets")
    with pytest.raises(ConverterError, match="the bucket 'other' is not one of those"):
        await S3StorageDriver(our_client(s3), lambda context, payload: "other", buckets=["secrets"]).store(
            StorageDriverStoreContext(), [Payload()]
        )


async def test_object_that_was_changed_is_final(s3):
    """Its hash says so."""
    driver = S3StorageDriver(our_client(s3), BUCKET)
    [stored] = await driver.store(StorageDriverStoreContext(), [Payload(data=b"mine")])
    client = boto_client(s3)
    client.put_object(Bucket=BUCKET, Key=stored.claim_data["key"], Body=b"another's")
    client.close()

    with pytest.raises(ConverterError, match="its hash differs"):
        await driver.retrieve(StorageDriverRetrieveContext(), [stored])


async def test_lost_object_and_server_that_is_away_are_retryable(s3, free_tcp_port):
    """Named by bucket and key; credentials are not in the message."""
    with pytest.raises(StorageError, match=f"S3 has no object v0/d/sha256/{DIGEST} in the bucket {BUCKET}"):
        await S3StorageDriver(our_client(s3), BUCKET).retrieve(StorageDriverRetrieveContext(), [claim()])

    away = S3StorageDriver(our_client(f"http://127.0.0.1:{free_tcp_port}"), BUCKET)
    for attempt in (
        away.retrieve(StorageDriverRetrieveContext(), [claim()]),
        away.store(StorageDriverStoreContext(), [Payload()]),
    ):
        with pytest.raises(StorageError, match=rf"S3 failed with \w+ \[bucket={BUCKET}, key=v0/d/sha256/") as caught:
            await attempt
        assert "s3cret" not in str(caught.value)


class Forbidding(BaseHTTPRequestHandler):
    """An S3 whose policy allows nothing."""

    def do_GET(self) -> None:
        body = b"<Error><Code>AccessDenied</Code><Message>s3cret</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_GET

    def log_message(self, *args: object) -> None:
        pass


async def test_bucket_without_permission_is_retryable_and_says_what_it_needs():
    """The policy may be changed; the message has no text of the store."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forbidding)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    driver = S3StorageDriver(our_client(f"http://127.0.0.1:{server.server_port}"), BUCKET)
    try:
        for attempt in (
            driver.retrieve(StorageDriverRetrieveContext(), [claim()]),
            driver.store(StorageDriverStoreContext(), [Payload()]),
        ):
            with pytest.raises(StorageError, match=rf"S3 does not permit that .*GetObject.*bucket={BUCKET}") as caught:
                await attempt
            assert "s3cret" not in str(caught.value)
    finally:
        await to_thread.run_sync(server.shutdown)
        server.server_close()


async def test_bucket_that_does_not_exist_is_retryable(s3):
    """It may still be created; the message names it."""
    with pytest.raises(StorageError, match="in the bucket nothing"):
        await S3StorageDriver(our_client(s3), "nothing").store(StorageDriverStoreContext(), [Payload()])


async def test_payload_over_the_limit_is_final(s3):
    """Stored or retrieved."""
    driver = S3StorageDriver(our_client(s3), BUCKET)
    [stored] = await driver.store(StorageDriverStoreContext(), [Payload(data=b"x" * 100)])
    small = S3StorageDriver(our_client(s3), BUCKET, max_payload_size=50)

    with pytest.raises(ConverterError, match="max_payload_size is 50"):
        await small.store(StorageDriverStoreContext(), [Payload(data=b"x" * 100)])
    with pytest.raises(ConverterError, match="max_payload_size is 50"):
        await small.retrieve(StorageDriverRetrieveContext(), [stored])


async def test_no_more_than_max_concurrent_are_in_memory_at_a_time(s3):
    """Encoded payloads wait for a place, so that many large ones do not double the memory."""
    now, most = 0, 0

    class Watching:
        async def object_exists(self, *, bucket, key):
            return False

        async def put_object(self, *, bucket, key, data):
            nonlocal now, most
            now += 1
            most = max(most, now)
            await anyio.lowlevel.checkpoint()
            now -= 1

        async def get_object(self, *, bucket, key):
            raise FileNotFoundError

    driver = S3StorageDriver(Watching(), BUCKET, max_concurrent=3)
    await driver.store(StorageDriverStoreContext(), [Payload(data=bytes([number])) for number in range(20)])

    assert most == 3


@pytest.mark.parametrize("options", [{"max_payload_size": 0}, {"max_concurrent": 0}])
def test_number_that_is_not_positive_is_refused(options):
    """The parameter is named."""
    with pytest.raises(ValueError, match=next(iter(options))):
        S3StorageDriver(ObstoreClient(), BUCKET, **options)


def test_repr_has_no_credentials(s3):
    """Neither the driver's nor the client's."""
    assert "s3cret" not in repr(S3StorageDriver(our_client(s3), BUCKET))


# Through a real server


@activity.defn
async def double(text: str) -> str:
    """Return twice the text."""
    return 2 * text


@pytest.mark.server
async def test_twenty_megabytes_go_through_a_server_that_takes_two(s3, dev_server, task_queue):
    """Encrypted argument and result are references to the server, which refuses payloads of 2 MiB."""
    converter = dataclasses.replace(our_converter(s3), payload_codec=EncryptionCodec({"k": b"k" * 32}, "k"))
    text = "y" * 10_000_000
    async with (
        await Client.connect(dev_server.target, data_converter=converter) as client,
        Worker(client, task_queue=task_queue, activities=[double], long_poll_timeout=3),
    ):
        result = await client.execute_activity(
            double, text, id=task_queue, task_queue=task_queue, start_to_close_timeout=60
        )

    assert result == 2 * text


@pytest.mark.server
async def test_attempt_whose_upload_hangs_ends_and_the_next_one_stores_the_result(s3, dev_server, task_queue):
    """The upload is cancelled at the attempt's deadline, and does not keep the worker from the next attempt."""
    uploads = []

    class SlowOnce(ObstoreClient):
        async def put_object(self, *, bucket, key, data):
            uploads.append(key)
            if len(uploads) == 1:
                await anyio.sleep_forever()
            await super().put_object(bucket=bucket, key=key, data=data)

    slow = SlowOnce(endpoint=s3, client_options={"allow_http": True}, virtual_hosted_style_request=False, **CREDENTIALS)
    converter = DataConverter(
        external_storage=ExternalStorage([S3StorageDriver(slow, BUCKET)], payload_size_threshold=200_000)
    )
    async with (
        await Client.connect(dev_server.target, data_converter=converter) as client,
        Worker(client, task_queue=task_queue, activities=[double], long_poll_timeout=3),
    ):
        result = await client.execute_activity(
            double, "z" * 150_000, id=task_queue, task_queue=task_queue, start_to_close_timeout=2
        )

    assert result == "z" * 300_000
    assert len(uploads) == 2


@pytest.mark.server
async def test_lost_argument_is_retried_until_the_last_attempt(s3, dev_server, task_queue):
    """The failure names the object."""
    converter = our_converter(s3)
    async with await Client.connect(dev_server.target, data_converter=converter) as client:
        handle = await client.start_activity(
            double,
            LARGE + task_queue,
            id=task_queue,
            task_queue=task_queue,
            start_to_close_timeout=10,
            retry_policy=RetryPolicy(maximum_attempts=2, initial_interval=0.01),
        )
        bucket = boto_client(s3)
        for found in bucket.list_objects_v2(Bucket=BUCKET, Prefix=f"v0/ns/default/at/double/ai/{task_queue}")[
            "Contents"
        ]:
            bucket.delete_object(Bucket=BUCKET, Key=found["Key"])
        bucket.close()
        async with Worker(client, task_queue=task_queue, activities=[double], long_poll_timeout=3):
            with pytest.raises(ActivityFailureError) as caught:
                await handle.result()

    assert "S3 has no object v0/ns/default/at/double" in str(caught.value.__cause__)
