"""What a client sends that is large costs a line in the log."""

from __future__ import annotations

import logging

import pytest
from far_end import FarEnd

from asyncworker import ApplicationError
from asyncworker.client import Client, PayloadLimitsConfig

LARGE = "x" * 600_000


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


async def start(client: Client) -> None:
    await client.start_activity("pack", LARGE, task_queue="depot", start_to_close_timeout=5)


async def test_large_arguments_are_sent_and_warned_of_once(caplog):
    """The line has the activity's type and both sizes, and nothing of the value."""
    far_end = FarEnd()
    client = far_end.client()

    for _ in range(3):
        await start(client)

    [warning] = warnings_in(caplog)
    assert warning.startswith("[TMPRL1103] the arguments of activity pack: 600,0")
    assert "(524,288)" in warning
    assert "xxx" not in warning
    assert len(far_end.asked("StartActivityExecution")) == 3


@pytest.mark.parametrize(
    ("method", "arguments", "what"),
    [
        ("heartbeat", [LARGE], "the heartbeat's details"),
        ("complete", [LARGE], "the result"),
        ("fail", [ApplicationError("no", LARGE)], "the failure"),
        ("report_cancellation", [LARGE], "the cancellation's details"),
    ],
)
async def test_large_completion_from_outside_is_warned_of(caplog, method, arguments, what):
    handle = FarEnd().client().get_async_activity_handle(activity_id="a7")

    await getattr(handle, method)(*arguments)

    [warning] = warnings_in(caplog)
    assert f"{what} of activity 'a7'" in warning


async def test_warning_can_be_switched_off(caplog):
    await start(FarEnd().client(payload_limits=PayloadLimitsConfig(payloads_warn_size=0)))

    assert warnings_in(caplog) == []


@pytest.mark.parametrize(
    ("size", "error"), [(-1, ValueError), (1.5, TypeError), (True, TypeError), ("1", TypeError), (None, TypeError)]
)
def test_size_that_is_no_number_of_bytes_is_refused(size, error):
    with pytest.raises(error, match="payloads_warn_size must"):
        PayloadLimitsConfig(payloads_warn_size=size)


def test_limits_of_another_type_are_refused():
    with pytest.raises(TypeError, match="payload_limits must be a PayloadLimitsConfig, got 7"):
        FarEnd().client(payload_limits=7)
