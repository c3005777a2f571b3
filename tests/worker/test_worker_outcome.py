from __future__ import annotations

import asyncio

import pytest

from asyncworker.activity._context import CompleteAsync
from asyncworker.common import CancelReason
from asyncworker.exceptions import ApplicationError, CancelledError, ConverterError
from asyncworker.worker.attempts._outcome import ON_CANCELLED, Canceled, Failed, Lost, Pending, conclude


@pytest.mark.parametrize("reason", CancelReason, ids=lambda reason: reason.value)
def test_every_reason_has_an_answer(reason):
    """No cancellation goes without a decision on what the server is told."""
    assert reason in ON_CANCELLED


@pytest.mark.parametrize("reason", CancelReason, ids=lambda reason: reason.value)
def test_letting_a_cancellation_through_is_reported_by_its_reason(reason):
    """What an activity that agrees to stop is reported as is a matter of the reason alone."""
    assert conclude(asyncio.CancelledError(), reason) == ON_CANCELLED[reason]


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
    outcome = conclude(asyncio.CancelledError(), reason)

    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, ApplicationError)
    assert (outcome.error.type, outcome.error.non_retryable) == (kind, False)


def test_details_of_a_cancellation_travel():
    """An activity may say more when it stops: the details of the CancelledError it raises."""
    error = CancelledError("stopped", "half", 7)

    assert conclude(error, CancelReason.CANCEL_REQUESTED) == Canceled(("half", 7))


def test_details_are_for_requested_cancellations_only():
    """A paused activity has failed, whatever it raises to say so."""
    assert conclude(CancelledError("stopped", "half"), CancelReason.PAUSED) == ON_CANCELLED[CancelReason.PAUSED]


def test_cancelling_oneself_is_a_failure():
    """A CancelledError that nobody asked for is a failure, not a cancellation."""
    outcome = conclude(asyncio.CancelledError(), None)

    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, ApplicationError)
    assert outcome.error.type == "CancelledError"


def test_another_error_during_cancellation_is_that_error():
    """An activity that fails while it cleans up has failed."""
    error = ValueError("disk full")

    assert conclude(error, CancelReason.CANCEL_REQUESTED) == Failed(error)


def test_nothing_is_reported_of_an_attempt_the_server_forgot():
    """An error of an attempt that the server no longer knows interests nobody."""
    assert isinstance(conclude(ValueError(), CancelReason.NOT_FOUND), Lost)


def test_completing_from_elsewhere_is_not_reported():
    """raise_complete_async() leaves the activity open."""
    assert conclude(CompleteAsync(), None) == Pending()


def test_an_error_that_cannot_be_looked_at_is_the_outcome_itself():
    """What an exception's own code raises while it is decided about changes nothing."""

    class Masked(Exception):
        @property
        def __class__(self):
            raise RuntimeError("no class")

    error = Masked()

    outcome = conclude(error, None)

    assert isinstance(outcome, Failed)
    assert outcome.error is error


def test_what_does_not_convert_is_not_retried():
    """A ConverterError let out of an activity would be the same in each attempt."""
    outcome = conclude(ConverterError("heartbeat details are no Order"), None)

    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, ApplicationError)
    assert outcome.error.non_retryable
