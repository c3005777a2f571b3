"""Decide whether a failed call is made again, and when.

Theory of operation
-------------------
A *call* is one request that must reach the server; a *try* is one time of sending it. After each failed try
:meth:`Failures.next_wait` gets the error and the time, and returns the seconds until the next try, or ``None``: the
error is the call's. It has no clock and no random numbers of its own.

Errors fall into three kinds.

* *Transient* errors (``RPCError.retryable``, and what a rule set adds to it): the same bytes may succeed later. Retried
  until the rule set's budget is used up. A worker's polls have no such limit.
* *Refusals*: the server understood, and rejected the call: no such namespace, bad credentials, an unknown method. Where
  a call of this method has succeeded before, something else has changed (a token is being replaced, a namespace fails
  over) and may change back: a rule set can retry refusals for a bounded *grace*, counted from the first in a row. Where
  none has ever succeeded the settings are wrong, and the first refusal is final.
* *Answers* (``NOT_FOUND`` for an activity that has closed, ``INVALID_ARGUMENT`` for a failure that the server does not
  take): final at once. What is an answer and what a refusal depends on the call: ``NOT_FOUND`` answers a completion,
  but refuses a poll.

Every call that this package makes may be sent twice, so that a try whose reply was lost can be repeated:

* polls hand out another task; a task lost with an answer is handed out again after its timeout, which is why responses
  to polls are waited for beyond the deadline, and why one that is too large is transient: the next task is another;
* a heartbeat, a pause, a description can be repeated as they are;
* a completion, failure or cancellation that was applied makes the second one ``NOT_FOUND``, which its caller drops;
* starting an activity and asking for its cancellation carry a ``request_id``, by which the server knows a repetition.
"""

from __future__ import annotations

from typing import NamedTuple

from ..exceptions import ClientClosedError, RPCError, RPCStatusCode

__all__ = ["COMPLETION", "DEFAULT", "HEARTBEAT", "NONE", "POLL", "Backoff", "Failures", "RetryRules"]


class Backoff(NamedTuple):
    """Waits that grow: *initial* seconds, each *multiplier* times the last, none above *maximum*."""

    initial: float
    maximum: float
    multiplier: float = 2.0

    def wait(self, attempt: int) -> float:
        """Return the seconds to wait after try number *attempt* (the first is 1)."""
        # The exponent is bounded, as a worker may fail for weeks and a float only holds so much.
        return min(self.maximum, self.initial * self.multiplier ** min(attempt - 1, 64))


class RetryRules(NamedTuple):
    """How one kind of call is retried.

    Attributes:
        backoff: Waits between tries.
        throttled: Waits after ``RESOURCE_EXHAUSTED`` are at least as long as these.
        jitter: Each wait is up to this share longer or shorter, so that clients do not come back together.
        budget: Seconds after the first failure in which another try may begin; ``None`` for no end.
        attempt_timeout: Seconds that one try may take unless the call says otherwise; a long poll has its own.
        transient: Statuses retried besides those that ``RPCError.retryable`` names.
        refusals: Statuses retried for *grace* seconds where a call of the method has succeeded before.
        grace: Seconds; 0 makes every refusal final.
    """

    backoff: Backoff = Backoff(0.1, 5.0)
    throttled: Backoff = Backoff(1.0, 10.0)
    jitter: float = 0.2
    budget: float | None = 10.0
    attempt_timeout: float = 10.0
    transient: frozenset[RPCStatusCode] = frozenset()
    refusals: frozenset[RPCStatusCode] = frozenset()
    grace: float = 0.0

    def with_grace(self, grace: float) -> RetryRules:
        """Return the same rules, with refusals retried for *grace* seconds."""
        return self._replace(grace=grace)


#: A try that took too long, or that something between us and the server gave up, may have been applied or not.
_INTERRUPTED = frozenset({RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED})
_CREDENTIALS = frozenset({RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED})

#: A client's calls: what does not succeed within 10 s is raised.
DEFAULT = RetryRules(transient=frozenset({RPCStatusCode.CANCELLED}))

#: A worker's long polls: without end, save that refusals end them after the grace. An end by the server at its deadline
#: is an empty response, as :class:`.WorkflowService` returns it. A response that is larger than this side, or a proxy,
#: takes is about one task, and no reason to stop polling for the others.
POLL = RetryRules(
    backoff=Backoff(0.2, 10.0),
    budget=None,
    transient=_INTERRUPTED | {RPCStatusCode.RESOURCE_EXHAUSTED},
    refusals=frozenset(RPCStatusCode),
    grace=60.0,
)

#: The outcome of an activity: until the attempt's own deadline, which the caller gives as ``until``. The work is done;
#: to lose its result is the most expensive failure there is, so credentials get time to be put right as well.
COMPLETION = RetryRules(
    backoff=Backoff(0.1, 10.0),
    budget=None,
    transient=_INTERRUPTED,
    refusals=_CREDENTIALS | {RPCStatusCode.FAILED_PRECONDITION},
    grace=60.0,
)

#: Heartbeats: the next one has newer details than this one, so a call ends at the caller's ``until``.
HEARTBEAT = RetryRules(transient=_INTERRUPTED, refusals=_CREDENTIALS, grace=60.0)

#: One try.
NONE = RetryRules(budget=0.0)


class Failures:
    """The failed tries of one call so far; decides about the next.

    Attributes:
        rules: When to try again.
        attempts: How many have failed.
        last: The error of the last one.
        resumes_at: When the next one begins, on the clock of the times that are given.
    """

    __slots__ = ("_began", "_refused_since", "attempts", "last", "resumes_at", "rules")

    def __init__(self, rules: RetryRules) -> None:
        self.rules: RetryRules = rules
        self.attempts: int = 0
        self.last: RPCError | None = None
        self.resumes_at: float = 0.0
        self._began = 0.0
        self._refused_since: float | None = None

    def __repr__(self) -> str:
        return f"<Failures [{self.attempts} tries]>"

    def next_wait(
        self, error: RPCError, *, now: float, random: float, until: float | None = None, proven: bool = False
    ) -> float | None:
        """Count *error*, and decide how many seconds to wait before the next try, or ``None`` if it is final.

        Args:
            error: How the last try failed.
            now: The time, in seconds on any clock that does not go back.
            random: From 0 to 1, for the jitter.
            until: When the call must be over, on the same clock.
            proven: Whether a call of this method has succeeded before.
        """
        self._count(error, now)
        if not self._may_retry(error, now, proven):
            return None
        wait = self._backoff(error) * (1 + self.rules.jitter * (2 * random - 1))
        budget = self.rules.budget
        if budget is not None and now + wait > self._began + budget:
            return None
        self.resumes_at = now + wait
        return None if until is not None and now + wait >= until else wait

    def _count(self, error: RPCError, now: float) -> None:
        self.last = error
        if self.attempts == 0:
            self._began = now
        self.attempts += 1
        if not self._is_refusal(error):
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = now

    def _backoff(self, error: RPCError) -> float:
        wait = self.rules.backoff.wait(self.attempts)
        if error.status is RPCStatusCode.RESOURCE_EXHAUSTED:
            return max(wait, self.rules.throttled.wait(self.attempts))
        return wait

    def _may_retry(self, error: RPCError, now: float, proven: bool) -> bool:
        if isinstance(error, ClientClosedError):
            return False
        if self._is_transient(error):
            return True
        return proven and self._refused_since is not None and now < self._refused_since + self.rules.grace

    def _is_transient(self, error: RPCError) -> bool:
        return error.retryable or error.status in self.rules.transient

    def _is_refusal(self, error: RPCError) -> bool:
        # The same bytes will be as large the next time.
        return error.status in self.rules.refusals and not self._is_transient(error) and not error.is_message_too_large
