"""What a worker sends that is large, but not too large, costs a line in the log."""

from __future__ import annotations

import logging
from typing import Any

import anyio
import pytest
from worker_helpers import QUEUE, Worker

from asyncworker import ApplicationError, DataConverter, activity
from asyncworker.client import PayloadLimitsConfig
from asyncworker.converter import CompressionCodec, ExternalStorage, FileStorageDriver
from asyncworker.testing import FakeTemporal

LARGE = "x" * 600_000


@activity.defn
async def result() -> str:
    return LARGE


@activity.defn
async def failure() -> None:
    raise ApplicationError("no paper", LARGE, non_retryable=True)


@activity.defn
async def heartbeat() -> None:
    activity.heartbeat(LARGE)


async def warnings_of(
    temporal: FakeTemporal, caplog: pytest.LogCaptureFixture, fn: Any, times: int = 1, **options: Any
) -> list[logging.LogRecord]:
    """Run an activity some times, and return what was warned of its sizes."""
    async with Worker(temporal.client(**options), task_queue=QUEUE, activities=[fn]):
        for _ in range(times):
            task = temporal.add_task(fn, task_queue=QUEUE, heartbeat_timeout=60)
            with anyio.fail_after(10):
                await task.wait_closed()
    return [record for record in caplog.records if "TMPRL1103" in record.getMessage()]


@pytest.mark.parametrize(
    ("fn", "what"), [(result, "the result"), (failure, "the failure"), (heartbeat, "the heartbeat's details")]
)
async def test_what_is_large_is_sent_and_warned_of_once(temporal, caplog, fn, what):
    """A line has the activity, what it is, and both sizes; the next minute has no more of them."""
    warnings = [
        record for record in await warnings_of(temporal, caplog, fn, times=3) if record.levelno == logging.WARNING
    ]

    assert len(warnings) == 1
    assert f"{what} of activity {fn.__name__}: 600," in warnings[0].getMessage()
    assert "(524,288)" in warnings[0].getMessage()
    assert warnings[0].__dict__["temporal.activity_type"] == fn.__name__
    assert "xxx" not in warnings[0].getMessage()


async def test_size_is_that_of_what_is_sent(temporal, caplog, tmp_path):
    """What a codec has made small, and what is stored elsewhere, is not warned of."""
    storage = ExternalStorage([FileStorageDriver(tmp_path)])
    for converter in (DataConverter(payload_codec=CompressionCodec()), DataConverter(external_storage=storage)):
        for fn in (result, failure, heartbeat):
            assert await warnings_of(temporal, caplog, fn, data_converter=converter) == []


async def test_limit_can_be_another_or_none(temporal, caplog):
    assert await warnings_of(temporal, caplog, result, payload_limits=PayloadLimitsConfig(payloads_warn_size=0)) == []
    small = PayloadLimitsConfig(payloads_warn_size=100)
    [warning] = await warnings_of(temporal, caplog, result, payload_limits=small)

    assert "(100)" in warning.getMessage()


async def test_what_is_too_large_is_refused_and_not_warned_of(caplog):
    limits = {"blob_size_limit_error": 550_000}
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}, limits=limits) as temporal:
        assert await warnings_of(temporal, caplog, result) == []
