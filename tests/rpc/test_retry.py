from __future__ import annotations

import pytest

from asyncworker._rpc._retry import COMPLETION, DEFAULT, HEARTBEAT, NONE, POLL, Backoff, Failures
from asyncworker.exceptions import RPCError, RPCStatusCode as Code

ALL_RULES = {"DEFAULT": DEFAULT, "POLL": POLL, "COMPLETION": COMPLETION, "HEARTBEAT": HEARTBEAT}
# In the middle of the dice the jitter is nothing.
MIDDLE = 0.5


def error(status: Code, message: str = "") -> RPCError:
    return RPCError(message, status)


def decide(rules, status, *, now=0.0, **options):
    return Failures(rules).next_wait(error(status), now=now, random=MIDDLE, **options)


def waits(rules, status, count):
    failures = Failures(rules)
    return [failures.next_wait(error(status), now=0.0, random=MIDDLE) for _ in range(count)]


class TestBackoff:
    def test_grows_to_its_maximum(self):
        """Each wait is a multiple of the last, and none is above the maximum."""
        backoff = Backoff(0.2, 10.0)

        assert [backoff.wait(attempt) for attempt in range(1, 8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0]

    def test_years_of_failures(self):
        """However often a call has failed, the wait is a number."""
        assert Backoff(0.2, 10.0).wait(10_000_000) == 10.0


class TestWait:
    def test_follows_the_backoff(self):
        """Trouble is retried after the backoff's waits."""
        assert waits(POLL, Code.UNAVAILABLE, 3) == [0.2, 0.4, 0.8]

    def test_a_wait_is_a_fifth_shorter_or_longer_by_chance(self):
        """A wait is up to a fifth shorter or longer, as the dice say."""
        least = Failures(POLL).next_wait(error(Code.UNAVAILABLE), now=0.0, random=0.0)
        most = Failures(POLL).next_wait(error(Code.UNAVAILABLE), now=0.0, random=1.0)

        assert (least, most) == pytest.approx((0.16, 0.24))

    def test_a_server_that_asks_for_less_is_waited_for_from_one_second_on(self):
        """A server that asks for less gets waits from one second on."""
        assert waits(POLL, Code.RESOURCE_EXHAUSTED, 5) == [1.0, 2.0, 4.0, 8.0, 10.0]

    @pytest.mark.parametrize("rules", [DEFAULT, COMPLETION, HEARTBEAT], ids=["DEFAULT", "COMPLETION", "HEARTBEAT"])
    def test_too_large_a_message(self, rules):
        """A message that is too large is too large the second time as well, in either direction."""
        refusal = error(Code.RESOURCE_EXHAUSTED, "grpc: received message larger than max (5 vs. 4)")

        assert Failures(rules).next_wait(refusal, now=0.0, random=MIDDLE, proven=True) is None

    @pytest.mark.parametrize("is_proven", [True, False])
    def test_too_large_an_answer(self, is_proven):
        """A poll sends nothing large: what is too large is one task, and the next poll may bring another."""
        refusal = error(Code.RESOURCE_EXHAUSTED, "grpc: received message larger than max (5 vs. 4)")
        failures = Failures(POLL)

        waits = [failures.next_wait(refusal, now=float(day), random=MIDDLE, proven=is_proven) for day in range(6)]

        assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


class TestBudget:
    def test_no_try_begins_later_than_the_budget_allows(self):
        """No try begins later than the budget allows after the first failure."""
        failures = Failures(DEFAULT)
        failures.next_wait(error(Code.UNAVAILABLE), now=100.0, random=MIDDLE)

        assert failures.next_wait(error(Code.UNAVAILABLE), now=109.7, random=MIDDLE) == 0.2
        assert failures.next_wait(error(Code.UNAVAILABLE), now=109.7, random=MIDDLE) is None

    def test_polls_have_none(self):
        """Polls are retried after a year of trouble as after a second."""
        failures = Failures(POLL)
        failures.next_wait(error(Code.UNAVAILABLE), now=0.0, random=MIDDLE)

        assert failures.next_wait(error(Code.UNAVAILABLE), now=3e7, random=MIDDLE) == 0.4

    def test_a_wait_beyond_the_calls_end_is_not_begun(self):
        """A wait that would reach beyond the call's end is not begun."""
        assert decide(COMPLETION, Code.UNAVAILABLE, now=10.0, until=10.2) == 0.1
        assert decide(COMPLETION, Code.UNAVAILABLE, now=10.0, until=10.1) is None

    def test_without_rules_there_is_one_try(self):
        """Without rules for more there is one try."""
        assert decide(NONE, Code.UNAVAILABLE) is None


class TestRefusals:
    @pytest.mark.parametrize("status", [Code.NOT_FOUND, Code.UNAUTHENTICATED, Code.PERMISSION_DENIED])
    def test_at_the_very_start(self, status):
        """A poll that is refused before any has succeeded says that the settings are wrong: final at once."""
        assert decide(POLL, status, proven=False) is None

    @pytest.mark.parametrize(
        "status",
        [
            Code.NOT_FOUND,
            Code.UNAUTHENTICATED,
            Code.PERMISSION_DENIED,
            Code.INVALID_ARGUMENT,
            Code.FAILED_PRECONDITION,
            Code.UNIMPLEMENTED,
        ],
    )
    def test_after_a_success(self, status):
        """Where polls have succeeded a refusal is borne for a minute, and then final."""
        failures = Failures(POLL)
        arguments = {"random": MIDDLE, "proven": True}
        failures.next_wait(error(status), now=1000.0, **arguments)

        assert failures.next_wait(error(status), now=1059.0, **arguments) == 0.4
        assert failures.next_wait(error(status), now=1060.0, **arguments) is None

    def test_counted_in_a_row(self):
        """Trouble between two refusals shows that they are two stories: the grace begins anew."""
        failures = Failures(POLL)
        arguments = {"random": MIDDLE, "proven": True}
        failures.next_wait(error(Code.UNAUTHENTICATED), now=0.0, **arguments)
        failures.next_wait(error(Code.UNAVAILABLE), now=50.0, **arguments)
        failures.next_wait(error(Code.UNAUTHENTICATED), now=70.0, **arguments)

        assert failures.next_wait(error(Code.UNAUTHENTICATED), now=120.0, **arguments) is not None

    def test_grace_is_a_setting(self):
        """A grace of nothing makes every refusal final."""
        assert decide(POLL.with_grace(0.0), Code.UNAUTHENTICATED, proven=True) is None

    def test_credentials_of_a_completion(self):
        """A result is worth a minute's wait for credentials to be put right."""
        assert decide(COMPLETION, Code.UNAUTHENTICATED, proven=True) == 0.1

    @pytest.mark.parametrize("status", [Code.NOT_FOUND, Code.INVALID_ARGUMENT])
    @pytest.mark.parametrize("rules", [COMPLETION, HEARTBEAT, DEFAULT], ids=["COMPLETION", "HEARTBEAT", "DEFAULT"])
    def test_what_the_server_has_decided_is_not_tried_again(self, rules, status):
        """What the server has decided about an attempt it will not decide otherwise."""
        assert decide(rules, status, proven=True) is None


@pytest.mark.parametrize("rules", ALL_RULES.values(), ids=ALL_RULES)
@pytest.mark.parametrize("status", [Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED, Code.INTERNAL, Code.CANCELLED])
def test_transient_errors_are_retried_by_all_rules(rules, status):
    """Whatever the rules, a transient error is retried."""
    assert decide(rules, status) is not None


@pytest.mark.parametrize(
    ("rules", "is_retried"), [(DEFAULT, False), (COMPLETION, True), (HEARTBEAT, True)], ids=["client", "reply", "beat"]
)
def test_try_that_took_too_long(rules, is_retried):
    """A worker's replies have their own end, so that one slow try is not it; a client's caller is to know."""
    assert (decide(rules, Code.DEADLINE_EXCEEDED) is not None) is is_retried
