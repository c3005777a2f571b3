"""One activity as the server sees it: a state machine, which is told when a timeout has passed.

Theory of operation
-------------------
An activity is SCHEDULED (to be handed out), STARTED (handed out), PAUSED, or closed. While it is started there may be a
request that the next heartbeat's reply passes on to the worker: CANCEL_REQUESTED, PAUSE_REQUESTED, RESET_REQUESTED. An
attempt that ends without closing the activity leads back to SCHEDULED, or to PAUSED if that was requested.

Each attempt has a task token of its own; a call with another one is refused as too late. The names of the states are
the server's own: they appear in its errors.

Activities that a workflow has scheduled differ in three ways, all kept here: in their errors' messages, in that a
reset makes the running attempt's token stale (except a first attempt's), and in that only the workflow can request
their cancellation.
"""

from __future__ import annotations

from ...._proto.temporal.api.activity.v1 import ActivityExecutionOutcome, ActivityOptions
from ...._proto.temporal.api.common.v1 import Payloads, RetryPolicy, WorkflowExecution
from ...._proto.temporal.api.enums.v1 import RetryState, TimeoutType
from ...._proto.temporal.api.failure.v1 import (
    Failure,
)
from ...._proto.temporal.api.namespace.v1 import NamespaceInfoLimits
from ...._proto.temporal.api.workflowservice.v1 import StartActivityExecutionRequest
from ...._proto.temporal.wkt import Timestamp
from ...._wire import encode
from .._payloads import size, to_payloads
from .._refusal import Refusal, invalid, not_found, not_now
from .._time._attempts import FakeAttempt
from .._time._clock import Clock, nanoseconds
from ._failures import canceled, no_time_left, refused, terminated, timed_out
from ._options import normalize, seconds
from ._retries import asked_delay, backoff, is_final_failure, why_no_retry
from ._state import CLOSED, WITH_WORKER, State

_GONE_FROM_WORKFLOW = "invalid activityID or activity already timed out or invoking workflow is completed"
_RETRIED_TIMEOUTS = frozenset({TimeoutType.START_TO_CLOSE, TimeoutType.HEARTBEAT})


class Activity:
    """One run of one activity."""

    def __init__(
        self,
        request: StartActivityExecutionRequest,
        *,
        run_id: str,
        workflow: WorkflowExecution | None = None,
        workflow_type: str = "",
        limits: NamespaceInfoLimits,
        clock: Clock,
    ) -> None:
        self.request = request
        self.run_id = run_id
        self.workflow = workflow
        self.workflow_type = workflow_type
        self._limits = limits
        self._clock = clock
        self.options: ActivityOptions = normalize(request)
        self.state_transition_count: int = 0
        self.state = State.SCHEDULED
        self.attempt: int = 1
        # Counts the times at which an activity became ready to be handed out.
        self.stamp: int = 1
        delay = seconds(request.start_delay) if clock.passes else 0.0
        self.retry_wait: float = delay
        self.attempts: list[FakeAttempt] = []
        self.token: bytes | None = None
        self.control_queue: str = ""
        self.heartbeats: list[Payloads | None] = []
        self.heartbeat_details: Payloads | None = None
        self.last_failure: Failure | None = None
        self.outcome: ActivityExecutionOutcome | None = None
        self.worker_identity: str = ""
        self.cancel_reason: str = ""
        self.scheduled_at: Timestamp = clock.now()
        self.begins_at: Timestamp = clock.now(delay)
        self.attempt_scheduled_at: Timestamp = self.begins_at
        self.started_at: Timestamp | None = None
        self.heartbeat_at: Timestamp | None = None
        self.attempt_ended_at: Timestamp | None = None
        self.closed_at: Timestamp | None = None
        self._canceller = ""
        self._request_ids: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Activity {self.id!r} [{self.state.value}, attempt {self.attempt}]>"

    @property
    def id(self) -> str:
        """Its id: unique among those that run."""
        return self.request.activity_id

    @property
    def is_standalone(self) -> bool:
        """Whether a client started it, and no workflow."""
        return self.workflow is None

    @property
    def task_queue(self) -> str:
        """Where its next task is handed out."""
        return self.options.task_queue.name if self.options.task_queue is not None else ""

    @property
    def is_backing_off(self) -> bool:
        """Whether the interval before its next attempt passes."""
        return self.state is State.SCHEDULED and self._clock.read() < nanoseconds(self.attempt_scheduled_at)

    @property
    def expires_at(self) -> int | None:
        """When its schedule-to-close timeout passes, in nanoseconds since 1970."""
        span = nanoseconds(self.options.schedule_to_close_timeout)
        return nanoseconds(self.begins_at) + span if span else None

    # A worker's side

    def start(self, identity: str, control_queue: str) -> None:
        """Hand the task out."""
        self.state = State.STARTED
        self.token = f"fake|{self.run_id}|{self.id}|{self.attempt}|{self.stamp}".encode()
        self.started_at = self._clock.now()
        self.attempts.append(FakeAttempt(self.attempt, self._clock.datetime()))
        self.worker_identity = identity
        self.control_queue = control_queue

    def heartbeat(self, details: Payloads | None) -> None:
        """Record progress; too much of it fails the activity."""
        if self.state not in WITH_WORKER:
            raise self.gone()
        self.heartbeat_at = self._clock.now()
        self.heartbeats.append(details)
        if size(details) > self._limits.blob_size_limit_error:
            self._close_too_large("Heartbeat details exceed size limit.")
        else:
            self.heartbeat_details = details
        self.state_transition_count += 1

    def complete(self, result: Payloads | None) -> None:
        """End it with a result, if that is not too large; by its id it can be ended before and between attempts."""
        if self.state in CLOSED:
            raise self._invalid_transition()
        if self.started_at is None:
            self.started_at = self._clock.now()
        if size(result) > self._limits.blob_size_limit_error:
            self._close_too_large("Complete result exceeds size limit.")
        else:
            self._close(State.COMPLETED, result=result or Payloads())

    def fail(self, failure: Failure | None, last_heartbeat_details: Payloads | None) -> list[Failure]:
        """End the attempt with a failure, and the activity if there is to be no other attempt.

        Returns:
            The failure that replaces one that is too large.
        """
        self._check_has_worker()
        if failure is not None and failure.application_failure_info is None:
            raise invalid("Failure must have ApplicationFailureInfo.")
        if last_heartbeat_details is not None:
            self.heartbeat(last_heartbeat_details)
            # It is one transition together with the failure's.
            self.state_transition_count -= 1
        if self.state in CLOSED:
            return []
        if failure is not None and len(encode(failure)) > self._limits.blob_size_limit_error:
            cut = refused("Failure exceeds size limit.")
            self._end_attempt(State.FAILED, cut, is_final=True)
            return [cut]
        self.last_failure = failure
        self._end_attempt(
            State.FAILED,
            failure or Failure(),
            is_final=is_final_failure(self._policy, failure),
            delay=asked_delay(failure),
        )
        return []

    def cancel(self, details: Payloads | None) -> None:
        """End it as cancelled; its cancellation must have been requested."""
        self._check_has_worker()
        if self.state is not State.CANCEL_REQUESTED:
            raise invalid("unable to mark activity as canceled without activity being request canceled first")
        self._close_canceled(details, self._canceller)

    # An operator's side

    def request_cancel(self, *, request_id: str = "", reason: str = "", identity: str = "") -> None:
        """Request its cancellation. An activity that no worker has ends at once."""
        if self.state in CLOSED:
            raise not_now(f"activity is in terminal state {self.state.value}")
        if self.state is State.CANCEL_REQUESTED:
            if request_id != self._request_ids["cancel"]:
                raise not_now(f"cancellation already requested with request ID {self._request_ids['cancel']}")
            return
        self._request_ids["cancel"] = request_id
        self.cancel_reason = reason
        self._canceller = identity
        if self.state in WITH_WORKER:
            self.state = State.CANCEL_REQUESTED
        else:
            self._close_canceled(to_payloads([reason]), identity)

    def terminate(self, *, request_id: str = "", reason: str = "", identity: str = "") -> None:
        """End it at once, without its worker."""
        if self.state is State.TERMINATED:
            if request_id != self._request_ids["terminate"]:
                raise not_now(f"already terminated with request ID {self._request_ids['terminate']}")
            return
        if self.state in CLOSED:
            raise self._invalid_transition()
        self._request_ids["terminate"] = request_id
        self._close(State.TERMINATED, failure=terminated(reason, identity))

    def pause(self, *, request_id: str = "") -> None:
        """Let no further attempt begin; the one under way is asked to end."""
        if request_id and request_id == self._request_ids.get("pause"):
            return
        if self.state not in (State.SCHEDULED, State.STARTED):
            raise not_now(f"activity is in non-pausable state {self.state.value}")
        self._request_ids["pause"] = request_id
        self.state = State.PAUSED if self.state is State.SCHEDULED else State.PAUSE_REQUESTED

    def unpause(self) -> None:
        """Undo a pause."""
        if self.state in CLOSED:
            raise not_now(f"activity is in terminal state {self.state.value}")
        if self.state is State.PAUSE_REQUESTED:
            self.state = State.STARTED
        elif self.state is State.PAUSED:
            self._schedule()
        else:
            raise not_now(f"activity is in non-unpausable state {self.state.value}")

    def reset(self, *, reset_heartbeat: bool = False) -> None:
        """Begin anew with attempt 1; the attempt under way is asked to end."""
        if self.state in CLOSED:
            raise not_now("activity execution is not running")
        if reset_heartbeat:
            self.heartbeat_details = None
        if self.state not in WITH_WORKER:
            self.attempt = 1
            self._schedule()
            return
        if self.state is not State.CANCEL_REQUESTED:
            self.state = State.RESET_REQUESTED
        if not self.is_standalone and self.attempt > 1:
            # The token has the attempt's number in it, and that has just changed.
            self.attempt = 1
            self.token = None

    def time_out(self, timeout_type: TimeoutType) -> None:
        """Let one of its timeouts pass."""
        if self.state in CLOSED:
            raise not_now(f"activity is in terminal state {self.state.value}")
        before = self.last_failure
        if timeout_type not in _RETRIED_TIMEOUTS:
            failure = timed_out(timeout_type, before, self.heartbeat_details)
            self._close(State.TIMED_OUT, failure=failure, retry_state=RetryState.TIMEOUT)
            return
        self.last_failure = timed_out(timeout_type)
        self._end_attempt(State.TIMED_OUT, self.last_failure, is_final=False)
        if self.outcome is None:
            return
        # What is kept of an attempt that is retried says less.
        details = self.heartbeat_details
        self.last_failure = self.outcome.failure = timed_out(timeout_type, before, details)
        if self.outcome.retry_state is RetryState.TIMEOUT:
            self.outcome.failure = no_time_left(before, details)

    # Rules

    @property
    def state(self) -> State:
        """What it is waiting for, or how it ended."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        self.state_transition_count += 1

    def gone(self) -> Refusal:
        """Return the error for a call that comes too late."""
        if self.is_standalone:
            return not_found(f"activity not found for ID: {self.id}")
        if self.state is State.TERMINATED:
            return not_found("workflow execution already completed")
        return not_found(_GONE_FROM_WORKFLOW)

    @property
    def _policy(self) -> RetryPolicy:
        assert self.options.retry_policy is not None
        return self.options.retry_policy

    def _check_has_worker(self) -> None:
        if self.state not in WITH_WORKER:
            raise self.gone()

    def _invalid_transition(self) -> Refusal:
        return not_now(f"invalid transition from {self.state.value}")

    def _end_attempt(self, state: State, failure: Failure, *, is_final: bool, delay: float | None = None) -> None:
        asked, attempt = self.state, self.attempt
        retry_state = why_no_retry(self._policy, asked, attempt, is_final=is_final)
        self.attempt_ended_at = self._clock.now()
        self._record_end(failure)
        if (
            asked is State.RESET_REQUESTED
            and self.is_standalone
            and retry_state is not RetryState.NON_RETRYABLE_FAILURE
        ):
            self.attempt = 1
            self._schedule()
        elif retry_state is not None:
            self._close(state, failure=failure, retry_state=retry_state)
        elif self._has_expired_in(wait := backoff(self._policy, attempt) if delay is None else delay):
            self._close(state, failure=failure, retry_state=RetryState.TIMEOUT)
        else:
            self.attempt += 1
            self._schedule(wait)
            if asked is State.PAUSE_REQUESTED:
                self.state = State.PAUSED

    def _has_expired_in(self, wait: float) -> bool:
        """Whether its schedule-to-close timeout leaves no time for an attempt after so many seconds."""
        expires_at = self.expires_at
        return expires_at is not None and self._clock.passes and self._clock.read() + wait * 1e9 >= expires_at

    def _schedule(self, wait: float = 0.0) -> None:
        self.state = State.SCHEDULED
        self.stamp += 1
        self.token = None
        self.retry_wait = wait
        self.attempt_scheduled_at = self._clock.now(wait if self._clock.passes else 0.0)

    def _record_end(self, failure: Failure | None) -> None:
        if self.state in WITH_WORKER and self.attempts[-1].ended_at is None:
            self.attempts[-1].ended_at = self._clock.datetime()
            self.attempts[-1].failure = failure

    def _close_canceled(self, details: Payloads | None, identity: str) -> None:
        self._close(State.CANCELED, failure=canceled(details, identity))

    def _close_too_large(self, message: str) -> None:
        self._close(State.FAILED, failure=refused(message), retry_state=RetryState.NON_RETRYABLE_FAILURE)

    def _close(
        self,
        state: State,
        *,
        result: Payloads | None = None,
        failure: Failure | None = None,
        retry_state: RetryState = RetryState.UNSPECIFIED,
    ) -> None:
        if state is State.COMPLETED or (self.state in WITH_WORKER and state is State.FAILED):
            self.attempt_ended_at = self._clock.now()
        self._record_end(failure)
        self.state = state
        self.token = None
        self.closed_at = self._clock.now()
        self.outcome = ActivityExecutionOutcome(result=result, failure=failure, retry_state=retry_state)
