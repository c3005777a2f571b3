"""The error that a cancelled activity gets says why."""

from __future__ import annotations

import asyncio

import pytest

from asyncworker import activity
from asyncworker.activity import ActivityCancellationDetails, CancelReason
from asyncworker.activity._cancellation import cancel_message
from asyncworker.exceptions import CancelledError
from asyncworker.testing import ActivityEnvironment


@pytest.mark.parametrize("reason", CancelReason)
def test_every_reason_has_a_message_of_its_own(reason: CancelReason):
    """No two reasons read alike."""
    messages = {cancel_message(ActivityCancellationDetails(**{it.value: True})) for it in CancelReason}

    assert cancel_message(ActivityCancellationDetails(**{reason.value: True})).startswith("Activity cancelled: ")
    assert len(messages) == len(CancelReason)


async def test_the_error_of_an_async_activity_says_why_it_was_cancelled():
    """Clean-up code that logs the error logs the reason."""

    async def waits() -> None:
        await activity.wait_for_cancelled()
        await asyncio.sleep(1)

    environment = ActivityEnvironment()
    running = asyncio.ensure_future(environment.run(waits))
    await asyncio.sleep(0)
    environment.cancel(CancelReason.PAUSED)

    with pytest.raises(asyncio.CancelledError, match=r"^Activity cancelled: it was paused$"):
        await running


def test_the_error_of_a_heartbeat_says_why_the_activity_was_cancelled():
    """The thread of a ``def`` activity gets it from its next heartbeat."""

    def beats() -> None:
        activity.heartbeat()

    environment = ActivityEnvironment()
    environment.cancel(CancelReason.WORKER_SHUTDOWN)

    with pytest.raises(CancelledError, match=r"^Activity cancelled: the worker is shutting down$"):
        environment.run(beats)
