"""Heartbeat details that are written when they leave, and not before."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any

import pytest
from worker_helpers import QUEUE, Rude, Worker, until

from asyncworker import DataConverter, RetryPolicy, activity
from asyncworker.converter import DefaultPayloadConverter, Payload
from asyncworker.exceptions import ConverterError
from asyncworker.testing import FakeTemporal
from asyncworker.worker.attempts.heartbeats._details import can_defer


class Colour(IntEnum):
    RED = 1


class Name(str):
    __slots__ = ()


class TestCanDefer:
    @pytest.mark.parametrize(
        "value", [None, True, 0, -(2**63), 2**63 - 1, 0.5, math.nan, "", "page 7", "x" * 1024], ids=repr
    )
    def test_plain_details_can_be_encoded_late(self, value):
        """Immutable and short values can be encoded later."""
        assert can_defer((value,))

    @pytest.mark.parametrize(
        "value",
        [2**63, -(2**63) - 1, "x" * 1025, "ü", "\ud800", b"", [], {}, (), Colour.RED, Name("x"), object()],
        # An object's address is another one in each process.
        ids=lambda value: "object" if type(value) is object else ascii(value),
    )
    def test_other_details_are_encoded_at_once(self, value):
        """What may change, be too long, or be no text for the wire, is written at once, so that its error is known."""
        assert not can_defer((value,))

    def test_one_detail_that_is_not_plain_decides_for_all(self):
        """Details are written together."""
        assert can_defer((1, "two"))
        assert not can_defer((1, []))


class Counting(DefaultPayloadConverter):
    """Knows what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Any] = []

    def to_payloads(self, values: Any) -> list[Payload]:
        self.written += values
        return super().to_payloads(values)


@pytest.fixture
def counting() -> Counting:
    return Counting()


async def run_with(temporal: FakeTemporal, converter: DefaultPayloadConverter, fn: Any, **options: Any) -> Any:
    """Run one activity with a converter of its own, to its end."""
    client = temporal.client(data_converter=DataConverter(payload_converter=converter))
    async with Worker(client, task_queue=QUEUE, activities=[fn]):
        task = temporal.add_task(fn, task_queue=QUEUE, **options)
        await task.wait_closed()
    return task


async def test_plain_details_are_encoded_for_the_heartbeats_that_are_sent_only(temporal, counting):
    """Of a thousand heartbeats within an interval the first is written, and the newest when it is needed."""

    @activity.defn
    async def count() -> None:
        for number in range(1000):
            activity.heartbeat(number)
        counting.written.append("failing")
        raise OSError("jam")

    task = await run_with(temporal, counting, count, heartbeat_timeout=60, retry_policy=RetryPolicy(maximum_attempts=1))

    assert counting.written[: counting.written.index("failing")] == [0]
    assert counting.written[counting.written.index("failing") :] == ["failing", 999]
    assert task.heartbeats[-1] == [999]


async def test_the_last_details_are_not_encoded_for_a_result(temporal, counting):
    """A failure carries those that were not sent; a result makes them useless."""

    @activity.defn
    async def count() -> str:
        for number in range(1000):
            activity.heartbeat(number)
        return "done"

    task = await run_with(temporal, counting, count, heartbeat_timeout=60)

    assert counting.written == [0, "done"]
    assert task.result == "done"


async def test_other_details_are_encoded_for_each_heartbeat(temporal, counting):
    """What may change before it leaves is written when it is said."""

    @activity.defn
    async def count() -> None:
        for number in range(5):
            activity.heartbeat([number])

    await run_with(temporal, counting, count, heartbeat_timeout=60)

    assert [value for value in counting.written if value is not None] == [[0], [1], [2], [3], [4]]


async def test_plain_details_of_another_type_are_encoded_at_once(temporal, counting):
    """A type that was not written before is, so that a converter which refuses it does so where it is said."""

    @activity.defn
    async def count() -> None:
        for value in (1, 2, "three", "four", 5):
            activity.heartbeat(value)

    await run_with(temporal, counting, count, heartbeat_timeout=60)

    assert [value for value in counting.written if value is not None] == [1, "three", 5]


class Fussy(DefaultPayloadConverter):
    """Refuses one number among others."""

    def __init__(self, error: type[Exception] = ConverterError) -> None:
        super().__init__()
        self.error = error

    def to_payloads(self, values: Any) -> list[Payload]:
        if 13 in values:
            raise self.error("not that one")
        return super().to_payloads(values)


async def test_details_that_cannot_be_encoded_late_raise_in_the_next_heartbeat(temporal):
    """A converter that refuses a value of a type which it took before is heard of one heartbeat later."""
    told: list[str] = []

    @activity.defn
    async def count() -> int:
        activity.heartbeat(12)
        await temporal.wait_for("RecordActivityTaskHeartbeat")
        activity.heartbeat(13)

        def is_told() -> bool:
            try:
                activity.heartbeat(13)
            except ConverterError as error:
                told.append(str(error))
            return bool(told)

        await until(is_told)
        activity.heartbeat(14)
        await temporal.wait_for("RecordActivityTaskHeartbeat", count=2)
        return 1

    task = await run_with(temporal, Fussy(), count, heartbeat_timeout=0.3)

    assert task.result == 1
    assert "not that one" in told[0]
    assert task.heartbeats == [[12], [14]]


@pytest.mark.parametrize("error", [ConverterError, ValueError, Rude])
async def test_a_failure_is_sent_without_details_that_cannot_be_encoded(temporal, caplog, error):
    """An attempt whose last details cannot be written fails as it would have, and the log says what is missing."""

    @activity.defn
    async def count() -> None:
        activity.heartbeat(12)
        await temporal.wait_for("RecordActivityTaskHeartbeat")
        activity.heartbeat(13)
        raise OSError("jam")

    task = await run_with(
        temporal, Fussy(error), count, heartbeat_timeout=60, retry_policy=RetryPolicy(maximum_attempts=1)
    )

    assert task.failure.message == "jam"
    assert "not that one" in caplog.text
