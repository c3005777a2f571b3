from __future__ import annotations

import asyncio

import pytest

from asyncworker.activity._context import CompleteAsync
from asyncworker.common import CancelReason
from asyncworker.exceptions import ApplicationError, CancelledError, ConverterError
from asyncworker.worker.attempts.reporting._outcome import ON_CANCELLED, Canceled, Failed, Lost, Pending, outcome_of


@pytest.mark.parametrize("reason", CancelReason, ids=lambda reason: reason.value)
def test_every_cancel_reason_has_an_outcome(reason):
    """No cancellation goes without a decision on what the server is told."""
    assert reason in ON_CANCELLED


@pytest.mark.parametrize("reason", CancelReason, ids=lambda reason: reason.value)
def test_letting_a_cancellation_through_is_reported_by_its_reason(reason):
    """What an activity that agrees to stop is reported as is a matter of the reason alone."""
    assert outcome_of(asyncio.CancelledError(), reason) == ON_CANCELLED[reason]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (CancelReason.PAUSED, "ActivityPause"),
        (CancelReason.RESET, "ActivityReset"),
        (CancelReason.WORKER_SHUTDOWN, "WorkerShutdown"),
    ],
)
def test_interruptions_are_retryable_failures(reason, kind):
    """The server refuses cancellations that it did not ask for, and retries these failures."""
    outcome = outcome_of(asyncio.CancelledError(), reason)

    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, ApplicationError)
    assert (outcome.error.type, outcome.error.non_retryable) == (kind, False)


def test_details_of_a_cancellation_are_reported():
    """An activity may say more when it stops: the details of the CancelledError it raises."""
    error = CancelledError("stopped", "half", 7)

    assert outcome_of(error, CancelReason.CANCEL_REQUESTED) == Canceled(("half", 7))


def test_details_are_reported_for_requested_cancellations_only():
    """A paused activity has failed, whatever it raises to say so."""
    assert outcome_of(CancelledError("stopped", "half"), CancelReason.PAUSED) == ON_CANCELLED[CancelReason.PAUSED]


def test_a_cancelled_error_without_a_cancellation_is_a_failure():
    """A CancelledError without a cancellation is a failure, not a cancellation."""
    outcome = outcome_of(asyncio.CancelledError(), None)

    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, ApplicationError)
    assert outcome.error.type == "CancelledError"


def test_another_error_during_a_cancellation_is_a_failure_with_that_error():
    """An activity that fails while it cleans up has failed."""
    error = ValueError("disk full")

    assert outcome_of(error, CancelReason.CANCEL_REQUESTED) == Failed(error)


def test_nothing_is_reported_of_an_attempt_that_the_server_does_not_know():
    """An error of an attempt that the server no longer knows is not reported."""
    assert isinstance(outcome_of(ValueError(), CancelReason.NOT_FOUND), Lost)


def test_an_activity_that_is_completed_from_elsewhere_is_not_reported():
    """raise_complete_async() leaves the activity open."""
    assert outcome_of(CompleteAsync(), None) == Pending()


def test_an_error_whose_own_code_raises_is_a_failure_with_that_error():
    """What an exception's own code raises while it is decided about changes nothing."""

    class Masked(Exception):
        @property  # type: ignore[misc]
        def __class__(self):
            raise RuntimeError("no class")

    error = Masked()

    outcome = outcome_of(error, None)

    assert isinstance(outcome, Failed)
    assert outcome.error is error


def test_a_value_that_does_not_convert_is_a_failure_that_is_not_retried():
    """A ConverterError let out of an activity would be the same in each attempt."""
    outcome = outcome_of(ConverterError("heartbeat details are no Order"), None)

    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, ApplicationError)
    assert outcome.error.non_retryable
