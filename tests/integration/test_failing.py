"""What an activity raises, and what becomes of its attempts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from asyncworker import ApplicationError, activity
from asyncworker.exceptions import ApplicationErrorCategory

from .calls import Caller, stack_of

pytestmark = pytest.mark.server


class Detail(BaseModel):
    """A detail of a failure."""

    code: int


class Broke(Exception):
    """An error that knows nothing of Temporal."""


def break_down() -> None:
    try:
        raise KeyError("cable")
    except KeyError as error:
        raise Broke("no current") from error


def give_up() -> None:
    try:
        break_down()
    except Broke as error:
        raise ApplicationError(
            "given up",
            Detail(code=7),
            "second",
            type="GaveUp",
            non_retryable=True,
            category=ApplicationErrorCategory.BENIGN,
        ) from error


@activity.defn
async def chain_async() -> None:
    give_up()


@activity.defn
def chain_sync() -> None:
    give_up()


def _chain(error: BaseException | None) -> list[tuple[str, str]]:
    found = []
    while error is not None:
        found.append((getattr(error, "type", ""), getattr(error, "message", "")))
        error = error.__cause__
    return found


@pytest.mark.parametrize("fn", [chain_async, chain_sync], ids=["async", "sync"])
async def test_a_failure_has_its_causes(caller: Caller, fn: Any):
    """A failure comes with its causes, details, type, category, and the activity's own stack at each level."""
    async with caller.worker(fn):
        error = await caller.failure(fn)

    assert _chain(error) == [("GaveUp", "given up"), ("Broke", "no current"), ("KeyError", "'cable'")]
    assert [*error.details] == [{"code": 7}, "second"]
    assert error.non_retryable
    assert error.category == ApplicationErrorCategory.BENIGN
    assert "give_up" in stack_of(error)
    assert "break_down" in stack_of(error.__cause__)
    assert "_execution.py" not in stack_of(error)


@activity.defn
async def fall_apart() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_raise(ValueError("left")))
        group.create_task(_raise(ApplicationError("right", type="Right", non_retryable=True)))


async def _raise(error: Exception) -> None:
    raise error


async def test_a_group_of_exceptions_says_all_of_them(caller: Caller):
    """An exception group is one failure that names each member; one that is not retryable makes it so."""
    async with caller.worker(fall_apart):
        error = await caller.failure(fall_apart)

    assert error.type == "ExceptionGroup"
    assert "ValueError: left" in error.message
    assert "Right: right" in error.message
    assert [each["type"] for each in error.details[0:2]] == ["ValueError", "Right"]
    assert error.non_retryable
    assert error.__cause__.type == "ValueError"


@activity.defn
async def third_time_async() -> int:
    attempt = activity.info().attempt
    if attempt < 3:
        raise Broke(f"attempt {attempt}")
    return attempt


@activity.defn
def third_time_sync() -> int:
    attempt = activity.info().attempt
    if attempt < 3:
        raise Broke(f"attempt {attempt}")
    return attempt


@pytest.mark.parametrize("fn", [third_time_async, third_time_sync], ids=["async", "sync"])
async def test_retried_until_it_succeeds(caller: Caller, fn: Any):
    """A failed attempt is followed by the next, which knows its number, until one succeeds."""
    async with caller.worker(fn):
        assert await caller.result(fn) == 3


async def test_the_last_attempt_says_the_failure(caller: Caller):
    """With the attempts used up, the failure is that of the last."""
    async with caller.worker(third_time_async):
        error = await caller.failure(third_time_async, maximum_attempts=2)

    assert (error.type, error.message) == ("Broke", "attempt 2")


async def test_types_that_the_policy_does_not_retry(caller: Caller):
    """An error whose class the retry policy names ends the activity at once."""
    async with caller.worker(third_time_async):
        error = await caller.failure(third_time_async, non_retryable_error_types=["Broke"])

    assert (error.type, error.message) == ("Broke", "attempt 1")


@activity.defn
async def when_told() -> float:
    info = activity.info()
    if info.attempt == 1:
        raise ApplicationError("soon", next_retry_delay=timedelta(milliseconds=300))
    return (info.current_attempt_scheduled_time - info.scheduled_time).total_seconds()


async def test_the_error_says_when_to_retry(caller: Caller):
    """next_retry_delay goes before the retry policy's interval."""
    async with caller.worker(when_told):
        waited = await caller.result(when_told, initial_interval=60)

    assert 0.3 <= waited < 60


# What cannot be run, or not be said


@activity.defn
async def pay(amount: int, currency: str = "EUR") -> str:
    return f"{amount} {currency}"


@activity.defn
async def missing() -> str:
    return "found"


async def test_an_unknown_type_is_retried(caller: Caller):
    """A type that is not registered fails, listing those that are, until a worker knows it."""
    async with caller.worker(pay, when_told):
        call = await caller.start(missing, initial_interval=0.2)
        standing = await call.reaches(2)
    async with caller.worker(missing):
        result = await call.result()

    assert standing.last_failure == "Activity 'missing' is not registered on this worker; registered: pay, when_told"
    assert result == "found"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("much",), "amount: expected int"),
        ((1, ["EUR"]), "currency: expected str"),
        ((), "amount: missing, expected int"),
        ((1, "EUR", 2), "pay() takes at most 2 arguments (amount, currency), got 3"),
    ],
    ids=["wrong", "second", "missing", "many"],
)
async def test_bad_arguments_are_one_failure(caller: Caller, arguments: tuple[Any, ...], says: str):
    """Arguments that do not fit end the activity at its first attempt, and the failure names the parameter."""
    async with caller.worker(pay):
        error = await caller.failure(pay, *arguments)

    assert says in error.message
    assert error.type == "ConverterError"
    assert error.non_retryable


@activity.defn
async def unspeakable() -> Any:
    return object()


async def test_a_result_that_cannot_be_written_is_one_failure(caller: Caller):
    """A result that no converter takes ends the activity at its first attempt."""
    async with caller.worker(unspeakable):
        error = await caller.failure(unspeakable)

    assert error.type == "ConverterError"
    assert error.non_retryable
    assert "the result of unspeakable()" in error.message


class Unprintable(Exception):
    """An error that fails when it is asked what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@activity.defn
async def fail_unprintably() -> None:
    raise ApplicationError("odd", object(), non_retryable=True) from Unprintable()


async def test_an_error_that_cannot_be_written_still_fails(caller: Caller):
    """Errors and details that resist conversion are replaced by notes that say so, and the failure goes out."""
    async with caller.worker(fail_unprintably):
        error = await caller.failure(fail_unprintably)

    assert error.message == "odd"
    assert "could not be sent" in error.details[0]
    assert "RuntimeError" in error.__cause__.message


# Sizes

MiB = 1024 * 1024


@activity.defn
async def return_bytes(size: int) -> bytes:
    return bytes(size)


@activity.defn
async def heartbeat_bytes(size: int) -> None:
    activity.heartbeat(bytes(size))
    await activity.wait_for_cancelled()


@activity.defn
async def fail_with_bytes(size: int) -> None:
    if activity.info().attempt == 1:
        activity.heartbeat("so far")
        raise ApplicationError("large", bytes(size), type="Large")
    raise ApplicationError("again", bytes(size), activity.heartbeat_details(str), type="Large", non_retryable=True)


@pytest.mark.parametrize("size", [2 * MiB, 5 * MiB])
@pytest.mark.parametrize(
    ("fn", "what"), [(return_bytes, "the result"), (heartbeat_bytes, "the heartbeat's details")], ids=["result", "beat"]
)
async def test_values_too_large_are_one_failure(caller: Caller, fn: Any, what: str, size: int):
    """A result or heartbeat above the namespace's 2 MiB ends the activity, and the failure says both sizes."""
    async with caller.worker(fn):
        error = await caller.failure(fn, size)

    assert error.message.startswith(f"{what} has {size // MiB},")
    assert "at most 2,097,152" in error.message
    assert error.non_retryable


@pytest.mark.parametrize("size", [3 * MiB, 5 * MiB])
async def test_details_too_large_are_left_out(caller: Caller, size: int):
    """A failure whose details are too large goes out without them: it is retried, and keeps heartbeat details."""
    async with caller.worker(fail_with_bytes):
        error = await caller.failure(fail_with_bytes, size)

    assert (error.type, error.message) == ("Large", "again")
    assert "details left out" in error.details[0]
