"""Headers are encrypted by request: with temporalio's client, and with its worker, on the other side."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import temporalio.activity
import temporalio.client
import temporalio.common
import temporalio.worker
from temporalio import converter as official

from asyncworker import Client, DataConverter, Worker, activity
from asyncworker.common import HeaderCodecBehavior
from asyncworker.converter import Payload

from .test_encrypting import ENCODING, Encryption, OfficialEncryption

pytestmark = pytest.mark.server

OURS = {"data_converter": DataConverter(payload_codec=Encryption())}
THEIRS = {"data_converter": official.DataConverter(payload_codec=OfficialEncryption())}
TENANT = Payload(metadata={"encoding": b"json/plain"}, data=b'"acme"')


class SendTenant(temporalio.client.Interceptor):
    """Adds the header, in temporalio's client."""

    def intercept_client(self, next: temporalio.client.OutboundInterceptor) -> temporalio.client.OutboundInterceptor:
        class Link(temporalio.client.OutboundInterceptor):
            async def start_activity(self, input: Any) -> Any:
                input.headers = {**input.headers, "tenant": official.PayloadConverter.default.to_payload("acme")}
                return await super().start_activity(input)

        return Link(next)


class ReadTenant(temporalio.worker.Interceptor):
    """Makes the header the activity's result, in temporalio's worker."""

    def intercept_activity(self, next: temporalio.worker.ActivityInboundInterceptor) -> Any:
        class Link(temporalio.worker.ActivityInboundInterceptor):
            async def execute_activity(self, input: temporalio.worker.ExecuteActivityInput) -> Any:
                return official.PayloadConverter.default.from_payload(input.headers["tenant"], str)

        return Link(next)


@activity.defn
async def tenant() -> str:
    return activity.payload_converter().from_payload(activity.context().headers["tenant"], str)


async def test_headers_are_encrypted_both_ways(dev_server, task_queue):
    """On the server they are ciphertext; the worker's activity and the client's description have the values."""
    connect = {"header_codec_behavior": HeaderCodecBehavior.CODEC, **OURS}
    options = {"task_queue": task_queue, "start_to_close_timeout": 30}
    async with (
        await Client.connect(dev_server.target, **connect) as client,
        await Client.connect(dev_server.target) as bare,
        Worker(client, task_queue=task_queue, activities=[tenant]),
    ):
        handle = await client.start_activity(tenant, id=task_queue, headers={"tenant": TENANT}, **options)
        result = await handle.result()
        described = await handle.describe()
        seen = await bare.get_activity_handle(task_queue).describe()
        official_client = await temporalio.client.Client.connect(
            dev_server.target,
            interceptors=[SendTenant()],
            header_codec_behavior=temporalio.common.HeaderCodecBehavior.CODEC,
            **THEIRS,
        )
        theirs = await official_client.execute_activity(
            "tenant",
            id=f"{task_queue}-theirs",
            task_queue=task_queue,
            start_to_close_timeout=timedelta(seconds=30),
            result_type=str,
        )

    assert result == theirs == "acme"
    assert described.headers == {"tenant": TENANT}
    assert seen.headers["tenant"].metadata["encoding"] == ENCODING


async def test_worker_of_temporalio_reads_our_encrypted_headers(dev_server, task_queue):
    @temporalio.activity.defn(name="tenant")
    async def theirs() -> str:
        raise AssertionError

    official_client = await temporalio.client.Client.connect(
        dev_server.target, header_codec_behavior=temporalio.common.HeaderCodecBehavior.CODEC, **THEIRS
    )
    async with (
        await Client.connect(dev_server.target, header_codec_behavior=HeaderCodecBehavior.CODEC, **OURS) as client,
        temporalio.worker.Worker(
            official_client, task_queue=task_queue, activities=[theirs], interceptors=[ReadTenant()]
        ),
    ):
        result = await client.execute_activity(
            tenant, task_queue=task_queue, start_to_close_timeout=30, headers={"tenant": TENANT}
        )

    assert result == "acme"


async def test_headers_are_sent_and_read_as_they_are_without_the_request(dev_server, task_queue):
    """A worker that decodes headers reads those that came unencoded."""
    async with (
        await Client.connect(dev_server.target, **OURS) as client,
        await Client.connect(dev_server.target, header_codec_behavior=HeaderCodecBehavior.CODEC, **OURS) as decoding,
        Worker(decoding, task_queue=task_queue, activities=[tenant]),
    ):
        handle = await client.start_activity(
            tenant, task_queue=task_queue, start_to_close_timeout=30, headers={"tenant": TENANT}
        )
        result = await handle.result()
        described = await handle.describe()

    assert result == "acme"
    assert described.headers == {"tenant": TENANT}
