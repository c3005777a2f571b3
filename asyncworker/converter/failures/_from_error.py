"""Write exceptions as failures: their causes, their groups, and whatever may be wrong with them.

The theory: **a failure always goes out**. A ``__str__`` that raises, a text that is not UTF-8, details that no
converter takes, causes that go round in a circle or down without end: each becomes a readable note in the failure's
own place, because an activity whose failure cannot be reported hangs until its timeout.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from ... import exceptions
from ..._proto.temporal.api.common.v1 import ActivityType, Payload, Payloads
from ..._proto.temporal.api.enums import v1 as enums
from ..._proto.temporal.api.failure.v1 import (
    ActivityFailureInfo,
    ApplicationFailureInfo,
    CanceledFailureInfo,
    Failure,
    ServerFailureInfo,
    TerminatedFailureInfo,
    TimeoutFailureInfo,
)
from ..._safe_text import class_name_of, text_of
from ..._time import to_duration
from .._encodings import DefaultPayloadConverter
from .._payload import PayloadConverter
from ..json._adapter import clip
from ._failure import shallow_copy

__all__ = ["SOURCE", "causes_of", "failure_from"]

#: What a failure says of where it comes from.
SOURCE = "asyncworker"

# A failure of more than 2 MiB is refused. With these limits the longest chain stays well below, details apart.
_MAX_DEPTH = 20
_MAX_LISTED = 100
_MAX_LISTED_TEXT = 2_000

_notes = DefaultPayloadConverter()


def causes_of(exception: BaseException) -> list[BaseException]:
    """List an exception and what led to it, outermost first; each appears once, and at most 20 do.

    What led to it is its ``__cause__``, or its ``__context__`` unless that was suppressed, as in a traceback; to a
    group of exceptions it is the first of them. What came over the wire brings its causes along in its failure. Of a
    longer chain the middle is left out: both ends matter more.
    """
    chain: list[BaseException] = []
    seen: set[int] = set()
    current: BaseException | None = exception
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        chain.append(current)
        current = _led_to(current)
    if len(chain) > _MAX_DEPTH:
        gap = exceptions.ApplicationError(f"({len(chain) - _MAX_DEPTH + 1} more causes left out)")
        chain = [*chain[: _MAX_DEPTH - 2], gap, chain[-1]]
    return chain


def _led_to(exception: BaseException) -> BaseException | None:
    if isinstance(exception, exceptions.FailureError) and exception.failure is not None:
        return None
    if isinstance(exception, BaseExceptionGroup):
        return exception.exceptions[0]
    if exception.__cause__ is not None:
        return exception.__cause__
    return None if exception.__suppress_context__ else exception.__context__


def failure_from(exception: BaseException, payload_converter: PayloadConverter) -> Failure:
    """Write one exception, without its causes."""
    if isinstance(exception, exceptions.FailureError):
        if isinstance(exception.failure, Failure):
            return _with_notes(exception.failure, exception, payload_converter)
        failure = Failure(message=text_of(exception.message), source=SOURCE)
        _set_info(failure, exception, payload_converter)
    elif isinstance(exception, BaseExceptionGroup):
        failure = _group_failure(exception, payload_converter)
    else:
        info = ApplicationFailureInfo(type=class_name_of(exception))
        failure = Failure(message=text_of(exception), source=SOURCE, application_failure_info=info)
    failure.stack_trace = _stack_of(exception)
    return failure


# Texts


def _stack_of(exception: BaseException) -> str:
    """Write the traceback as Python prints it, with the notes that were added after it.

    That of a group has all its exceptions, with their tracebacks and notes. The message is what the exception says, and
    what programs compare: the notes are not in it.
    """
    try:
        if isinstance(exception, BaseExceptionGroup):
            return text_of("".join(traceback.format_exception(exception)))
        return text_of("".join(traceback.format_tb(exception.__traceback__)) + _notes_of(exception))
    except Exception as error:  # noqa: BLE001 - formatting calls code of the exceptions
        return f"<no stack trace: {class_name_of(error)} while formatting it>"


def _notes_of(exception: BaseException) -> str:
    """List what ``add_note()`` has added, each note from a line of its own on."""
    notes = getattr(exception, "__notes__", None) or ()
    return "".join(f"{text_of(note)}\n" for note in (notes if isinstance(notes, list | tuple) else [notes]))


def _with_notes(failure: Failure, exception: BaseException, converter: PayloadConverter) -> Failure:
    """Add the notes that an error got after it was read to a copy of the failure that it was read from."""
    try:
        notes = _notes_of(exception)
        if not notes:
            return failure
        copied = shallow_copy(failure)
        if copied.encoded_attributes is None:
            copied.stack_trace = text_of(_lines(copied.stack_trace) + notes)
        else:
            # Where the stack trace is encoded, notes are nothing to show either.
            attributes = converter.from_payload(copied.encoded_attributes)
            attributes["stack_trace"] = text_of(_lines(attributes.get("stack_trace", "")) + notes)
            copied.encoded_attributes = converter.to_payload(attributes)
    except Exception:  # noqa: BLE001 - the failure matters more than its notes
        return failure
    return copied


def _lines(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


# Failure errors


def _set_info(failure: Failure, error: exceptions.FailureError, converter: PayloadConverter) -> None:
    match error:
        case exceptions.ApplicationError():
            failure.application_failure_info = _application_info(error, converter)
        case exceptions.TimeoutError():
            failure.timeout_failure_info = TimeoutFailureInfo(
                timeout_type=enums.TimeoutType(error.type or 0),
                last_heartbeat_details=_details(error.last_heartbeat_details, converter),
            )
        case exceptions.CancelledError():
            failure.canceled_failure_info = CanceledFailureInfo(details=_details(error.details, converter))
        case exceptions.TerminatedError():
            failure.terminated_failure_info = TerminatedFailureInfo()
        case exceptions.ServerError():
            failure.server_failure_info = ServerFailureInfo(non_retryable=bool(error.non_retryable))
        case exceptions.ActivityError():
            failure.activity_failure_info = ActivityFailureInfo(
                scheduled_event_id=error.scheduled_event_id,
                started_event_id=error.started_event_id,
                identity=error.identity,
                activity_type=ActivityType(name=error.activity_type),
                activity_id=error.activity_id,
                retry_state=enums.RetryState(error.retry_state or 0),
            )
        case _:
            failure.application_failure_info = ApplicationFailureInfo(type=class_name_of(error))


def _application_info(error: exceptions.ApplicationError, converter: PayloadConverter) -> ApplicationFailureInfo:
    return ApplicationFailureInfo(
        type="" if error.type is None else text_of(error.type),
        non_retryable=bool(error.non_retryable),
        details=_details(error.details, converter),
        # Zero means "as the policy says" to the server, which is what leaving it out means.
        next_retry_delay=to_duration(error.next_retry_delay) if error.next_retry_delay else None,
        category=enums.ApplicationErrorCategory(error.category or 0),
    )


def _details(values: Sequence[Any], converter: PayloadConverter) -> Payloads | None:
    """Write details; in the place of one that cannot be written stands a text that says so."""
    if not values:
        return None
    try:
        return Payloads(payloads=converter.to_payloads(values))
    except Exception:  # noqa: BLE001 - the failure must go out
        return Payloads(payloads=[_detail(value, converter) for value in values])


def _detail(value: Any, converter: PayloadConverter) -> Payload:
    try:
        return converter.to_payload(value)
    except Exception as error:  # noqa: BLE001 - the failure must go out
        note = f"<a detail of type {class_name_of(value)} could not be sent: {text_of(error)}>"
        return _notes.to_payload(note)


# Groups


def _group_failure(group: BaseExceptionGroup[BaseException], converter: PayloadConverter) -> Failure:
    """Write a group as one failure.

    Its message lists its exceptions, its details have ``{"type", "message", "non_retryable"}`` of each, its stack
    trace has them all with theirs; to whoever follows causes, the first is the cause. Retrying is as pointless as it
    is for the worst of them: one non-retryable ``ApplicationError`` anywhere in it makes it non-retryable. It waits
    as long as the longest ``next_retry_delay`` in it, and is benign if all in it are.
    """
    leaves = list(_leaves(group))
    application = [each for each in leaves if isinstance(each, exceptions.ApplicationError)]
    delay = max((each.next_retry_delay for each in application if each.next_retry_delay), default=None)
    benign = len(application) == len(leaves) and all(
        each.category == exceptions.ApplicationErrorCategory.BENIGN for each in application
    )
    return Failure(
        message=text_of(_listing(group)),
        source=SOURCE,
        application_failure_info=ApplicationFailureInfo(
            type=class_name_of(group),
            non_retryable=any(each.non_retryable for each in application),
            details=_details([_summary(each) for each in group.exceptions[:_MAX_LISTED]], converter),
            next_retry_delay=to_duration(delay) if delay else None,
            category=enums.ApplicationErrorCategory(1 if benign else 0),
        ),
    )


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(each)
        else:
            yield each


def _listing(group: BaseExceptionGroup[BaseException]) -> str:
    """List what is in a group after what it says itself, groups in it likewise."""
    summaries = [_summary(each) for each in group.exceptions[:_MAX_LISTED]]
    return f"{text_of(group)}: " + "; ".join(f"{each['type']}: {each['message']}" for each in summaries)


def _summary(exception: BaseException) -> dict[str, Any]:
    kind, non_retryable, said = class_name_of(exception), False, text_of(exception)
    if isinstance(exception, exceptions.ApplicationError):
        kind, non_retryable = text_of(exception.type or kind), bool(exception.non_retryable)
    if isinstance(exception, exceptions.FailureError):
        said = text_of(exception.message)
    elif isinstance(exception, BaseExceptionGroup):
        said = _listing(exception)
    return {"type": kind, "message": clip(said, _MAX_LISTED_TEXT), "non_retryable": non_retryable}
