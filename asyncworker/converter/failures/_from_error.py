"""Convert exceptions to failures: their causes, their groups, and everything that may be wrong with them.

The theory: **there is always a failure to send**. A ``__str__`` that raises, a text that is not UTF-8, details that no
converter takes, a cycle of causes or an endless chain: each becomes a readable note in the failure, because an attempt
whose failure cannot be sent hangs until its timeout.
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
from ._failure import SOURCE, shallow_copy

__all__ = ["Failure", "causes_of", "failure_from"]

# A failure of more than 2 MiB is refused. With these limits the longest chain stays well below, details apart.
_MAX_DEPTH = 20
_MAX_LISTED = 100
_MAX_LISTED_TEXT = 2_000

_notes = DefaultPayloadConverter()


def causes_of(exception: BaseException) -> list[BaseException]:
    """Return an exception and its causes, outermost first, each once and at most 20.

    A cause is the ``__cause__``, or the ``__context__`` unless that was suppressed, as in a traceback; that of an
    exception group is its first exception. An exception that was received has its causes in its failure. The middle
    of a longer chain is left out, as the ends matter more.
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
    """Convert one exception, without its causes."""
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
    """Format the traceback as Python prints it, followed by the exception's notes.

    That of an exception group has all its exceptions. The notes are not in the failure's message, which programs
    compare.
    """
    try:
        if isinstance(exception, BaseExceptionGroup):
            return text_of("".join(traceback.format_exception(exception)))
        return text_of("".join(traceback.format_tb(exception.__traceback__)) + _notes_of(exception))
    except Exception as error:  # noqa: BLE001 - formatting runs user code of the exceptions
        return f"<no stack trace: {class_name_of(error)} while formatting it>"


def _notes_of(exception: BaseException) -> str:
    """Return the exception's notes, each on a line of its own."""
    notes = getattr(exception, "__notes__", None) or ()
    return "".join(f"{text_of(note)}\n" for note in (notes if isinstance(notes, list | tuple) else [notes]))


def _with_notes(failure: Failure, exception: BaseException, converter: PayloadConverter) -> Failure:
    """Return a copy of a received failure with the notes that its error got since."""
    try:
        notes = _notes_of(exception)
        if not notes:
            return failure
        copied = shallow_copy(failure)
        if copied.encoded_attributes is None:
            copied.stack_trace = text_of(_lines(copied.stack_trace) + notes)
        else:
            # Where the stack trace is encoded, the notes have to be encoded too.
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
        # To the server zero means "by the retry policy", as no value does.
        next_retry_delay=to_duration(error.next_retry_delay) if error.next_retry_delay else None,
        category=enums.ApplicationErrorCategory(error.category or 0),
    )


def _details(values: Sequence[Any], converter: PayloadConverter) -> Payloads | None:
    """Convert details; one that cannot be converted is replaced by a text that says so."""
    if not values:
        return None
    try:
        return Payloads(payloads=converter.to_payloads(values))
    except Exception:  # noqa: BLE001 - the failure must be sent
        return Payloads(payloads=[_detail(value, converter) for value in values])


def _detail(value: Any, converter: PayloadConverter) -> Payload:
    try:
        return converter.to_payload(value)
    except Exception as error:  # noqa: BLE001 - the failure must be sent
        note = f"<a detail of type {class_name_of(value)} could not be sent: {text_of(error)}>"
        return _notes.to_payload(note)


# Groups


def _group_failure(group: BaseExceptionGroup[BaseException], converter: PayloadConverter) -> Failure:
    """Convert an exception group to one failure.

    The message lists its exceptions, the details have ``{"type", "message", "non_retryable"}`` of each, the stack
    trace has all of theirs, and the cause is the first exception. One non-retryable ``ApplicationError`` anywhere in
    the group makes it non-retryable. Its ``next_retry_delay`` is the longest in it; it is benign if all in it are.
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
    """Return the group's message followed by those of its exceptions, nested groups likewise."""
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
